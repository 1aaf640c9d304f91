"""Submissions of several sheets or mappings in, one per record out: what contradicts itself becomes a finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.record import RawValue, RecordKey
from trialkit.model.submission import Submission


def merge_submissions(submissions: Sequence[Submission]) -> tuple[list[Submission], list[Finding]]:
    """Lay submissions for one record over each other.

    Within one mapping two rows for one record are held back before; what comes here are the parts of a record that
    stand in several sheets.

    Returns:
        One submission per record, in the order of first mention, and a hard finding for each item that two of them
        give differently; a record with such an item is left out.
    """
    merged: dict[RecordKey, Submission] = {}
    contradictions: dict[RecordKey, list[Finding]] = {}
    for submission in submissions:
        earlier = merged.setdefault(submission.key, submission)
        if earlier is submission:
            continue
        for name, value in submission.values.items():
            if not _agree(earlier.values.get(name, value), value):
                found = _contradiction(submission.key, name, earlier.values[name], value)
                contradictions.setdefault(submission.key, []).append(found)
        merged[submission.key] = replace(
            earlier,
            values={**submission.values, **earlier.values},
            sources=(*earlier.sources, *submission.sources),
            findings=(*earlier.findings, *submission.findings),
            reason="; ".join(dict.fromkeys(filter(None, (earlier.reason, submission.reason)))),
        )
    kept = [submission for key, submission in merged.items() if key not in contradictions]
    return kept, [finding for several in contradictions.values() for finding in several]


def _agree(one: RawValue, other: RawValue) -> bool:
    return replace(one, source=None) == replace(other, source=None)


def _contradiction(key: RecordKey, item: str, one: RawValue, other: RawValue) -> Finding:
    return Finding(
        code="M109",
        severity=Severity.HARD,
        message=f"{item} of {key} is given differently in {one.source}; the record is not imported.",
        remedy="Make both places say the same, or leave one out.",
        key=key,
        item=item,
        source=other.source,
        action=Action.REJECT,
    )
