"""Two rows for one record: what they say alike is said once, what they say differently is refused with both places."""

from __future__ import annotations

from dataclasses import replace

from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.record import CellReference, RawValue
from trialkit.model.submission import Submission
from trialkit.wording import list_some, quote

_SHOWN = 3


def judge_doubled(earlier: Submission, later: Submission) -> Finding:
    """What follows from a second row for a record.

    Args:
        earlier: what the first row says.
        later: what the second row says of the same record.

    Returns:
        A soft finding when both say the same, so that the record is taken once; a hard one that names the items in
        which they differ and both cells of each, since nobody knows which row is right.
    """
    names = [name for name in (*earlier.values, *later.values) if not _agree(earlier, later, name)]
    if not names:
        first, second = _anywhere(earlier), _anywhere(later)
        return Finding(
            code="M112",
            severity=Severity.SOFT,
            message=f"Row {later.row} says the same of {later.key} as row {earlier.row} ({first}); it is taken once.",
            remedy="Leave one of the two rows out.",
            key=later.key,
            source=second,
        )
    differing = list(dict.fromkeys(names))
    told = list_some((f"{name}: {_told(earlier, name)} and {_told(later, name)}" for name in differing), _SHOWN)
    both = f"Rows {earlier.row} and {later.row} are both for {later.key}"
    item, cell = next(((name, later.cells[name]) for name in differing if name in later.cells), (differing[0], None))
    return Finding(
        code="M109",
        severity=Severity.HARD,
        message=f"{both} and differ ({told}); neither is imported.",
        remedy="Keep one row for each record, or tell them apart by visit, timepoint or repeat.",
        key=later.key,
        item=item,
        source=cell or _beside(later, earlier.cells.get(item)) or _anywhere(later),
        action=Action.REJECT,
    )


def _agree(earlier: Submission, later: Submission, name: str) -> bool:
    one, other = earlier.values.get(name), later.values.get(name)
    if one is None or other is None:
        return one is other
    return one == other


def _told(row: Submission, name: str) -> str:
    value = row.values.get(name)
    if value is None:
        return f"blank in row {row.row}"
    place = f" in {row.cells[name]}" if name in row.cells else ""
    return quote(_written(value)) + place


def _written(value: RawValue) -> str:
    text = value.given if value.given is not None else value.text
    return " ".join(filter(None, (text, value.unit)))


def _beside(row: Submission, cell: CellReference | None) -> CellReference | None:
    """The cell of a row in the column of another cell: it is blank in the row."""
    if cell is None or not row.row:
        return None
    return replace(cell, address=f"{cell.address.rstrip('0123456789')}{row.row}")


def _anywhere(row: Submission) -> CellReference | None:
    """A cell of the row: one that names the record, or else one that holds a value."""
    return next(iter((*row.sources, *row.cells.values())), None)
