"""What follows from a rule that fires, in words: what becomes of the record, and who acts."""

from __future__ import annotations

from collections.abc import Mapping

from trialkit.model.check import Action, Severity

__all__ = ["WHO_ACTS", "severity_words"]

WHO_ACTS: Mapping[Action, str] = {
    Action.REJECT: "whoever enters it corrects it at once",
    Action.QUERY: "the site answers the query, or corrects the data",
    Action.DEVIATION_MINOR: "draft of a minor protocol deviation, for the monitor",
    Action.DEVIATION_MAJOR: "draft of a major protocol deviation, for the monitor and the sponsor",
    Action.ALERT_AMBER: "the investigator looks at it the same day",
    Action.ALERT_RED: "the investigator or the physician on call acts at once",
    Action.BLOCK_DOSE: "nobody gives the dose until an investigator overrides it with a reason",
    Action.BLOCK_DISCHARGE: "nobody lets the participant go until an investigator overrides it with a reason",
}
"""Each action with who does what."""


def severity_words(severity: Severity) -> str:
    """What becomes of a record on which the rule fires."""
    if severity is Severity.HARD:
        return "hard: not stored. On a record that stands already, a query opens"
    return "soft: stored, and a query opens"
