"""Columns of a sheet to be filled in: items and keys in, headers, hints, lists, rules and colours out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from trialkit.document.skip_logic import SkipWords
from trialkit.document.workbook.skip_formula import MISSING_LIST, SheetColumns, SkipFormulas
from trialkit.document.workbook.words import (
    NUMERIC,
    cell_kind,
    column_width,
    item_hint,
    item_note,
    item_prompt,
    name_visits,
    number_words,
)
from trialkit.model.choice import code_choices, reason_choices
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.study import Study
from trialkit.spreadsheet.cells import column_letters, column_number
from trialkit.spreadsheet.template import Guard, Mark, MarkLook, TemplateColumn

__all__ = ["Lists", "SheetKeys", "item_columns", "key_columns"]


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
    formulas, words = SkipFormulas(study.protocol, columns), SkipWords(form, study.codelists, study.protocol)
    maker = _ItemColumns(study, formulas, words, lists, started)
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
        condition = name_visits(self.words.asking(item.collect_when, None).words, self.study.protocol)
        column = TemplateColumn(
            name=item.item,
            question=item.label + (" *" if item.required else ""),
            hint="\n".join(filter(None, (item_hint(item), condition and f"if {condition}"))),
            note=item_note(item, codelist, condition),
            prompt=item_prompt(item, codelist),
            kind=cell_kind(item),
            width=column_width(item, codelist),
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
                return _asking(cell, _number_formula(item, cell), f"Expected is a number, {number_words(item)}.")
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
        if item.type in NUMERIC and len(item.accepted_units) <= 1:
            marks += [
                Mark(look, f"AND(ISNUMBER({cell}),NOT({_within(cell, interval.low, interval.high)}))")
                for look, interval in ((MarkLook.IMPOSSIBLE, item.hard), (MarkLook.UNUSUAL, item.soft))
                if interval is not None
            ]
        return marks


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


def _next_cell(cell: str) -> str:
    return f"${column_letters(column_number(cell[1:].removesuffix('{row}')) + 1)}{{row}}"
