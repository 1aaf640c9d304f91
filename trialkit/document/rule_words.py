"""The condition of a rule in, English out: for a data manager who wants to know when it fires."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from trialkit.document.rule_phrases import (
    AMOUNTS,
    COUNTS,
    DATES,
    GIVING_MOMENTS,
    MOMENTS,
    NONE,
    SOME,
    TAKING,
    TRUTHS,
    TURNED,
    VALUES,
    difference,
    fill_in,
    is_table,
    is_truth,
    join_places,
    reason_words,
)
from trialkit.document.rule_scans import ScanParts, long_question, take_apart
from trialkit.language.parse import parse
from trialkit.language.tree import (
    Arithmetic,
    Call,
    Comparison,
    Constant,
    ItemName,
    Junction,
    Membership,
    Minus,
    Negation,
    ParameterName,
    Presence,
    Tree,
    items_in,
)
from trialkit.model.item import Item, ItemTypeName
from trialkit.model.study import Study

__all__ = ["OutlineLine", "RuleWords"]

_LONGEST_LABEL = 30
_SHORT = 90
"""Up to so many characters a condition is one line of an outline."""


@dataclass(frozen=True, slots=True)
class OutlineLine:
    """A line of a condition that is too long for one sentence: how deep it stands, and what it says."""

    depth: int
    text: str


@dataclass(frozen=True, slots=True)
class RuleWords:
    """Conditions in words.

    Attributes:
        study: the study, for labels, parameters and methods.
        form: the form on which the rule stands.
        scanned: inside a scan, the form whose records are asked; empty outside.
        is_turned_back: inside a scan, whether the record on which the rule stands is asked again.
    """

    study: Study
    form: str
    scanned: str = ""
    is_turned_back: bool = False

    def outline(self, condition: str) -> tuple[OutlineLine, ...]:
        """A condition in lines, the parts of a long one below each other."""
        return tuple(self._outline(parse(condition), 0))

    def _outline(self, node: Tree, depth: int) -> Iterator[OutlineLine]:
        words = self.words(node)
        parts = long_question(node, self.form)
        if len(words) <= _SHORT or not (parts or isinstance(node, Junction)):
            yield OutlineLine(depth, words)
        elif parts is not None:
            yield OutlineLine(depth, f"{words.split(' in which ')[0]} in which all of this is so:")
            yield from self._inside(parts)._outline_groups(parts.asked, "and", depth + 1)
        elif isinstance(node, Junction):
            yield OutlineLine(depth, "all of this is so:" if node.operator == "and" else "one of these is so:")
            yield from self._outline_groups(node.operands, node.operator, depth + 1)

    def _outline_groups(self, operands: Sequence[Tree], word: str, depth: int) -> Iterator[OutlineLine]:
        for group in self._groups(operands):
            if len(group) > 1:
                yield OutlineLine(depth, self._group(group, word))
            else:
                yield from self._outline(group[0], depth)

    def words(self, node: Tree) -> str:
        """A part of a condition in words, without brackets around the whole."""
        match node:
            case Junction(operator=word, operands=operands):
                return f" {word} ".join(self._group(group, word) for group in self._groups(operands))
            case Comparison():
                return self._comparison(node)
            case Membership():
                return self._membership(node, "is one of")
            case Presence(operand=operand, wants_present=wants_present):
                return f"{self._subject(operand, operand)} is {'there' if wants_present else 'missing'}"
            case Negation(operand=operand):
                return self._opposite(operand)
            case Call():
                return self._call(node)
        return self._value(node)

    def _groups(self, operands: Sequence[Tree]) -> list[list[Tree]]:
        """The parts of a condition; comparisons of one thing that stand behind each other are one group."""
        groups: list[list[Tree]] = []
        for operand in operands:
            before = groups[-1][-1] if groups else None
            if (
                isinstance(operand, Comparison)
                and isinstance(before, Comparison)
                and self._speak_alike(before, operand)
            ):
                groups[-1].append(operand)
            else:
                groups.append([operand])
        return groups

    def _speak_alike(self, one: Comparison, other: Comparison) -> bool:
        is_plain = not self._known_comparison(one) and not self._known_comparison(other)
        return is_plain and self.words(one.left) == self.words(other.left)

    def _group(self, group: Sequence[Tree], word: str) -> str:
        """``AGE is below 18 y or above 75 y``; a part that stands alone is in brackets when it has parts of its own."""
        if len(group) == 1:
            return self._beside(group[0])
        first, *others = (self._comparison(node) for node in group if isinstance(node, Comparison))
        told = self._subject(group[0].left, group[0].left) if isinstance(group[0], Comparison) else ""
        rest = (words.removeprefix(told).strip().removeprefix("is ") for words in others)
        return f" {word} ".join((first, *rest))

    def _beside(self, node: Tree) -> str:
        """A part beside others: in brackets when it has parts of its own."""
        words = self.words(node)
        has_parts = isinstance(node, Junction) or (
            isinstance(node, Call | Negation) and {"and", "or"} & {*words.split()}
        )
        return f"({words})" if has_parts else words

    def _opposite(self, node: Tree) -> str:
        match node:
            case Membership():
                return self._membership(node, "is none of")
            case Call(function=name, arguments=arguments) if name in TRUTHS:
                return fill_in(TRUTHS[name][1], [self._named(argument, arguments[0]) for argument in arguments])
            case Call(function="any"):
                return self._call(node).replace("there is a record", "there is no record", 1)
        return f"it is not so that {self.words(node)}"

    def _comparison(self, node: Comparison) -> str:
        known = self._known_comparison(node) or self._known_comparison(
            replace(node, operator=TURNED[node.operator], left=node.right, right=node.left)
        )
        if known:
            return known
        if is_truth(node.left) and is_truth(node.right):
            agree = "agree" if node.operator == "=" else "do not agree"
            return f"these two {agree}: {self.words(node.left)}; {self.words(node.right)}"
        signs = MOMENTS if self._is_moment(node.left) or self._is_moment(node.right) else AMOUNTS
        return f"{self._subject(node.left, node.right)} {signs[node.operator]} {self._named(node.right, node.left)}"

    def _known_comparison(self, node: Comparison) -> str:
        """A comparison that people say in another way; empty for any other."""
        match node.left, node.right:
            case Call(function="reason", arguments=(item,)), Constant(value=str() as code) if node.operator in "=<>":
                word = "is" if node.operator == "=" else "is not"
                return f"{self.words(item)} {word} missing with the reason {reason_words(code)}"
            case Call(function="upper", arguments=(one,)), Call(function="upper", arguments=(other,)):
                return f"{self.words(replace(node, left=one, right=other))} (in small letters or capitals)"
            case Call() as call, Constant(value=Decimal() as number):
                return self._known_count(call, node.operator, int(number) if number == int(number) else -1)
        return ""

    def _known_count(self, call: Call, sign: str, number: int) -> str:
        given = [self.words(argument) for argument in call.arguments]
        pattern = COUNTS.get((call.function, sign, number))
        if pattern is not None:
            return fill_in(pattern, given)
        parts = take_apart(call, self.form) if call.function == "count" else None
        if parts is None or (sign, number) not in NONE + SOME:
            return ""
        return f"there is {'no' if (sign, number) in NONE else 'a'} record{self._records(parts)}"

    def _membership(self, node: Membership, words: str) -> str:
        listed = ", ".join(self._named(choice, node.operand) for choice in node.choices)
        item = self._item(node.operand)
        if item is not None and item.type == ItemTypeName.CODES:
            words = "includes one of" if words == "is one of" else "includes none of"
        elif len(node.choices) == 1:
            words = "is" if words == "is one of" else "is not"
        return f"{self._subject(node.operand, node.operand)} {words} {listed}"

    def _subject(self, node: Tree, other: Tree) -> str:
        """What a sentence is about; a comma ends what is said of other records."""
        words = self._named(node, other)
        parts = take_apart(node, self.form) if isinstance(node, Call) else None
        return f"{words}," if parts is not None and parts.asked else words

    def _named(self, node: Tree, other: Tree) -> str:
        """One side of a comparison; a code carries its label where the other side is an item that knows it."""
        if not (isinstance(node, Constant) and isinstance(node.value, str)):
            return self.words(node)
        item = self._item(other)
        codelist = self.study.codelists.get(item.codelist or "") if item is not None else None
        labels = {term.code: term.display for term in codelist.terms} if codelist is not None else {}
        label = labels.get(node.value, node.value)
        return node.value if label == node.value or len(label) > _LONGEST_LABEL else f"{node.value} ({label})"

    def _item(self, node: Tree) -> Item | None:
        """The item whose value a part is; None for a part that is computed."""
        match node:
            case ItemName(form=form, item=name):
                defined = self.study.forms.get(form or self.scanned or self.form)
                return None if defined is None else defined.item(name)
            case Call(function="cur", arguments=(value,)):
                return self._turned_back()._item(value)
            case Call():
                parts = take_apart(node, self.form)
                return None if parts is None or parts.value is None else self._inside(parts)._item(parts.value)
        return None

    def _is_moment(self, node: Tree) -> bool:
        match node:
            case Call(function=name) if name in GIVING_MOMENTS:
                return True
            case Call(function=name) if name in self.study.protocol.methods:
                return self._is_moment(parse(self.study.protocol.methods[name].value))
            case Call(function="cur" | "if", arguments=arguments):
                inside = self._turned_back() if node.function == "cur" else self
                return inside._is_moment(arguments[-1])
            case Call():
                parts = take_apart(node, self.form)
                return parts is not None and parts.value is not None and self._inside(parts)._is_moment(parts.value)
        item = self._item(node)
        return item is not None and item.type in DATES

    def _value(self, node: Tree) -> str:
        match node:
            case Constant(value=value):
                return value if isinstance(value, str) else format(value, "f")
            case ItemName():
                return self._item_words(node)
            case ParameterName(parameter=name):
                found = self.study.protocol.parameters.get(name)
                return f"P.{name}" if found is None else f"{found.value:f} {found.unit} (P.{name})".replace("  ", " ")
            case Minus(operand=operand):
                return f"-{self._factor(operand)}"
            case Arithmetic(first=first, steps=steps):
                rest = (f" {step.operator} {self._factor(step.operand)}" for step in steps)
                return self._factor(first) + "".join(rest)
        raise TypeError(f"{type(node).__name__} has no words")

    def _factor(self, node: Tree) -> str:
        """A part of a calculation: in brackets unless it is one word."""
        is_in_brackets = isinstance(node, Call) and node.function == "if"
        if is_in_brackets or isinstance(node, Constant | ItemName | ParameterName):
            return self.words(node)
        return f"({self.words(node)})"

    def _item_words(self, node: ItemName) -> str:
        if self.scanned and node.form == self.form != self.scanned:
            return f"{node.item} of this record"
        is_plain = node.form is None or node.form == (self.scanned or self.form)
        name = node.item if is_plain else f"{node.form}.{node.item}"
        return f"{name} of this record" if self.is_turned_back and is_plain else name

    def _call(self, node: Call) -> str:
        name, arguments = node.function, node.arguments
        parts = take_apart(node, self.form)
        if parts is not None:
            return self._scan(parts)
        if name in self.study.protocol.methods:
            return self._method(name)
        if name == "cur":
            return self._turned_back().words(arguments[0])
        if name == "if":
            return self._choice(arguments)
        if name == "abs" and (sides := difference(arguments[0])):
            return f"the difference between {self.words(sides[0])} and {self.words(sides[1])}"
        pattern = TRUTHS[name][0] if name in TRUTHS else VALUES.get(name)
        given = [self._named(argument, arguments[0]) for argument in arguments]
        if pattern is None:
            return f"{name}({', '.join(given)})"
        return fill_in(pattern.replace("the record", "this record") if self.is_turned_back else pattern, given)

    def _method(self, name: str) -> str:
        label = self.study.protocol.methods[name].label
        if not label:
            return f"{name}()"
        lowered = label[0].lower() + label[1:]
        return lowered if lowered.startswith("the ") else f"the {lowered}"

    def _choice(self, arguments: Sequence[Tree]) -> str:
        condition, then, *otherwise = arguments
        if is_table(otherwise):
            return f"(a value that depends on {', '.join(items_in(otherwise[0]))})"
        rest = f", else {self.words(otherwise[0])}" if otherwise else ""
        if rest and self.words(condition) == f"{self.words(then)} is there":
            return f"({self.words(then)}, or{rest[1:]})"
        return f"({self.words(then)} if {self.words(condition)}{rest})"

    def _inside(self, parts: ScanParts) -> RuleWords:
        return replace(self, scanned=parts.form, is_turned_back=False)

    def _turned_back(self) -> RuleWords:
        return replace(self, scanned="", is_turned_back=True)

    def _scan(self, parts: ScanParts) -> str:
        taken = "" if parts.value is None else self._inside(parts).words(parts.value)
        foreign = "" if parts.form == self.form else f" of {parts.form}"
        match parts.name:
            case "any":
                return f"there is a record{self._records(parts)}"
            case "count":
                return f"the number of records{self._records(parts)}"
            case "bl":
                return f"the baseline of {taken}{foreign}"
            case "scr":
                return f"the last {taken}{foreign} at screening"
            case "at":
                return f"{taken}{foreign} {parts.places[0]}"
        which = TAKING.get(parts.name, f"the {parts.name}")
        among = " among records" if parts.asked else ""
        return f"{which} {taken}{among}{self._records(parts)}"

    def _records(self, parts: ScanParts) -> str:
        """Behind the word record: `` of AE at the same visit in which AESER is Y (Yes)``."""
        inside = self._inside(parts)
        groups = inside._groups(parts.asked)
        is_alone = len(parts.asked) == 1
        asked = inside.words(parts.asked[0]) if is_alone else " and ".join(inside._group(one, "and") for one in groups)
        return f" of {parts.form}{join_places(parts.places)}{f' in which {asked}' if asked else ''}"
