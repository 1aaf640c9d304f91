"""Record mappings held against the study: each with its form, its visit, and everything that the whole mapping says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping as Lookup
from dataclasses import dataclass

from trialkit.capture.cell_parts import PartsReader
from trialkit.capture.item_cells import ItemCells
from trialkit.capture.locate import find_form
from trialkit.capture.placing import visits_with
from trialkit.errors import UsageError
from trialkit.model.form import Form
from trialkit.model.import_options import Blank
from trialkit.model.item import Item
from trialkit.model.mapping import ItemMapping, KeyMapping, Mapping, RecordMapping
from trialkit.model.study import Study
from trialkit.wording import did_you_mean, list_some


@dataclass(frozen=True, slots=True)
class RecordPlan:
    """A record mapping ready for rows.

    Attributes:
        record: the record mapping; its items know the spellings and missing texts of the whole mapping.
        form: its form.
        visit: the visit, also where the mapping names none.
        place: which of the mapping's records it is.
        cells: item identifier to what reads it of the cells that decide it; those are absent that a find decides.
        doubted: headers of columns whose real dates may have day and month the wrong way round.
        scores: item identifier to its codes by the words for them, in lower case, where a total sums it.
    """

    record: RecordMapping
    form: Form
    visit: KeyMapping
    place: int
    cells: Lookup[str, ItemCells]
    scores: Lookup[str, Lookup[str, str]]
    doubted: frozenset[str] = frozenset()


def plan_records(mapping: Mapping, study: Study, blank: Blank, readers: Lookup[str, PartsReader]) -> list[RecordPlan]:
    """The plans of a mapping, in its order.

    Args:
        mapping: the mapping.
        study: the compiled study.
        blank: what a blank cell means.
        readers: header to what takes its cells apart.

    Raises:
        UsageError: U115 for a form or item that the study does not have, or a visit that is left open.
    """
    plans = []
    for place, record in enumerate(mapping.records):
        form = find_form(study, record.form)
        full = _with_all_said(record, form, mapping)
        cells = {name: ItemCells(item, blank, readers) for name, item in full.items.items() if _is_of_cells(full, item)}
        scores = {name: _codes_by_words(form, name, study) for names in full.totals.values() for name in names}
        plans.append(RecordPlan(full, form, _visit(record, form, study), place, cells, scores))
    return plans


def effective_item(mapping: Mapping, found: ItemMapping, item: Item) -> ItemMapping:
    """An item mapping with the spellings and missing texts that the whole mapping has for it; its own ones win."""
    spelled = {text: code for code, texts in mapping.spellings.get(item.codelist or "", {}).items() for text in texts}
    missing = {text: reason for text, reason in mapping.missing.items() if text not in found.values}
    missing |= found.missing
    return found.model_copy(update={"missing": missing, "values": {**spelled, **found.values}})


def _codes_by_words(form: Form, name: str, study: Study) -> Lookup[str, str]:
    """The codes of an item by their labels and synonyms, but for words that two of them share."""
    item = form.item(name)
    codelist = study.codelists.get(item.codelist or "") if item is not None else None
    terms = codelist.terms if codelist is not None else ()
    words = [(word.casefold(), term.code) for term in terms for word in {term.label, *term.synonyms} if word]
    counted = Counter(word for word, _ in words)
    return {word: code for word, code in words if counted[word] == 1}


def _is_of_cells(record: RecordMapping, item: ItemMapping) -> bool:
    """Whether nothing but cells decides what is given for an item, and not which find of them is meant."""
    return record.each is None or not (item.part or item.count)


def _with_all_said(record: RecordMapping, form: Form, mapping: Mapping) -> RecordMapping:
    """The record mapping with what the whole mapping says of its items."""
    known = [item.item for item in form.items if item.derive is None]
    for name in (*record.items, *record.once_by, *(name for names in record.totals.values() for name in names)):
        if name not in known:
            what = "is computed and never imported" if form.item(name) else "is not on the form"
            raise UsageError(
                "U115",
                f"The mapping names {form.form}.{name}, which {what}.",
                remedy=f"{did_you_mean(name, known)}Mend it.",
            )
    items = {
        item.item: effective_item(mapping, record.items[item.item], item)
        for item in form.items
        if item.item in record.items
    }
    ordered = {name: items[name] for name in record.items}
    return record.model_copy(update={"items": ordered})


def _visit(record: RecordMapping, form: Form, study: Study) -> KeyMapping:
    if record.visit is not None or form.reference:
        return record.visit or KeyMapping(value="-")
    visits = visits_with(study, form.form)
    if len(visits) != 1 or form.form in study.protocol.log_forms:
        where = list_some((visit.visit for visit in visits), 30) or "no visit"
        raise UsageError(
            "U115",
            f"The mapping does not say the visit of form {form.form}, which is scheduled at {where}.",
            remedy="Say visit: in the mapping.",
        )
    return KeyMapping(value=visits[0].visit)
