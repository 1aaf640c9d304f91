"""What a workbook that trialkit made says about itself, on a hidden sheet: rows of texts in, rows of texts out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trialkit.model.codelist import CodeList
from trialkit.model.form import Form

__all__ = ["FACTS_SHEET", "LAYOUT", "FormFacts", "TemplateFacts", "form_fingerprint"]

FACTS_SHEET = "trialkit"
LAYOUT = "1"
"""The version of the layout that this version of trialkit writes, and the only one that it reads."""

_MARK = "trialkit workbook, layout"
_FORMS = ("FORM", "VERSION", "FINGERPRINT", "HEADER_ROW")


@dataclass(frozen=True, slots=True)
class FormFacts:
    """One sheet of a workbook.

    Attributes:
        form: the form, which is also the name of the sheet.
        version: of the form when the workbook was made.
        fingerprint: see `form_fingerprint`.
        header_row: the row of the headers; what stands above is for people.
    """

    form: str
    version: str
    fingerprint: str
    header_row: int


@dataclass(frozen=True, slots=True)
class TemplateFacts:
    """A workbook.

    Attributes:
        layout: the version of its layout.
        study: STUDYID.
        about: what else it says, name to text: protocol, site, when it was made and as of which journal entry.
        forms: its sheets.
    """

    layout: str
    study: str
    about: Mapping[str, str]
    forms: tuple[FormFacts, ...]

    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The facts as rows of texts."""
        about = tuple((name, text) for name, text in self.about.items())
        forms = tuple((one.form, one.version, one.fingerprint, str(one.header_row)) for one in self.forms)
        return ((_MARK, self.layout), ("study", self.study), *about, _FORMS, *forms)

    @classmethod
    def read(cls, rows: Iterable[Sequence[str]]) -> TemplateFacts | None:
        """The facts of rows that `rows` wrote; None for anything else."""
        given = [tuple(row) for row in rows]
        if not given or len(given[0]) < 2 or given[0][0] != _MARK:
            return None
        heads = [place for place, row in enumerate(given) if row[:4] == _FORMS]
        if not heads:
            return None
        pairs = {row[0]: row[1] for row in given[1 : heads[0]] if len(row) > 1}
        forms = [_read_form(row) for row in given[heads[0] + 1 :]]
        if "study" not in pairs or None in forms:
            return None
        study = pairs.pop("study")
        return cls(given[0][1], study, pairs, tuple(form for form in forms if form is not None))


def _read_form(row: Sequence[str]) -> FormFacts | None:
    if len(row) < 4 or not (row[3].isascii() and row[3].isdigit() and len(row[3]) < 6):
        return None
    return FormFacts(row[0], row[1], row[2], int(row[3]))


def form_fingerprint(form: Form, codelists: Mapping[str, CodeList]) -> str:
    """Twelve hexadecimal digits that change with everything a sheet of a form asks and offers."""
    lists = sorted({item.codelist for item in form.items if item.codelist is not None} & set(codelists))
    asked = [item.model_dump(mode="json") for item in form.items]
    offered = {name: codelists[name].model_dump(mode="json") for name in lists}
    text = json.dumps([asked, offered], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]
