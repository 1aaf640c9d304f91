"""What stands above the table of a sheet, in short lines: what is done there, and who may not see it."""

from __future__ import annotations

import textwrap

from trialkit.document.paper.form_words import form_remarks
from trialkit.model.form import Form
from trialkit.model.study import Study

__all__ = ["sheet_remarks"]

_WIDTH = 140
_MOST = 4


def sheet_remarks(study: Study, form: Form) -> tuple[tuple[str, ...], int]:
    """The lines, those that must not be overlooked first, and how many of these there are."""
    remarks = [*form_remarks(form, study.codelists)]
    loud = [line for remark in remarks if remark.is_loud for line in textwrap.wrap(remark.text, _WIDTH)]
    quiet = [line for remark in remarks if not remark.is_loud for line in textwrap.wrap(remark.text, _WIDTH)]
    shown = quiet if len(loud) + len(quiet) <= _MOST else [*quiet[: max(_MOST - len(loud) - 1, 1)]]
    if len(shown) < len(quiet):
        shown[-1] = textwrap.shorten(f"{shown[-1]} {' '.join(quiet[len(shown) :])}", _WIDTH + 60, placeholder=" …")
    return (*loud, *shown), len(loud)
