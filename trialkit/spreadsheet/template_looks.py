"""The colours and letters of workbooks to be filled in, once for the sheets and for the legend in front."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.styles import Font, PatternFill

from trialkit.spreadsheet.template import MarkLook

__all__ = ["FREE_FONT", "HEAD_FILL", "KEY_FILL", "LINE", "LINK", "MARKS", "STORED_FONT", "MarkStyle"]

LINE = "B8C2CC"
HEAD_FILL = PatternFill("solid", fgColor="E8EEF4")
KEY_FILL = PatternFill("solid", fgColor="F1F4F8")
FREE_FONT = Font(name="Arial", size=10)
STORED_FONT = Font(name="Arial", size=10, color="1F4E9E")
LINK = Font(name="Arial", size=9, color="1F4E9E", underline="single")


@dataclass(frozen=True, slots=True)
class MarkStyle:
    """How a cell looks while a mark holds."""

    fill: PatternFill
    font: Font


def _style(back: str, front: str, *, bold: bool = False) -> MarkStyle:
    # A conditional format fills with its background colour, other than a cell.
    return MarkStyle(PatternFill("solid", bgColor=back, fgColor=back), Font(color=front, bold=bold or None))


MARKS: dict[MarkLook, MarkStyle] = {
    MarkLook.NOT_ASKED: _style("D5D9DE", "7C8590"),
    MarkLook.NEEDED: _style("FFDCCB", "000000"),
    MarkLook.UNUSUAL: _style("FFF0B0", "7A5B00"),
    MarkLook.IMPOSSIBLE: _style("F5B7B1", "9C1C12", bold=True),
}
