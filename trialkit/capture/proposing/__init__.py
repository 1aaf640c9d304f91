"""Proposing: a file and the study go in; which column is which item comes out, with score and reason, and what to ask.

Nothing is guessed: what is not certain is a question, and a question that nobody answers leaves its column undecided.
"""

from trialkit.capture.proposing.building import Built
from trialkit.capture.proposing.decision import Column, Option, Question, Role, Target, Wishes
from trialkit.capture.proposing.proposal import MappingProposal, propose_mapping
from trialkit.capture.proposing.values import Reads

__all__ = [
    "Built",
    "Column",
    "MappingProposal",
    "Option",
    "Question",
    "Reads",
    "Role",
    "Target",
    "Wishes",
    "propose_mapping",
]
