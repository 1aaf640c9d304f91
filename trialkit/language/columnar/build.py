"""Trees over columns: each node to its value, those of pairs of records among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

import polars as pl

from trialkit.language.arithmetic import operation
from trialkit.language.books import Setting
from trialkit.language.columnar import number, truth
from trialkit.language.columnar.builds import Builds, V
from trialkit.language.columnar.companion import companions
from trialkit.language.columnar.distinct import Ask, asked_distinct
from trialkit.language.columnar.frame import Frame
from trialkit.language.columnar.frames import Frames
from trialkit.language.columnar.functions import FUNCTIONS
from trialkit.language.columnar.lookup import taken
from trialkit.language.columnar.rowcalls import row_call
from trialkit.language.columnar.scan import scanned
from trialkit.language.columnar.trees import Asked, asked_in, of_the_rule
from trialkit.language.columnar.value import (
    NOTHING,
    Coded,
    NotColumnar,
    Nothing,
    Text,
    Truth,
    Value,
    doubted,
    number_of,
    parts,
    truth_of,
    weight_of,
    with_parts,
)
from trialkit.language.functions import BUILTIN_FUNCTIONS
from trialkit.language.row import Row
from trialkit.language.rowcall import Evaluate, call_evaluator
from trialkit.language.scope import Scope
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Companion,
    Comparison,
    Constant,
    Current,
    Fold,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Pick,
    Presence,
    Tree,
)
from trialkit.model.kind import Typed

_HOUSE = {function.name: function for function in BUILTIN_FUNCTIONS}
_NO_RECORD = Row({}, {}, {}, "", frozenset(), "", date.min)
_LONGEST = 4_000
"""Longer expressions are worked out before they stand in others: some stand there five times, and so do those."""

_LONGEST_OF_PAIRS = 60_000
_SEES_DIGITS = "text"
"""The one function of the house that tells numbers apart that are equal."""


class Builder:
    """Makes nodes ready that are asked of the records of one form. Trees come without columns, see `trees`.

    Args:
        frames: all records.
        setting: what rules see besides.
        scope: what the expression speaks of.
        form: the form whose records are asked; it has some.
        is_scanned: whether they are scanned, and not those on which the rule stands.
    """

    def __init__(self, frames: Frames, setting: Setting, scope: Scope, form: str, *, is_scanned: bool = False) -> None:
        self.frames = frames
        self.setting = setting
        self.scope = scope
        self._form = form
        self._is_scanned = is_scanned
        self._made: dict[Tree, Value | NotColumnar] = {}
        self._inside: dict[str, Builder] = {}
        self._companions: dict[str, pl.Series] = {}

    @property
    def frame(self) -> Frame:
        """The records that are asked."""
        found = self.frames.frame(self._form)
        assert found is not None  # noqa: S101  # who makes a builder has looked
        return found

    def inside(self, form: str) -> Builder | None:
        """What makes nodes ready that are asked of the records of a scanned form; None when there are none."""
        if self.frames.frame(form) is None:
            return None
        if form not in self._inside:
            scope = self.scope.of_form(form)
            self._inside[form] = Builder(self.frames, self.setting, scope, form, is_scanned=True)
        return self._inside[form]

    def build(self, node: Tree) -> Value:
        """Make a node ready. Raises `NotColumnar` where that can not be."""
        if node not in self._made:
            try:
                self._made[node] = self.light(self._make(node))
            except NotColumnar as reason:
                self._made[node] = reason
        found = self._made[node]
        if isinstance(found, NotColumnar):
            raise found
        return found

    def light(self, value: V) -> V:
        """The same value, worked out at once where its expressions have grown long, since it will stand in others."""
        return self.frame.computed(value) if weight_of(value) > _LONGEST else value

    def _make(self, node: Tree) -> Value:
        match node:
            case ItemName(item=item):
                return self.frame.item(item)
            case Companion(form=form, item=item):
                return self._companion(form, item)
            case Pick() | Fold():
                if self._is_scanned:
                    raise NotColumnar("a scan of the scanned record")
                return scanned(node, self, PairBuilder)
            case Current(operand=operand) if not self._is_scanned:
                return self.build(operand)
        return _structure(node, self)

    def _companion(self, form: str, item: str) -> Value:
        other = self.inside(form)
        if other is None:
            return NOTHING
        if form not in self._companions:
            self._companions[form] = companions(self.frame, other.frame)
        return taken(other.build(ItemName(None, item, 0)), other.frame, self.frame, self._companions[form])


class PairBuilder:
    """Makes nodes ready that are asked of pairs: the rule's record and a scanned one. See `pairing.Pairs`.

    Args:
        current: makes nodes ready that ask the rule's record.
        scanned: makes nodes ready that ask the scanned record.
    """

    def __init__(self, current: Builds, scanned: Builds) -> None:
        self._current = current
        self._scanned = scanned
        self.frames = current.frames
        self.setting = current.setting
        self.scope = scanned.scope
        self.ours: dict[str, str] = {}
        self.theirs: dict[str, str] = {}

    @property
    def frame(self) -> Frame:
        """Pairs stand in no frame."""
        raise NotColumnar("a call that looks at pairs of records")

    def inside(self, form: str) -> Builds | None:
        """Pairs are not scanned."""
        raise NotColumnar(f"a scan of {form} by pairs of records")

    def light(self, value: V) -> V:
        """The same value. Raises `NotColumnar` where its expressions have grown long."""
        if weight_of(value) > _LONGEST_OF_PAIRS:
            raise NotColumnar("so long an expression about pairs of records")
        return value

    def build(self, node: Tree) -> Value:
        """Make a node ready. Raises `NotColumnar` where that can not be."""
        match asked_in(node):
            case Asked.SCANNED:
                return _brought(self._scanned.build(node), self._scanned.frame, self.theirs, "theirs")
            case Asked.CURRENT:
                return _brought(self._current.build(of_the_rule(node)), self._current.frame, self.ours, "ours")
        if isinstance(node, Call) and not node.arguments:
            return self._position(node.function)
        return self.light(_structure(node, self))

    def _position(self, word: str) -> Value:
        """``here()`` or ``before()``, where it does not choose the pairs."""
        is_of_site = self._scanned.frame.form.reference
        if word == "here":
            names = "site_occasion" if is_of_site else "occasion", "occasion"
        elif self._scanned.frame is self._current.frame:
            names = "order", "order"
        else:
            names = "turn", "turn"
        ours, theirs = f"ours|{names[0]}", f"theirs|{names[1]}"
        self.ours[ours], self.theirs[theirs] = names
        holds = pl.col(theirs) == pl.col(ours) if word == "here" else pl.col(theirs) < pl.col(ours)
        return Truth(holds=holds)


def _brought(value: Value, frame: Frame, needed: dict[str, str], side: str) -> Value:
    """A value of one record of each pair, over columns of the pairs."""
    ready = frame.computed(value)
    columns = {name: part.meta.output_name() for name, part in parts(ready).items()}
    needed.update({f"{side}|{column}": column for column in columns.values()})
    return with_parts(ready, {name: pl.col(f"{side}|{column}") for name, column in columns.items()})


def _structure(node: Tree, by: Builds) -> Value:
    """A node that is made of what stands below it."""
    match node:
        case Constant(value=Decimal() as value):
            return number.constant(value)
        case Constant(value=str() as text):
            return Text(text=pl.lit(text))
        case ParameterName(parameter=parameter):
            return number.constant(by.scope.parameters[parameter])
        case Arithmetic(first=first, steps=steps):
            result = by.build(first)
            for step in steps:
                result = by.light(_calculated(step.operator, result, by.build(step.operand)))
            return result
        case Minus(operand=operand):
            return _calculated("-", number.constant(Decimal(0)), by.build(operand))
        case Call():
            found = row_call(node, by)
            return _function(node, by) if found is None else found
    return _test(node, by)


def _test(node: Tree, by: Builds) -> Value:
    match node:
        case Comparison(operator=symbol, left=left, right=right):
            return truth.compared(symbol, by.build(left), by.build(right))
        case Membership(operand=operand, choices=choices):
            return _membership(by.build(operand), [by.build(choice) for choice in choices], by)
        case Presence(operand=operand, wants_present=wanted):
            return truth.present(by.build(operand), wanted=wanted)
        case Negation(operand=operand):
            return truth.negated(truth_of(by.build(operand)))
        case Junction(operator=word, operands=operands):
            return truth.joined(word, [truth_of(by.build(operand)) for operand in operands])
    raise NotColumnar(type(node).__name__)


def _calculated(symbol: str, left: Value, right: Value) -> Value:
    if isinstance(left, Nothing) or isinstance(right, Nothing):
        return doubted(NOTHING, left, right)
    first, second = number_of(left), number_of(right)
    if first.fixed is not None and second.fixed is not None:
        result = operation(symbol)(first.fixed, second.fixed)
        return NOTHING if result is None else number.constant(result)
    match symbol:
        case "+" | "-":
            return number.plus(first, second, minus=symbol == "-")
        case "*":
            return number.times(first, second)
    return number.divided(first, second)


def _membership(operand: Value, choices: Sequence[Value], by: Builds) -> Value:
    if not isinstance(operand, Coded):
        return truth.among(operand, choices)
    if not all(value is None or isinstance(value, tuple) for value in operand.known):
        raise NotColumnar("in (…) after values of several kinds")
    return asked_distinct(_is_one_among, [operand, *choices], by.frame, as_written=False)


def _is_one_among(values: Sequence[Typed]) -> Typed:
    """Whether one of several codes is among the choices."""
    codes, *choices = values
    if not isinstance(codes, tuple):
        return None
    if any(choice in codes for choice in choices if choice is not None):
        return True
    return None if codes and None in choices else False


def _function(node: Call, by: Builds) -> Value:
    """A call of a function that looks at its arguments only."""
    function = by.scope.functions[node.function]
    values = [by.build(argument) for argument in node.arguments]
    if not function.takes_missing and any(isinstance(value, Nothing) for value in values):
        return doubted(NOTHING, *values)
    is_of_house = _HOUSE.get(node.function) is function
    if is_of_house and node.function in FUNCTIONS:
        try:
            return FUNCTIONS[node.function](values)
        except NotColumnar:
            if isinstance(by, PairBuilder):
                raise
    as_written = not is_of_house or node.function == _SEES_DIGITS
    return asked_distinct(_asking(node, by.scope), values, by.frame, as_written=as_written)


def _asking(node: Call, scope: Scope) -> Ask:
    """A function as one record would ask it, its arguments being the items of a record."""
    names = [str(place) for place in range(len(node.arguments))]
    call = replace(node, arguments=tuple(ItemName(None, name, 0) for name in names))
    ask = call_evaluator(call, scope, _read_item)

    def answer(values: Sequence[Typed]) -> Typed:
        row = replace(_NO_RECORD, values=dict(zip(names, values, strict=True)))
        return ask(row, row)

    return answer


def _read_item(node: Tree) -> Evaluate:
    assert isinstance(node, ItemName)  # noqa: S101  # as written right above
    name = node.item
    return lambda row, _: row.values[name]
