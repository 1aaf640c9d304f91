"""Findings about cells that show a percentage also say what the site sees: the file stores 0.97, and 97% is shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from trialkit.model.finding import Finding
from trialkit.model.record import CellReference
from trialkit.model.source import Cell, CellKind, SourceFile
from trialkit.spreadsheet.percent_format import is_shown_as_percent, show_percent
from trialkit.spreadsheet.picked_cells import pick_cells

__all__ = ["PercentCells"]

_PERCENTAGE = "S220"


class PercentCells:
    """Those cells with a finding that show a percentage.

    Args:
        source: the file.
        findings: what was found in it.
    """

    def __init__(self, source: SourceFile, findings: Iterable[Finding]) -> None:
        has_some = any(oddity.code == _PERCENTAGE for oddity in source.oddities)
        places: Collection[CellReference] = ()
        if has_some:  # hardly any file has, and walking through its cells once more takes time
            places = {finding.source for finding in findings if finding.source is not None}
        self._shown = {
            (sheet, cell.address): (cell.text, show_percent(cell.text, cell.number_format))
            for sheet, cell in pick_cells(source, places)
            if _is_percent(cell)
        }

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._shown)

    def tell(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings; of one about such a cell, message and remedy also say what is stored and what is shown."""
        return tuple(map(self._tell_one, findings))

    def _tell_one(self, finding: Finding) -> Finding:
        source = finding.source
        told = None if source is None else self._shown.get((source.sheet, source.address))
        if told is None:
            return finding
        stored, shown = told
        meant = "what it shows" if shown is None else shown.rstrip("%").rstrip()
        message = f"The cell stores {stored} and shows {shown or 'it as a percentage'}."
        remedy = f"If {meant} is meant, format the cell as a number and write {meant}."
        return replace(finding, message=f"{finding.message} {message}", remedy=f"{finding.remedy} {remedy}".lstrip())


def _is_percent(cell: Cell) -> bool:
    return cell.kind is CellKind.NUMBER and is_shown_as_percent(cell.text, cell.number_format)
