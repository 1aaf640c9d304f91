"""What a mapping made of a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from trialkit.model.finding import Finding
from trialkit.model.record import Subject
from trialkit.model.submitted_rows import Submissions


@dataclass(frozen=True, slots=True)
class Captured:
    """What a mapping made of a file.

    Attributes:
        submissions: in the order of the rows, with what people are asked about each; of several record mappings some
            hundred rows of the first, then the same rows of the next.
        new_subjects: to be enrolled before anything is stored, in the order in which they were met.
        findings: sorted by place; hard but for what people are asked about a row, and for one that repeats another.
        notes: what was not read, and must be said.
        enrolling: new subject to the rows that name it: sheet to their numbers.
        in_order: forms whose rows are numbered in the order of the file.
        held_back: the rows of which something makes no record because of a finding, each as sheet and number.
    """

    submissions: Submissions
    new_subjects: tuple[Subject, ...]
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    enrolling: Mapping[str, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    in_order: frozenset[str] = frozenset()
    held_back: frozenset[tuple[str, int]] = frozenset()
