"""The columnar evaluator gives what one record after another gives: on random records and random expressions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random

import pytest
from columnar_sample import FORMS, both, compiled, random_tables, random_unplanned
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.language import ExpressionError
from trialkit.model.form import Form

_NUMBER_TYPES = ("integer", "decimal")
_DATE_TYPES = ("date", "partial-date", "datetime")
_ORDER = ("=", "<>", "<", "<=", ">", ">=")
_CONSTANTS = ("0", "1", "2", "3", "0.5", "0.1", "0.3", "7", "37.5", "120", "140.00", "60", "1000000000000000.5")


@dataclass(frozen=True)
class Writer:
    """Writes expressions of a kind, at random.

    Attributes:
        random: chooses.
        rule: the form on which the expression stands.
        scanned: the form that is scanned where the writer stands.
        depth: how deep the expression may still become.
    """

    random: Random
    rule: Form
    scanned: Form | None = None
    depth: int = 3

    @property
    def form(self) -> Form:
        """The form that is asked."""
        return self.scanned or self.rule

    def pick(self, choices: Sequence[str]) -> str:
        """One of several texts."""
        return self.random.choice(choices)

    def flip(self) -> bool:
        """One of two ways."""
        return self.random.random() < 0.5

    def below(self) -> Writer:
        """Who writes the parts."""
        return replace(self, depth=self.depth - 1)

    def of_current(self) -> Writer:
        """Who writes what is asked of the rule's record inside a scan."""
        return replace(self, scanned=None, depth=self.depth - 1)

    def inside(self, form: Form) -> Writer:
        """Who writes what is asked of a form's records."""
        return replace(self, scanned=form, depth=self.depth - 1)

    def items(self, *types: str) -> list[str]:
        """The items of the form that are asked, and those of the record that goes with the rule's."""
        own = [item.item for item in self.form.items if item.type in types]
        others = [
            f"{form.form}.{item.item}"
            for form in FORMS.values()
            if not form.repeating and form is not self.form
            for item in form.items
            if item.type in types
        ]
        return own * 3 + others

    def one_of(self, leaves: Sequence[str], *grown: Callable[[], str]) -> str:
        """A leaf, or something that grows while there is room for it."""
        if not leaves or (self.depth > 0 and grown and self.random.random() < 0.75):
            return self.random.choice(grown)() if grown else '"none"'
        return self.pick(leaves)

    def scan(self, write: Callable[[Writer], str]) -> str:
        """A value scan of whatever a writer writes."""
        form = FORMS[self.pick(list(FORMS))]
        inner = self.inside(form)
        named = write(replace(inner, depth=min(inner.depth, 1)))
        item = self.pick([item.item for item in form.items])
        value = named if f"{form.form}." in named else f"if({form.form}.{item} is present, {named}, {named})"
        words = ("first", "last", "prev") if form is self.rule else ("first", "last")
        word = self.pick(words)
        return f"{word}({value})" if self.flip() else f"{word}({value}, {inner.condition()})"

    def condition(self) -> str:
        """A condition inside a scan."""
        parts = [self.conjunct() for _ in range(self.random.randint(1, 2))]
        return " and ".join(parts)

    def conjunct(self) -> str:
        """What a condition inside a scan may be made of."""
        written = [self.truth, self.equation, self.truth, lambda: f"({self.truth()})"]
        return self.random.choice([lambda: "here()", lambda: "before()", *written])()

    def equation(self) -> str:
        """Something of the scanned record that equals something of the rule's."""
        bare, current = replace(self, depth=0), replace(self.of_current(), depth=0)
        kind = self.pick(["number", "text", "date", "time"])
        sides = [getattr(bare, kind)(), f"cur({getattr(current, kind)()})"]
        return f"{sides[0]} = {sides[1]}" if self.flip() else f"{sides[1]} = {sides[0]}"

    def asked_of_rule(self, write: Callable[[Writer], str]) -> str:
        """Something of the rule's record inside a scan."""
        inner = self.of_current()
        return f"cur({write(inner)})" if self.scanned is not None else write(inner)

    def number(self) -> str:
        """A number."""
        low, of = self.below(), self.items(*_NUMBER_TYPES)
        return self.one_of(
            [*of, *of, *_CONSTANTS, "P.high", "P.part", "repeat()", "visit_day()", "missing_forms()"],
            lambda: f"({low.number()} {self.pick(['+', '-', '*', '/'])} {low.number()})",
            lambda: f"-{low.number()}" if self.flip() else f"abs({low.number()})",
            lambda: f"{self.pick(['min', 'max', 'sum', 'mean', 'max_known'])}({low.number()}, {low.number()})",
            lambda: f"count_missing({low.number()}, {low.date()}, {low.text()})",
            lambda: f"round({low.number()}, {self.pick(['0', '1', '2', '-1', low.number()])})",
            lambda: f"floor({low.number()})",
            lambda: f"power({low.number()}, {self.pick(['2', '3', '0.5', low.number()])})",
            lambda: f"{self.pick(['days', 'hours', 'minutes', 'years'])}({low.date()}, {low.date()})",
            lambda: f"{self.pick(['hours', 'minutes'])}({low.time()}, {low.time()})",
            lambda: f"if({low.truth()}, {low.number()}, {low.number()})",
            lambda: f"{self.pick(['number', 'length', 'numeric_result'])}({low.text()})",
            *[lambda: self.scan(Writer.number), self.fold] * 4,
            lambda: self.asked_of_rule(Writer.number),
            lambda: f'expected("{self.pick(list(FORMS))}")',
            lambda: f"outside_window({self.day()}, {self.day()})",
            lambda: f"outside_timepoint({low.number()})",
            lambda: (
                f"subjects_with({self.pick([item.item for item in self.form.items if item.type in ('text', 'code')])})"
            ),
            lambda: f"apart({low.number()}, {low.date()})",
            lambda: f"liar({low.text()})",
        )

    def fold(self) -> str:
        """A number that all records of a form come to."""
        form = FORMS[self.pick(list(FORMS))]
        inner = self.inside(form)
        condition = "" if self.flip() else f", {inner.condition()}"
        if self.flip():
            return f"count({form.form}{condition})"
        numbers = [item.item for item in form.items if item.type in _NUMBER_TYPES]
        value = f"{form.form}.{self.pick(numbers)}"
        if self.flip():
            value = f"({value} {self.pick(['+', '-', '*', '/'])} {replace(inner, depth=1).number()})"
        return f"{self.pick(['total', 'lowest', 'highest'])}({value}{condition})"

    def date(self) -> str:
        """A date."""
        low, of = self.below(), self.items(*_DATE_TYPES)
        return self.one_of(
            [*of, *of, "today()", "now()", "entered()", *self.methods("first_day", "last_time", "far_day")],
            lambda: f"dtc({low.date()}, {low.time()})",
            lambda: f"date({low.date()})",
            lambda: f"{self.pick(['earliest', 'latest'])}({low.date()}, {low.date()}, {low.date()})",
            lambda: f"if({low.truth()}, {low.date()}, {low.date()})",
            *[lambda: self.scan(Writer.date)] * 4,
            lambda: self.asked_of_rule(Writer.date),
        )

    def day(self) -> str:
        """A date that is not at the ends of the calendar."""
        return self.one_of([*self.items("date", "partial-date"), "today()", "first_day()"])

    def methods(self, *names: str) -> list[str]:
        """Calls of the protocol's methods."""
        return [f"{name}()" for name in names]

    def time(self) -> str:
        """A time of day."""
        low, of = self.below(), self.items("time")
        return self.one_of(of, lambda: f"if({low.truth()}, {low.time()})", lambda: self.scan(Writer.time))

    def text(self) -> str:
        """A text."""
        low, of = self.below(), self.items("text", "code")
        numbers = [item.item for item in self.form.items if item.type in (*_NUMBER_TYPES, "odd")]
        coded = [item.item for item in self.form.items if item.type == "code"]
        leaves = ['"Y"', '"12"', '"ß"', "visit()", "timepoint()", "entered_by()", "route()"]
        return self.one_of(
            [*of, *of, *leaves, f"reason({self.pick(numbers)})", f"unit({self.pick(numbers)})"],
            lambda: f"label({self.pick(coded)})" if coded else "visit()",
            lambda: f"upper({low.text()})",
            lambda: f"concat({low.text()}, {low.text()})",
            lambda: f"text({self.pick([low.number, low.date, low.text, low.truth])()})",
            lambda: f"text({self.pick(numbers)})",
            lambda: f"digits({self.pick([*numbers, low.number()])})",
            lambda: f"nth({self.codes()}, {low.number()})",
            lambda: f"if({low.truth()}, {low.text()}, {low.text()})",
            *[lambda: self.scan(Writer.text)] * 4,
            lambda: self.asked_of_rule(Writer.text),
        )

    def codes(self) -> str:
        """Several codes."""
        of = self.items("codes")
        return self.pick(of)

    def truth(self) -> str:
        """A truth value."""
        low = self.below()
        return self.one_of(
            ['tag("DOSING")', 'scheduled("TM")', "before_dose()", *self.comparisons(), *self.comparisons()],
            lambda: f"({low.truth()} {self.pick(['and', 'or'])} {low.truth()})",
            lambda: f"not ({low.truth()})",
            lambda: f"({low.number()} {self.pick(_ORDER)} {low.number()})",
            lambda: f"({low.date()} {self.pick(_ORDER)} {low.date()})",
            lambda: f"({low.time()} {self.pick(_ORDER)} {low.time()})",
            lambda: f"({low.text()} {self.pick(['=', '<>'])} {low.text()})",
            lambda: f"(({low.truth()}) = ({low.truth()}))",
            lambda: f"({low.number()} in ({low.number()}, {low.number()}, 120))",
            lambda: f"({low.date()} not in ({low.date()}, {low.date()}))",
            lambda: (
                f"({self.pick([low.number, low.date, low.text, low.time])()} is {self.pick(['present', 'missing'])})"
            ),
            lambda: f"if({low.truth()}, {low.truth()}, {low.truth()})",
            lambda: f"picky({low.text()})",
            lambda: f'has({self.codes()}, "A")',
            lambda: f"has({self.codes()}, {low.text()})",
            *[self.any_of, self.twin, self.tight] * 4,
            lambda: self.asked_of_rule(Writer.truth),
        )

    def comparisons(self) -> list[str]:
        """Comparisons of items with constants."""
        found = []
        for item in self.form.items:
            match item.type:
                case "integer" | "decimal":
                    found.append(f"{item.item} {self.pick(_ORDER)} {self.pick(['120', '0.3', '2'])}")
                case "code":
                    found.append(f'{item.item} = "Y"')
                case "codes":
                    found.append(f'{item.item} in ("A", "W")')
                case "odd":
                    found.extend([f'{item.item} = "x"', f"{item.item} > 3", f"{item.item} is present"])
        return found

    def twin(self) -> str:
        """An item compared with the same item of another record."""
        item = self.random.choice([item for item in self.form.items if item.type not in ("codes", "odd")])
        sign = self.pick(_ORDER if item.type in (*_NUMBER_TYPES, *_DATE_TYPES, "time") else _ORDER[:2])
        if self.scanned is not None:
            return f"{item.item} {sign} cur({self.twin_of(self.rule, item.type)})"
        return f"{item.item} {sign} {self.twin_of(self.rule, item.type)}"

    def twin_of(self, form: Form, kind: str) -> str:
        """The value of an item of some type in another record of any form, or in the rule's own."""
        kinds = next(kinds for kinds in (_NUMBER_TYPES, _DATE_TYPES, ("text", "code"), ("time",)) if kind in kinds)
        forms = [other for other in (form, form, *FORMS.values()) if any(item.type in kinds for item in other.items)]
        of = self.random.choice(forms or [FORMS["VS"]])
        name = f"{of.form}.{self.pick([item.item for item in of.items if item.type in kinds])}"
        inner = replace(self, scanned=of, depth=1)
        words = ["first({})", "last({}, here())", "bl({})", "scr({})", 'at("PRE", {})', "last({}, before())"]
        words += [f"first({{}}, {inner.condition()})", f"last({{}}, {inner.condition()})", "last({}, before() and {})"]
        found = self.pick(words + ["prev({})", "prev({})"] * (of is form))
        return found.replace("{}", name, 1).replace("{}", inner.truth())

    def tight(self) -> str:
        """A calculation that comes very near to what it is compared with."""
        one, two = (replace(self, depth=0).number() for _ in range(2))
        factor, sign = self.pick(["3", "7", "9", "0.3", "60"]), self.pick(_ORDER)
        return self.pick(
            [
                f"({one} / {factor} * {factor} {sign} {one})",
                f"({one} / {factor} {sign} {two} / {factor})",
                f"(({one} - {two}) / {two} * 100 {sign} {self.pick(['0', '100', '-50', '50'])})",
                f"(power({one}, 0.5) {sign} {self.pick(['1', '0', '2'])})",
                f"(mean({one}, {two}, {two}) {sign} {one})",
                f"(round({one} / {factor}, 1) {sign} round({two} / {factor}, 1))",
                f"(floor({one} / {factor} * {factor}) {sign} {one})",
            ]
        )

    def any_of(self) -> str:
        """Whether a form has such a record."""
        form = FORMS[self.pick(list(FORMS))]
        return f"any({form.form}, {self.inside(form).condition()})"


def expressions(random: Random, rule: Form, count: int) -> list[str]:
    """Some expressions on a form."""
    found: list[str] = []
    while len(found) < count:
        write = random.choice([Writer.truth, Writer.truth, Writer.number, Writer.date, Writer.text])
        text = write(Writer(random, rule, depth=random.randint(1, 4)))
        with suppress(ExpressionError):
            compiled(rule.form, text)
            found.append(text)
    return found


def _agree(random: Random) -> None:
    """Ask random expressions of random records in both ways."""
    rule = FORMS[random.choice(["VS", "VS", "TM", *FORMS])]
    texts = expressions(random, rule, 5)
    records, unplanned = random_tables(random), random_unplanned(random)
    by_columns, one_by_one = both(records, rule.form, [compiled(rule.form, text) for text in texts], unplanned)
    for text, found, expected in zip(texts, by_columns, one_by_one, strict=True):
        assert found == expected, f"{rule.form}: {text}"


@settings(max_examples=60)
@given(st.randoms(use_true_random=False))
def test_columns_when_records_and_expressions_are_random_then_agree_with_one_by_one(random: Random) -> None:
    _agree(random)


@pytest.mark.slow
@settings(max_examples=1000)
@given(st.randoms(use_true_random=False))
def test_columns_when_many_records_and_expressions_are_random_then_agree_with_one_by_one(random: Random) -> None:
    _agree(random)
