"""What people hold in their hands: the schedule of activities, blank case report forms, annotated forms. Reads no data.

A compiled study goes in. reportlab, which makes the PDFs, is imported when a book is printed, and openpyxl when a
workbook is written, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from trialkit.document.outfile import require_free, write_document

if TYPE_CHECKING:
    from trialkit.document.annotated_book import make_annotated_book
    from trialkit.document.crf_book import Book, make_crf_book
    from trialkit.document.schedule import make_schedule
    from trialkit.document.schedule_html import schedule_page
    from trialkit.document.schedule_sheets import write_schedule_workbook
    from trialkit.document.schedule_text import TextBlock, schedule_blocks

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
        from trialkit.document import crf_book

        return getattr(crf_book, name)
    if name in ("TextBlock", "schedule_blocks"):
        from trialkit.document import schedule_text

        return getattr(schedule_text, name)
    if name == "make_annotated_book":
        from trialkit.document.annotated_book import make_annotated_book

        return make_annotated_book
    if name == "make_schedule":
        from trialkit.document.schedule import make_schedule

        return make_schedule
    if name == "schedule_page":
        from trialkit.document.schedule_html import schedule_page

        return schedule_page
    if name == "write_schedule_workbook":
        from trialkit.document.schedule_sheets import write_schedule_workbook

        return write_schedule_workbook
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
