"""Skip logic for a workbook: an expression of the language in, an Excel formula that is true only when it is true out.

What can not be said soundly in a formula gives None, and is then not said: a cell is not greyed on a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from trialkit.document.skip_logic import settle
from trialkit.language.parse import parse
from trialkit.language.tree import (
    Call,
    Comparison,
    Constant,
    ItemName,
    Junction,
    Membership,
    Negation,
    ParameterName,
    Presence,
    Tree,
)
from trialkit.model.item import Item
from trialkit.model.protocol import Protocol, Visit

__all__ = ["MISSING_LIST", "SheetColumns", "SkipFormulas", "either", "excel_text"]

MISSING_LIST = "list_missing"
"""The name of the list that holds ``.ND`` and the other missing reasons."""

_NUMERIC = frozenset({"integer", "decimal"})
_WORDED = frozenset({"text", "code"})
_OPPOSITE = {"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"=": "=", "<>": "<>", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class SheetColumns:
    """Where things stand on a sheet, for formulas about its row ``{row}``.

    Attributes:
        items: item identifier to the item and its cell: ``$F{row}``.
        visit: the cell of the visit; empty where the sheet has none.
        timepoint: the cell of the timepoint; empty where the sheet has none.
        texts: item and code to every text that may stand in a cell for the code.
    """

    items: Mapping[str, tuple[Item, str]]
    visit: str
    timepoint: str
    texts: Callable[[Item, str], Sequence[str]]


class SkipFormulas:
    """Conditions of one sheet as formulas."""

    def __init__(self, protocol: Protocol, columns: SheetColumns) -> None:
        self._protocol, self._columns = protocol, columns

    def asked(self, condition: str | None) -> str | bool | None:
        """When an item with this condition is asked: a formula, always or never, or None when no formula can tell."""
        if condition is None:
            return True
        left = settle(parse(condition), self._protocol, None, None)
        return left if isinstance(left, bool) else self._holds(left, wanted=True)

    def _holds(self, tree: Tree, *, wanted: bool) -> str | None:
        """A formula that is true when the tree is known to be what is wanted, and false when not, or unknown."""
        match tree:
            case Negation(operand=operand):
                return self._holds(operand, wanted=not wanted)
            case Junction(operator=word, operands=operands):
                parts = [self._holds(operand, wanted=wanted) for operand in operands]
                known = [part for part in parts if part is not None]
                joined = "AND" if (word == "and") is wanted else "OR"
                return f"{joined}({','.join(known)})" if len(known) == len(parts) else None
            case Presence(operand=ItemName() as name, wants_present=wants_present):
                cell = self._cell(name)
                return None if cell is None else _given(cell) if wants_present is wanted else f"NOT({_given(cell)})"
            case Membership(operand=operand, choices=choices):
                return self._among(operand, choices, wanted=wanted)
            case Comparison():
                return self._comparison(tree, wanted=wanted)
            case Call(function="tag" | "scheduled" as function, arguments=(Constant(value=str() as name),)):
                return self._at_visits(function, name, wanted=wanted)
        return None

    def _comparison(self, tree: Comparison, *, wanted: bool) -> str | None:
        left, sign, right = tree.left, tree.operator, tree.right
        if isinstance(left, Constant | ParameterName):
            left, sign, right = right, _MIRRORED[sign], left
        sign = sign if wanted else _OPPOSITE[sign]
        number = self._number(right)
        if number is not None:
            return self._compared(left, sign, number)
        if isinstance(right, Constant) and sign in ("=", "<>"):
            return self._among(left, (right,), wanted=sign == "=")
        return None

    def _compared(self, operand: Tree, sign: str, number: Decimal) -> str | None:
        found = self._columns.items.get(operand.item) if isinstance(operand, ItemName) and not operand.form else None
        if found is None or found[0].type not in _NUMERIC or len(found[0].accepted_units) > 1:
            return None
        # VALUE reads numbers that stand as texts; that of an empty cell would be 0.
        return f'IFERROR(IF({found[1]}="",FALSE,VALUE({found[1]}){sign}{number:f}),FALSE)'

    def _number(self, tree: Tree) -> Decimal | None:
        if isinstance(tree, ParameterName):
            found = self._protocol.parameters.get(tree.parameter)
            return None if found is None else found.value
        return tree.value if isinstance(tree, Constant) and isinstance(tree.value, Decimal) else None

    def _among(self, operand: Tree, choices: Sequence[Tree], *, wanted: bool) -> str | None:
        words = [choice.value for choice in choices if isinstance(choice, Constant) and isinstance(choice.value, str)]
        if len(words) != len(choices):
            return None
        match operand:
            case Call(function="visit", arguments=()):
                return _one_of(self._columns.visit, words, wanted=wanted)
            case Call(function="timepoint", arguments=()):
                return _one_of(self._columns.timepoint, words, wanted=wanted)
            case ItemName(form=None, item=name) if name in self._columns.items:
                item, cell = self._columns.items[name]
                if item.type not in _WORDED:
                    return None
                texts = [text for word in words for text in self._columns.texts(item, word)]
                # Excel looks away from upper and lower case: no matter for codes, but for texts.
                compare = (lambda text: f"EXACT({cell},{excel_text(text)})") if item.type == "text" else None
                return _one_of(cell, texts, wanted=wanted, compare=compare)
        return None

    def _at_visits(self, function: str, name: str, *, wanted: bool) -> str | None:
        visits = self._protocol.visits
        if function == "tag":
            return _one_of(self._columns.visit, [one.visit for one in visits if name in one.tags], wanted=wanted)
        if not self._columns.visit:
            return None
        alternatives = [found for one in visits if (found := self._scheduled_at(one, name)) is not None]
        is_scheduled = either(alternatives)
        return is_scheduled if wanted else f'AND({self._columns.visit}<>"",NOT({is_scheduled}))'

    def _scheduled_at(self, visit: Visit, form: str) -> str | None:
        """That this is the visit of the row, and that the form is scheduled there, at its timepoint if it has one."""
        entries = visit.entries(form)
        if not entries:
            return None
        here = f"{self._columns.visit}={excel_text(visit.visit)}"
        points = [point for entry in entries for point in entry.timepoints]
        cell = self._columns.timepoint
        if not cell:
            return here
        at_point = _one_of(cell, points, wanted=True) if points else "FALSE"
        return f'AND({here},OR({cell}="",{at_point}))'

    def _cell(self, name: ItemName) -> str | None:
        found = self._columns.items.get(name.item) if name.form is None else None
        return None if found is None else found[1]


def either(conditions: Sequence[str]) -> str:
    """A formula that is true when one of these is; false when there are none."""
    return conditions[0] if len(conditions) == 1 else f"OR({','.join(conditions)})" if conditions else "FALSE"


def excel_text(text: str) -> str:
    """A text as it stands in a formula."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _given(cell: str) -> str:
    """That a cell holds a value: neither nothing nor the reason why there is none."""
    word = f'LEFT({cell},FIND(" ",{cell}&" ")-1)'
    return f'AND({cell}<>"",NOT(AND(LEFT({cell},1)=".",ISNUMBER(MATCH({word},{MISSING_LIST},0)))))'


def _one_of(
    cell: str, texts: Sequence[str], *, wanted: bool, compare: Callable[[str], str] | None = None
) -> str | None:
    """That a cell holds one of these texts, or, when that is not wanted, another one."""
    if not cell or not all(text.isprintable() for text in texts):
        return None
    equal = compare or (lambda text: f'{cell}&""={excel_text(text)}')  # a code that is a number may stand as one
    found = either([equal(text) for text in dict.fromkeys(texts)])
    return found if wanted else f"AND({_given(cell)},NOT({found}))"
