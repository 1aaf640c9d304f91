"""Workbooks for sites to fill in: their sheets, columns, rows and words. The spreadsheet room writes them."""

from __future__ import annotations

from trialkit.document.workbook.building import FormRows, Occasion, SheetRow, make_template

__all__ = ["FormRows", "Occasion", "SheetRow", "make_template"]
