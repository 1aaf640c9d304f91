"""Columns of a sheet to be filled in: items and keys in, headers, hints, lists, rules and colours out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from trialkit.document.skip_logic import SkipWords
from trialkit.document.workbook.skip_formula import MISSING_LIST, SheetColumns, SkipFormulas
from trialkit.model.choice import code_choices, reason_choice, reason_choices
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.protocol import Protocol
from trialkit.model.study import Study
from trialkit.spreadsheet.cells import column_letters, column_number
from trialkit.spreadsheet.template import Guard, Mark, MarkLook, TemplateColumn

__all__ = ["Lists", "SheetKeys", "item_columns", "key_columns"]

_NUMERIC = (ItemTypeName.INTEGER, ItemTypeName.DECIMAL)
_WIDTH = {
    ItemTypeName.INTEGER: 10.0,
    ItemTypeName.DECIMAL: 10.0,
    ItemTypeName.DATE: 13.0,
    ItemTypeName.PARTIAL_DATE: 14.0,
    ItemTypeName.TIME: 9.0,
    ItemTypeName.DATETIME: 18.0,
    ItemTypeName.CODES: 24.0,
}
_TEXT_WIDTHS = (14.0, 34.0)
_CODE_WIDTHS = (11.0, 34.0)
_HINTS = {
    ItemTypeName.DATE: "day, month, year",
    ItemTypeName.PARTIAL_DATE: "2024-11-05, or 2024-11, 2024 as far as known",
    ItemTypeName.TIME: "09:05 (24 h)",
    ItemTypeName.DATETIME: "2026-11-05 09:05",
    ItemTypeName.CODE: "pick",
    ItemTypeName.CODES: "codes with ; between",
}
_PROMPTS = {
    ItemTypeName.DATE: "A full date. Type it as you are used to: it is shown with the month in letters, look whether "
    "it is the one you mean.",
    ItemTypeName.PARTIAL_DATE: "As far as it is known: 2024-11-05, 2024-11 or 2024. Or 05-NOV-2024, UN-NOV-2024.",
    ItemTypeName.TIME: "Time of day on the 24 hour clock: 09:05.",
    ItemTypeName.DATETIME: "Date and time: 2026-11-05 09:05.",
    ItemTypeName.CODE: "Pick from the list.",
}
_SHOWN_TERMS = 40


@dataclass(slots=True)
class Lists:
    """The lists that a workbook needs, each once.

    Attributes:
        named: name to texts.
    """

    named: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _names: dict[tuple[str, ...], str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.named[MISSING_LIST] = tuple(f".{reason.value}" for reason in MissingReason)

    def add(self, wanted: str, texts: Sequence[str]) -> str:
        """The name of the list with these texts; a new one like the name that is wanted when there is none."""
        known = self._names.get(tuple(texts))
        if known is not None:
            return known
        name, number = f"list_{wanted}", 1
        while name in self.named:
            number += 1
            name = f"list_{wanted}_{number}"
        self.named[name] = tuple(texts)
        self._names[tuple(texts)] = name
        return name


@dataclass(frozen=True, slots=True)
class SheetKeys:
    """What says whose row it is.

    Attributes:
        names: SUBJECT, VISIT and so on, in order.
        owners: the subjects to choose from; the site for a reference form.
        visits: the visits to choose from.
        timepoints: the timepoints to choose from.
    """

    names: tuple[str, ...]
    owners: tuple[str, ...]
    visits: tuple[str, ...]
    timepoints: tuple[str, ...]


def key_columns(form: Form, keys: SheetKeys, lists: Lists, started: str) -> tuple[TemplateColumn, ...]:
    """The columns that say whose row it is.

    Args:
        form: the form of the sheet.
        keys: which of them there are.
        lists: takes the lists they need.
        started: formula that is true when something stands in the row.
    """
    return tuple(
        _key_column(name, form, keys, lists, f"${column_letters(place)}{{row}}", started)
        for place, name in enumerate(keys.names, 1)
    )


def _key_column(name: str, form: Form, keys: SheetKeys, lists: Lists, cell: str, started: str) -> TemplateColumn:
    needed = (Mark(MarkLook.NEEDED, f'AND({started},{cell}="")'),)
    column = TemplateColumn(name, "", is_key=True, width=9.0, marks=needed)
    match name:
        case "SUBJECT":
            what = "Site" if form.reference else "Subject"
            guard = _listed(lists.add("SITE" if form.reference else "SUBJECT", keys.owners), what.lower(), False)
            return replace(column, question=what, width=13.0, guard=guard)
        case "VISIT":
            guard = _listed(lists.add(f"VISIT_{form.form}", keys.visits), "visit of this form", True)
            return replace(column, question="Visit", guard=guard)
        case "TIMEPOINT":
            guard = _listed(lists.add(f"POINT_{form.form}", keys.timepoints), "timepoint of this form", True)
            blank_fits = () if "" in keys.timepoints else needed
            return replace(column, question="Time-point", guard=guard, width=10.0, marks=blank_fits)
        case "VISITREP":
            return replace(
                column, question="Visit no.", hint="1, or which unscheduled visit", guard=_counting(cell), marks=()
            )
    note = "The number of the row: 1, 2, 3 for each subject. It tells the rows apart, so each number stands once."
    return replace(column, question="Row no.", hint="1, 2, 3 …", note=note, guard=_counting(cell), width=8.0)


def _listed(name: str, what: str, is_strict: bool) -> Guard:
    return Guard("list", name, is_strict, f"This is no {what} that is in the list. Pick one from the list.")


def _counting(cell: str) -> Guard:
    return Guard("custom", f"IFERROR(AND(VALUE({cell})>=1,VALUE({cell})=INT(VALUE({cell}))),FALSE)", True, "1, 2, 3 …")


def item_columns(
    study: Study, form: Form, lists: Lists, before: int, visit: str, timepoint: str
) -> tuple[TemplateColumn, ...]:
    """The columns of a form's items, each with that of its unit where several units are accepted.

    Args:
        study: the compiled study.
        form: the form; what is computed, and what is never asked in this protocol, has no column.
        lists: takes the lists they need.
        before: how many columns stand before them.
        visit: the cell of the visit in formulas, or nothing.
        timepoint: the cell of the timepoint in formulas, or nothing.
    """
    places: dict[str, tuple[Item, str]] = {}
    position = before
    for item in _asked_items(study, form):
        places[item.item] = item, f"${column_letters(position + 1)}{{row}}"
        position += 2 if len(item.accepted_units) > 1 else 1
    columns = SheetColumns(places, visit, timepoint, lambda item, code: _texts_of(study, item, code))
    started = started_formula(before, position)
    maker = _ItemColumns(
        study, SkipFormulas(study.protocol, columns), SkipWords(form, study.codelists, study.protocol), lists, started
    )
    return tuple(column for item, cell in places.values() for column in maker.make(item, cell))


def started_formula(before: int, last: int) -> str:
    """True when an item of the row is filled in; items stand behind the keys, up to the last column."""
    return f"COUNTA(${column_letters(before + 1)}{{row}}:${column_letters(last)}{{row}})>0"


def _asked_items(study: Study, form: Form) -> list[Item]:
    nowhere = SkipFormulas(study.protocol, SheetColumns({}, "", "", lambda _item, _code: ()))
    return [item for item in form.items if item.derive is None and nowhere.asked(item.collect_when) is not False]


def _texts_of(study: Study, item: Item, code: str) -> list[str]:
    codelist = study.codelists.get(item.codelist or "")
    if codelist is None:
        return [code]
    term = codelist.term(code)
    shown = [text for text, meant in code_choices(codelist).items() if meant == code]
    return [*shown, code, *(() if term is None else (term.display, *term.synonyms))]


@dataclass(frozen=True, slots=True)
class _ItemColumns:
    study: Study
    formulas: SkipFormulas
    words: SkipWords
    lists: Lists
    started: str

    def make(self, item: Item, cell: str) -> list[TemplateColumn]:
        codelist = self.study.codelists.get(item.codelist or "")
        condition = _visit_words(self.words.asking(item.collect_when, None).words, self.study.protocol)
        column = TemplateColumn(
            name=item.item,
            question=item.label + (" *" if item.required else ""),
            hint="\n".join(filter(None, (_hint(item), condition and f"if {condition}"))),
            note=_note(item, codelist, condition),
            prompt=_prompt(item, codelist),
            kind=_kind(item),
            width=_width(item, codelist),
            guard=self._guard(item, codelist, cell),
            marks=tuple(self._marks(item, cell)),
        )
        return [column, self._unit(item, cell)] if len(item.accepted_units) > 1 else [column]

    def _unit(self, item: Item, cell: str) -> TemplateColumn:
        guard = _listed(self.lists.add(f"UNIT_{item.item}", item.accepted_units), "unit of this item", True)
        own = _next_cell(cell)
        given = f'AND({cell}<>"",LEFT({cell},1)<>".",{own}="")'
        return TemplateColumn(
            f"{item.item}_U", "Unit", "pick", width=8.0, guard=guard, marks=(Mark(MarkLook.NEEDED, given),)
        )

    def _guard(self, item: Item, codelist: CodeList | None, cell: str) -> Guard | None:
        match item.type:
            case ItemTypeName.CODE if codelist is not None:
                texts = [*code_choices(codelist), *reason_choices(item)]
                message = "This is not in the list. Pick one of the list; the last ones say why there is no value."
                return Guard("list", self.lists.add(codelist.codelist, texts), True, message)
            case ItemTypeName.INTEGER | ItemTypeName.DECIMAL:
                return _asking(cell, _number_formula(item, cell), f"Expected is a number, {_number_words(item)}.")
            case ItemTypeName.DATE:
                latest = "2958465" if item.future else "TODAY()+1"
                told = "Expected is a full date" + ("." if item.future else ", not in the future.")
                return _asking(cell, f"AND(ISNUMBER({cell}),{cell}>=61,{cell}<={latest})", told)
            case ItemTypeName.TIME:
                known = f"OR(ISNUMBER({cell}),ISNUMBER(TIMEVALUE({cell})))"
                return _asking(cell, known, "Expected is a time of day, 09:05.")
            case ItemTypeName.TEXT:
                return _asking(cell, f"LEN({cell})<={item.length}", f"At most {item.length} characters fit.")
        return None

    def _marks(self, item: Item, cell: str) -> list[Mark]:
        asked = self.formulas.asked(item.collect_when)
        marks = [] if asked is True or asked is None else [Mark(MarkLook.NOT_ASKED, f"NOT({asked})")]
        if item.required and asked is not None:
            marks.append(Mark(MarkLook.NEEDED, f'AND({self.started},{cell}="")'))
        if item.type in _NUMERIC and len(item.accepted_units) <= 1:
            marks += [
                Mark(look, f"AND(ISNUMBER({cell}),NOT({_within(cell, interval.low, interval.high)}))")
                for look, interval in ((MarkLook.IMPOSSIBLE, item.hard), (MarkLook.UNUSUAL, item.soft))
                if interval is not None
            ]
        return marks


def _visit_words(condition: str, protocol: Protocol) -> str:
    """A condition in words with the visits in the place of their tag, which only definitions know."""
    for tag in {tag for visit in protocol.visits for tag in visit.tags}:
        named = ", ".join(visit.visit for visit in protocol.visits if tag in visit.tags)
        condition = re.sub(rf"the visit is tagged {re.escape(tag)}\b", f"the visit is {named}", condition)
    return condition


def _asking(cell: str, formula: str, message: str) -> Guard:
    """A guard that only asks, and takes a missing reason without a word."""
    words = f"{message} No value? .ND not done, .UNK unknown, .NA not applicable, .REF refused, .TECH failure."
    return Guard("custom", f'IF(LEFT({cell},1)=".",TRUE,{formula})', False, words)


def _number_formula(item: Item, cell: str) -> str:
    single = len(item.accepted_units) <= 1
    low, high = (item.hard.low, item.hard.high) if item.hard is not None and single else (None, None)
    places = 0 if item.type == ItemTypeName.INTEGER else item.decimals
    whole = "" if places is None else f",ROUND({cell},{places})={cell}"
    return f"AND(ISNUMBER({cell}),{_within(cell, low, high)}{whole})"


def _within(cell: str, low: Decimal | None, high: Decimal | None) -> str:
    ends = [f"{cell}>={low:f}" if low is not None else "", f"{cell}<={high:f}" if high is not None else ""]
    known = [end for end in ends if end]
    return f"AND({','.join(known)})" if known else "TRUE"


def _number_words(item: Item) -> str:
    what = "whole" if item.type == ItemTypeName.INTEGER else ""
    if item.decimals is not None:
        what = f"at most {item.decimals} decimal place{'' if item.decimals == 1 else 's'}"
    parts = [item.hard.in_words() if item.hard is not None else "", what, item.unit or ""]
    if len(item.accepted_units) > 1:
        parts = [what, f"in {' or '.join(item.accepted_units)}"]
    return ", ".join(part for part in parts if part) or "any"


def _hint(item: Item) -> str:
    if item.type in _NUMERIC:
        several = len(item.accepted_units) > 1
        range_words = "" if item.hard is None or several else _short_range(item.hard.low, item.hard.high)
        return " ".join(filter(None, (range_words, "" if several else item.unit))) or "number"
    return _HINTS.get(ItemTypeName(item.type), "") if item.type in tuple(ItemTypeName) else ""


def _short_range(low: Decimal | None, high: Decimal | None) -> str:
    if low is None or high is None:
        return f"up to {high}" if low is None else f"from {low}"
    return f"{low} – {high}"


def _prompt(item: Item, codelist: CodeList | None) -> str:
    if item.type == ItemTypeName.CODES and codelist is not None:
        terms = "; ".join(_term_words(term.code, term.display) for term in codelist.terms)
        return f"One code or several, with ; between: {terms}"
    if item.type in _NUMERIC:
        usual = f" Usual: {item.soft.in_words()}." if item.soft is not None and len(item.accepted_units) <= 1 else ""
        own = f"A number: {_number_words(item)}.{usual}"
    else:
        own = _PROMPTS.get(ItemTypeName(item.type), "") if item.type in tuple(ItemTypeName) else ""
    return " ".join(filter(None, (own, " ".join(item.help.split()))))


def _note(item: Item, codelist: CodeList | None, condition: str) -> str:
    lines = [f"{item.item}: {item.label}", " ".join(item.help.split())]
    if item.type in _NUMERIC:
        lines.append(f"A number: {_number_words(item)}.")
        standard = f" (in {item.unit})" if len(item.accepted_units) > 1 else ""
        if item.hard is not None and standard:
            lines.append(f"Possible: {item.hard.in_words()}{standard}.")
        if item.soft is not None:
            lines.append(f"Usual: {item.soft.in_words()}{standard}. Anything else is asked about.")
    elif item.type in _PROMPTS and item.type != ItemTypeName.CODE:
        lines.append(_PROMPTS[ItemTypeName(item.type)])
    if codelist is not None:
        terms = [f"  {_term_words(term.code, term.display)}" for term in codelist.terms[:_SHOWN_TERMS]]
        more = len(codelist.terms) - _SHOWN_TERMS
        lines += ["Codes, with ; between:" if item.type == ItemTypeName.CODES else "One of:", *terms]
        lines += [f"  and {more} more, see the list"] if more > 0 else []
    lines.append("* has to be filled in." if item.required else "")
    lines.append(f"Asked if {condition}." if condition else "")
    lines.append("No value? " + "; ".join(reason_choice(one) for one in item.missing) if item.missing else "")
    return "\n".join(line for line in lines if line)


def _term_words(code: str, label: str) -> str:
    return code if code == label else f"{code} = {label}"


def _kind(item: Item) -> Literal["text", "number", "day"]:
    if item.type in _NUMERIC:
        return "number"
    return "day" if item.type == ItemTypeName.DATE else "text"


def _width(item: Item, codelist: CodeList | None) -> float:
    if item.type == ItemTypeName.CODE and codelist is not None:
        longest = max(len(text) for text in code_choices(codelist))
        return min(max(longest + 3.0, _CODE_WIDTHS[0]), _CODE_WIDTHS[1])
    if item.type == ItemTypeName.TEXT:
        return min(max(item.length * 0.6, _TEXT_WIDTHS[0]), _TEXT_WIDTHS[1])
    return _WIDTH.get(ItemTypeName(item.type), 20.0) if item.type in tuple(ItemTypeName) else 20.0


def _next_cell(cell: str) -> str:
    return f"${column_letters(column_number(cell[1:].removesuffix('{row}')) + 1)}{{row}}"
