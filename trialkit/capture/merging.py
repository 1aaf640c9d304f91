"""Submissions of several sheets or mappings in, one per record out: what contradicts itself becomes a finding."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain

from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.record import RecordKey
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import Submissions


def merge_all(several: Sequence[Submissions]) -> tuple[Submissions, list[Finding]]:
    """What several mappings made of a file, laid over each other where they speak of the same records.

    Args:
        several: what each of them made.

    Returns:
        What `merge_submissions` says; as they came when no two of them are for one record.
    """
    whole = Submissions(chain.from_iterable(found.parts for found in several))
    keys: set[RecordKey] = set()
    keys.update(whole.keys)
    if len(keys) == len(whole):
        return whole, []
    merged, contradictions = merge_submissions(whole)
    return Submissions(merged), contradictions


def merge_submissions(submissions: Iterable[Submission]) -> tuple[list[Submission], list[Finding]]:
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
            if earlier.values.get(name, value) != value:
                found = _contradiction(name, earlier, submission)
                contradictions.setdefault(submission.key, []).append(found)
        merged[submission.key] = replace(
            earlier,
            values={**submission.values, **earlier.values},
            cells={**submission.cells, **earlier.cells},
            sources=(*earlier.sources, *submission.sources),
            findings=(*earlier.findings, *submission.findings),
            reason="; ".join(dict.fromkeys(filter(None, (earlier.reason, submission.reason)))),
        )
    kept = [submission for key, submission in merged.items() if key not in contradictions]
    return kept, [finding for several in contradictions.values() for finding in several]


def _contradiction(item: str, one: Submission, other: Submission) -> Finding:
    return Finding(
        code="M109",
        severity=Severity.HARD,
        message=f"{item} of {one.key} is given differently in {one.cells.get(item)}; the record is not imported.",
        remedy="Make both places say the same, or leave one out.",
        key=one.key,
        item=item,
        source=other.cells.get(item),
        action=Action.REJECT,
    )
