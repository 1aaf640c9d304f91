"""Capture: files that were sent and words that were typed become submissions. Nothing is typed or judged here."""

from trialkit.capture.assignments import check_items, split_assignments
from trialkit.capture.csv_reader import CSV_READER
from trialkit.capture.item_columns import RecordPlace, place_finding, record_places
from trialkit.capture.locate import find_form, find_visit, locate_record, site_itself
from trialkit.capture.map_rows import Captured, map_source
from trialkit.capture.merging import merge_submissions
from trialkit.capture.own_layout import own_layout_mappings
from trialkit.capture.read_source import read_source
from trialkit.capture.subject_finder import name_subject
from trialkit.capture.xlsx_reader import XLSX_READER

__all__ = [
    "CSV_READER",
    "XLSX_READER",
    "Captured",
    "RecordPlace",
    "check_items",
    "find_form",
    "find_visit",
    "locate_record",
    "map_source",
    "merge_submissions",
    "name_subject",
    "own_layout_mappings",
    "place_finding",
    "read_source",
    "record_places",
    "site_itself",
    "split_assignments",
]
