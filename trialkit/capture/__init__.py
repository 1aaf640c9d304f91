"""Capture: files that were sent and words that were typed become submissions. Nothing is typed or judged here.

Names are resolved when they are asked for: most commands read no file.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

# Not late: `read_source` would be taken for its module, which has the same name.
from trialkit.capture.read_source import read_source

if TYPE_CHECKING:
    from trialkit.capture.assignments import check_items, split_assignments
    from trialkit.capture.captured import Captured
    from trialkit.capture.header_row import choose_sheet
    from trialkit.capture.item_columns import RecordPlaces, place_finding, record_places
    from trialkit.capture.layout import ColumnLayout, SheetLayout, look_at_layout
    from trialkit.capture.locate import find_form, find_visit, locate_record, site_itself
    from trialkit.capture.map_rows import map_source
    from trialkit.capture.merging import merge_all, merge_submissions
    from trialkit.capture.own_file import OwnFile, open_own_file
    from trialkit.capture.own_layout import own_layout_mappings
    from trialkit.capture.readers import CSV_READER, XLSX_READER
    from trialkit.capture.shown_percents import PercentCells
    from trialkit.capture.subject_finder import name_subject

_HOMES = {
    "CSV_READER": "trialkit.capture.readers",
    "Captured": "trialkit.capture.captured",
    "ColumnLayout": "trialkit.capture.layout",
    "OwnFile": "trialkit.capture.own_file",
    "PercentCells": "trialkit.capture.shown_percents",
    "RecordPlaces": "trialkit.capture.item_columns",
    "SheetLayout": "trialkit.capture.layout",
    "XLSX_READER": "trialkit.capture.readers",
    "check_items": "trialkit.capture.assignments",
    "choose_sheet": "trialkit.capture.header_row",
    "find_form": "trialkit.capture.locate",
    "find_visit": "trialkit.capture.locate",
    "locate_record": "trialkit.capture.locate",
    "look_at_layout": "trialkit.capture.layout",
    "map_source": "trialkit.capture.map_rows",
    "merge_all": "trialkit.capture.merging",
    "merge_submissions": "trialkit.capture.merging",
    "name_subject": "trialkit.capture.subject_finder",
    "open_own_file": "trialkit.capture.own_file",
    "own_layout_mappings": "trialkit.capture.own_layout",
    "place_finding": "trialkit.capture.item_columns",
    "record_places": "trialkit.capture.item_columns",
    "site_itself": "trialkit.capture.locate",
    "split_assignments": "trialkit.capture.assignments",
}

__all__ = [
    "CSV_READER",
    "XLSX_READER",
    "Captured",
    "ColumnLayout",
    "OwnFile",
    "PercentCells",
    "RecordPlaces",
    "SheetLayout",
    "check_items",
    "choose_sheet",
    "find_form",
    "find_visit",
    "locate_record",
    "look_at_layout",
    "map_source",
    "merge_all",
    "merge_submissions",
    "name_subject",
    "open_own_file",
    "own_layout_mappings",
    "place_finding",
    "read_source",
    "record_places",
    "site_itself",
    "split_assignments",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
