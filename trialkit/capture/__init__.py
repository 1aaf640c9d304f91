"""Capture: files that were sent and words that were typed become submissions. Nothing is typed or judged here."""

from trialkit.capture.assignments import check_items, split_assignments
from trialkit.capture.header_row import choose_sheet
from trialkit.capture.layout import ColumnLayout, SheetLayout, look_at_layout
from trialkit.capture.locate import find_form, find_visit, locate_record, site_itself
from trialkit.capture.map_rows import Captured, map_source
from trialkit.capture.merging import merge_submissions
from trialkit.capture.own_layout import own_layout_mappings
from trialkit.capture.read_source import read_source
from trialkit.capture.readers import CSV_READER, XLSX_READER
from trialkit.capture.subject_finder import name_subject

__all__ = [
    "CSV_READER",
    "XLSX_READER",
    "Captured",
    "ColumnLayout",
    "SheetLayout",
    "check_items",
    "choose_sheet",
    "find_form",
    "find_visit",
    "locate_record",
    "look_at_layout",
    "map_source",
    "merge_submissions",
    "name_subject",
    "own_layout_mappings",
    "read_source",
    "site_itself",
    "split_assignments",
]
