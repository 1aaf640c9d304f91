"""What people hold in their hands: the schedule of activities, blank case report forms, annotated forms. Reads no data.

A compiled study goes in. reportlab, which makes the PDFs, is imported when a book is printed, and openpyxl when a
workbook is written, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialkit.document.outfile import require_free, write_document

if TYPE_CHECKING:
    from trialkit.document.paper.annotated_book import make_annotated_book
    from trialkit.document.paper.crf_book import Book, make_crf_book
    from trialkit.document.schedule.building import make_schedule
    from trialkit.document.schedule.html import schedule_page
    from trialkit.document.schedule.sheets import write_schedule_workbook
    from trialkit.document.schedule.text import TextBlock, schedule_blocks

__all__ = [
    "Book",
    "TextBlock",
    "make_annotated_book",
    "make_crf_book",
    "make_schedule",
    "require_free",
    "schedule_blocks",
    "schedule_page",
    "write_document",
    "write_schedule_workbook",
]


def __getattr__(name: str) -> object:
    if name in ("Book", "make_crf_book"):
        from trialkit.document.paper import crf_book

        return getattr(crf_book, name)
    if name in ("TextBlock", "schedule_blocks"):
        from trialkit.document.schedule import text

        return getattr(text, name)
    if name == "make_annotated_book":
        from trialkit.document.paper.annotated_book import make_annotated_book

        return make_annotated_book
    if name == "make_schedule":
        from trialkit.document.schedule.building import make_schedule

        return make_schedule
    if name == "schedule_page":
        from trialkit.document.schedule.html import schedule_page

        return schedule_page
    if name == "write_schedule_workbook":
        from trialkit.document.schedule.sheets import write_schedule_workbook

        return write_schedule_workbook
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
