"""Rows that are read alone, gathered as columns again: what comes behind treats many alike rows at once."""

from __future__ import annotations

from array import array

from trialkit.model.coded_columns import code_things
from trialkit.model.record import RecordKey
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import RowLayout, SubmittedRows


class GatheredRows:
    """Submissions of rows that follow each other; most say what they say where the layout has it.

    Args:
        layout: where rows whose cells are all filled say what.
    """

    def __init__(self, layout: RowLayout) -> None:
        self._layout = layout
        self._open: dict[RecordKey, Submission] = {}
        self._closed: SubmittedRows | None = None

    def __len__(self) -> int:
        return len(self._open)

    def take(self, submission: Submission) -> None:
        """Take what was read of the next row; no record comes twice, and none when they are closed."""
        self._open[submission.key] = submission

    def of(self, key: RecordKey) -> Submission:
        """The submission of a record that was taken."""
        return self._open[key] if self._closed is None else self._closed.of(key)

    def close(self) -> SubmittedRows:
        """All of them as columns, and alone those of which the layout does not say where it comes from."""
        taken = list(self._open.values())
        raws = [code_things([submission.values.get(item) for submission in taken]) for item in self._layout.items]
        numbers = array("Q", [submission.row for submission in taken])
        rows = SubmittedRows(self._layout, numbers, raws, [submission.reason for submission in taken])
        for place, submission in enumerate(taken):
            rows.take_alone(place, submission)
        rows.close()
        self._open, self._closed = {}, rows
        return rows
