"""A form at a visit in, the items that are asked there out: in words, with the reasons for a missing answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialkit.document.skip_logic import SkipWords
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.protocol import Visit
from trialkit.model.study import Study

__all__ = ["Field", "form_fields"]


@dataclass(frozen=True, slots=True)
class Field:
    """One item as it stands on paper.

    Attributes:
        item: the item.
        codelist: its code list, where it has one.
        condition: when it is asked, in words; empty when it always is.
        asked: for each column of the page (a timepoint, or an empty row) whether it is asked there.
    """

    item: Item
    codelist: CodeList | None
    condition: str
    asked: tuple[bool, ...]


def paper_fields(study: Study, form: Form, visit: Visit | None, timepoints: Sequence[str | None]) -> tuple[Field, ...]:
    """The items of a form that paper has room for: as `form_fields`, without what a program says about a score.

    Whether a score was prorated, and the name of its band, follow from the answers and help nobody with a pen.
    """
    said = {name for score in form.scores for name in (score.prorated_item, score.band_item)}
    return tuple(field for field in form_fields(study, form, visit, timepoints) if field.item.item not in said)


def form_fields(study: Study, form: Form, visit: Visit | None, timepoints: Sequence[str | None]) -> tuple[Field, ...]:
    """The items of a form that are asked at a visit.

    Args:
        study: the compiled study.
        form: the form.
        visit: the visit; None for a page that serves every visit: nothing is left out then.
        timepoints: the timepoint of each column; empty for a record without one, None where it is not known.
    """
    words = SkipWords(form, study.codelists, study.protocol)
    fields = []
    for item in form.items:
        asking = [words.asking(item.collect_when, visit, timepoint) for timepoint in timepoints]
        asked = tuple(one.is_asked for one in asking)
        if any(asked):
            conditions = dict.fromkeys(one.words for one in asking if one.is_asked and one.words)
            codelist = study.codelists.get(item.codelist) if item.codelist else None
            fields.append(Field(item, codelist, " / ".join(conditions), asked))
    return tuple(fields)
