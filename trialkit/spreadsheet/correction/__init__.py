"""The correction workbook: a site's own file again, cells marked and commented, with a sheet that lists what was found.

The original's XML is patched: only the parts that change are written anew, so that nothing is lost that nobody here
knows of. The original is hostile input and read under the limits of `trialkit.spreadsheet.package`.
"""

from trialkit.spreadsheet.correction.marking import Marked, mark_workbook
from trialkit.spreadsheet.correction.marks import (
    CellMark,
    FindingRow,
    FindingsList,
    Grade,
    NotPatchableError,
)
from trialkit.spreadsheet.correction.plain_workbook import PlainCell, PlainSheet, make_plain_workbook

__all__ = [
    "CellMark",
    "FindingRow",
    "FindingsList",
    "Grade",
    "Marked",
    "NotPatchableError",
    "PlainCell",
    "PlainSheet",
    "make_plain_workbook",
    "mark_workbook",
]
