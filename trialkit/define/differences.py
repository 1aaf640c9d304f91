"""Two versions of a form in, every difference between them out. Looks at definitions alone, never at data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

from trialkit.define.form_side import FormSide
from trialkit.define.item_words import (
    codes_words,
    computed_words,
    interval_words,
    missing_words,
    term_words,
    type_words,
    unit_words,
)
from trialkit.define.mapping_words import mapping_words
from trialkit.language import ExpressionError
from trialkit.language.parse import parse
from trialkit.language.tree import ItemName, ParameterName, walk
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList, Term
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item

__all__ = ["Aspect", "Difference", "find_differences"]


class Aspect(StrEnum):
    """What a difference is about."""

    ADDED = "item added"
    REMOVED = "item removed"
    TYPE = "type"
    CODES = "codes"
    UNIT = "unit"
    HARD = "possible range"
    SOFT = "usual range"
    DECIMALS = "decimals"
    LENGTH = "length"
    REQUIRED = "required"
    ASKED = "asked when"
    COMPUTED = "computed"
    MISSING = "missing reasons"
    FUTURE = "future dates"
    HIDDEN = "hidden from"
    CHECK = "check"
    PARAMETER = "parameter"
    SDTM = "SDTM"
    FORM = "form"
    WORDING = "wording"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same in two versions of a form.

    Attributes:
        where: the item, check, parameter (``P.bp_hold_sys``) or SDTM variable; ``form`` for the form itself.
        aspect: what it is about.
        what: the same in words: ``possible range narrowed``.
        before: what stood there, in words; empty for what was added. Of a check that was set aside, the reason.
        after: what stands there now; empty for what was removed. Of a check that is set aside, the reason.
        items: the items whose values it is about.
        checks: the checks that it changes, or that read what it changes.
    """

    where: str
    aspect: Aspect
    what: str
    before: str
    after: str
    items: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of an item: how it is written for people, and what a change of it is called."""

    aspect: Aspect
    words: Callable[[Item, FormSide], str]
    name: str = ""
    keys: tuple[str, ...] = field(kw_only=True)

    @property
    def what(self) -> str:
        """What the part is called; wording says that it is no more than that."""
        name = self.name or self.aspect.value
        return f"{name} (wording only)" if self.aspect is Aspect.WORDING else name


_PARTS: tuple[_Part, ...] = (
    _Part(Aspect.TYPE, lambda item, _: item.type, keys=("type",)),
    _Part(Aspect.UNIT, lambda item, _: unit_words(item) or "no unit", keys=("unit", "units")),
    _Part(Aspect.DECIMALS, lambda item, _: "any" if item.decimals is None else str(item.decimals), keys=("decimals",)),
    _Part(Aspect.LENGTH, lambda item, _: f"at most {item.length} characters", keys=("length",)),
    _Part(Aspect.REQUIRED, lambda item, _: "required" if item.required else "optional", keys=("required",)),
    _Part(Aspect.ASKED, lambda item, _: _line(item.collect_when) or "always", keys=("collect_when",)),
    _Part(Aspect.COMPUTED, lambda item, side: _computed(item, side) or "entered", keys=("derive",)),
    _Part(Aspect.MISSING, lambda item, _: missing_words(item.missing), keys=("missing",)),
    _Part(Aspect.FUTURE, lambda item, _: "expected" if item.future else "queried", keys=("future",)),
    _Part(Aspect.HIDDEN, lambda item, _: ", ".join(item.hidden_from) or "nobody", keys=("hidden_from",)),
    _Part(Aspect.WORDING, lambda item, _: item.label, "label", keys=("label",)),
    _Part(Aspect.WORDING, lambda item, _: _line(item.help) or "none", "help", keys=("help",)),
    _Part(Aspect.WORDING, lambda item, _: _line(item.source) or "none", "source", keys=("source",)),
    _Part(Aspect.WORDING, lambda item, _: _line(item.to_confirm) or "nothing", "to be confirmed", keys=("to_confirm",)),
)
"""Every part of an item but its name, its ranges and its code list, which are compared below."""


def find_differences(before: FormSide, after: FormSide) -> tuple[Difference, ...]:
    """Every difference: of the form, of its items in the order of the newer version, of checks, numbers and SDTM."""
    return (
        *_of_form(before.form, after.form),
        *_of_items(before, after),
        *_of_checks(before, after),
        *_of_parameters(before, after),
        *_of_mappings(before.form, after.form),
    )


# The form itself and its items


def _of_form(before: Form, after: Form) -> Iterator[Difference]:
    old, new = _form_parts(before), _form_parts(after)
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, "none"), new.get(name, "none")
        if one != other:
            is_wording = name not in ("repeating", "rows belong to")
            what = f"{name} (wording only)" if is_wording else name
            yield Difference("form", Aspect.WORDING if is_wording else Aspect.FORM, what, one, other)
    shared = [name for name in before.item_names if after.item(name) is not None]
    now = [name for name in after.item_names if before.item(name) is not None]
    if shared != now:
        moved = [place for place, name in enumerate(shared) if name != now[place]]
        part = slice(moved[0], moved[-1] + 1)
        listed = ", ".join(shared[part]), ", ".join(now[part])
        yield Difference("form", Aspect.WORDING, "order of items (wording only)", *listed)


def _form_parts(form: Form) -> dict[str, str]:
    parts = {
        "title": form.title,
        "help": _line(form.help) or "none",
        "source": _line(form.source) or "none",
        "to be confirmed": " / ".join(form.to_confirm) or "nothing",
        "repeating": "any number of records per visit" if form.repeating else "one record per visit",
        "rows belong to": "a site" if form.reference else "a subject",
    }
    if form.instrument is not None:
        plain = form.instrument.model_dump(mode="json")
        parts |= {f"instrument, {key}": _line(str(value)) or "none" for key, value in plain.items()}
    return parts


def _of_items(before: FormSide, after: FormSide) -> Iterator[Difference]:
    for item in after.form.items:
        old = before.form.item(item.item)
        if old is None:
            words = type_words(item) + (", required" if item.required else "")
            yield Difference(item.item, Aspect.ADDED, "item added", "", words, (item.item,))
        else:
            yield from _of_item(old, item, before, after)
    for item in before.form.items:
        if after.form.item(item.item) is None:
            yield Difference(item.item, Aspect.REMOVED, "item removed", type_words(item), "", (item.item,))


def _of_item(old: Item, new: Item, before: FormSide, after: FormSide) -> Iterator[Difference]:
    about = (new.item,)
    for part in _PARTS:
        if all(getattr(old, key) == getattr(new, key) for key in part.keys):
            continue
        one, other = part.words(old, before), part.words(new, after)
        if one == other:  # counted otherwise and told alike: then the expressions tell them apart
            one, other = (", ".join(str(getattr(item, key)) for key in part.keys) for item in (old, new))
        yield Difference(new.item, part.aspect, part.what, one, other, about)
    yield from _of_range(Aspect.HARD, old, new, old.hard, new.hard)
    yield from _of_range(Aspect.SOFT, old, new, old.soft, new.soft)
    if old.codelist is not None and new.codelist is not None:
        yield from _of_codes(new, before.codelists.get(old.codelist), after.codelists.get(new.codelist))
        if old.codelist != new.codelist:
            yield Difference(
                new.item, Aspect.WORDING, "name of the list (wording only)", old.codelist, new.codelist, about
            )


def _of_range(
    aspect: Aspect, old: Item, new: Item, before: Interval | None, after: Interval | None
) -> Iterator[Difference]:
    if before != after:
        words = interval_words(before, old.unit) or "no limit", interval_words(after, new.unit) or "no limit"
        yield Difference(new.item, aspect, f"{aspect} {_moved(before, after)}", *words, (new.item,))


def _moved(before: Interval | None, after: Interval | None) -> str:
    if after is None or (before is not None and _holds(after, before)):
        return "widened"
    return "narrowed" if before is None or _holds(before, after) else "moved"


def _holds(outer: Interval, inner: Interval) -> bool:
    low = outer.low is None or (inner.low is not None and inner.low >= outer.low)
    return low and (outer.high is None or (inner.high is not None and inner.high <= outer.high))


def _of_codes(item: Item, before: CodeList | None, after: CodeList | None) -> Iterator[Difference]:
    old = {term.code: term for term in before.terms} if before else {}
    new = {term.code: term for term in after.terms} if after else {}
    gone = "; ".join(term_words(term) for code, term in old.items() if code not in new)
    come = "; ".join(term_words(term) for code, term in new.items() if code not in old)
    if gone:
        yield Difference(item.item, Aspect.CODES, "codes removed", gone, "", (item.item,))
    if come:
        yield Difference(item.item, Aspect.CODES, "codes added", "", come, (item.item,))
    shared = [code for code in old if code in new]
    if [code for code in new if code in old] != shared and before and after:
        what = "order of codes (wording only)"
        yield Difference(item.item, Aspect.WORDING, what, codes_words(before), codes_words(after), (item.item,))
    told = [(_spelled(old[code]), _spelled(new[code])) for code in shared if _spelled(old[code]) != _spelled(new[code])]
    if told:
        words = "; ".join(one for one, _ in told), "; ".join(other for _, other in told)
        yield Difference(item.item, Aspect.WORDING, "labels of codes (wording only)", *words, (item.item,))


def _spelled(term: Term) -> str:
    """A term with the other spellings that are taken for it."""
    return term_words(term) + (f" (also {', '.join(term.synonyms)})" if term.synonyms else "")


def _computed(item: Item, side: FormSide) -> str:
    return computed_words(side.form, item, prorates=side.prorates)


# Checks, the numbers of the protocol, SDTM


def _of_checks(before: FormSide, after: FormSide) -> Iterator[Difference]:
    """Checks that came, went or changed. One that is there on both sides may be set aside on one of them."""
    old, new = ({check.check: check for check in side.checks} for side in (before, after))
    for name in sorted({*old, *new}):
        one, two = old.get(name), new.get(name)
        if one is None and two is not None:
            reason = before.set_aside.get(name, "")
            what = "check back in force" if reason else "check added"
            yield Difference(name, Aspect.CHECK, what, reason, _check_words(two), _about(two), (name,))
        elif two is None and one is not None:
            reason = after.set_aside.get(name, "")
            what = "check set aside" if reason else "check removed"
            yield Difference(name, Aspect.CHECK, what, _check_words(one), reason, _about(one), (name,))
        elif one is not None and two is not None:
            yield from _of_check(one, two)


def _of_check(old: Check, new: Check) -> Iterator[Difference]:
    parts = (
        ("condition", old.in_short, new.in_short),
        ("severity", old.severity.value, new.severity.value),
        ("action", old.effective_action.value, new.effective_action.value),
        ("items", ", ".join(_about(old)), ", ".join(_about(new))),
        ("message (wording only)", old.message, new.message),
        ("source (wording only)", _line(old.source) or "none", _line(new.source) or "none"),
    )
    for what, before, after in parts:
        if before != after:
            is_wording = what.endswith("(wording only)")
            aspect = Aspect.WORDING if is_wording else Aspect.CHECK
            yield Difference(new.check, aspect, what, before, after, _about(new), () if is_wording else (new.check,))


def _check_words(check: Check) -> str:
    return f"{check.severity.value}, when {check.in_short}: {check.message}"


def _about(check: Check) -> tuple[str, ...]:
    """The items that a check speaks about: those it names, else those it reads."""
    return check.items or tuple(dict.fromkeys(_names_in(check.when or "", ItemName)))


def _of_parameters(before: FormSide, after: FormSide) -> Iterator[Difference]:
    """The numbers of the protocol that rules of the newer version read and that are not what they were."""
    read: dict[str, tuple[set[str], set[str]]] = {}
    for check in after.checks:
        for name in _names_in(check.when or "", ParameterName):
            items, checks = read.setdefault(name, (set(), set()))
            items.update(_about(check))
            checks.add(check.check)
    for item in after.form.items:
        for expression in filter(None, (item.collect_when, item.derive)):
            for name in _names_in(expression, ParameterName):
                read.setdefault(name, (set(), set()))[0].add(item.item)
    for name in sorted(read):
        one, two = before.parameters.get(name), after.parameters.get(name)
        if one is not None and two is not None and one != two:
            items, checks = read[name]
            about = tuple(sorted(items)), tuple(sorted(checks))
            yield Difference(f"P.{name}", Aspect.PARAMETER, "value", f"{one:f}", f"{two:f}", *about)


def _names_in(expression: str, kind: type[ItemName] | type[ParameterName]) -> Iterator[str]:
    """The items, or the parameters, that an expression reads; nothing for one that can not be read."""
    try:
        tree = parse(expression)
    except ExpressionError:
        return
    for node, _ in walk(tree):
        if isinstance(node, kind):
            yield node.item if isinstance(node, ItemName) else node.parameter


def _of_mappings(before: Form, after: Form) -> Iterator[Difference]:
    old, new = mapping_words(before.sdtm), mapping_words(after.sdtm)
    for where in dict.fromkeys((*old, *new)):
        one, two = old.get(where, ""), new.get(where, "")
        if one != two:
            what = f"SDTM mapping{' added' if not one else ' removed' if not two else ''}"
            yield Difference(where, Aspect.SDTM, what, one, two)


def _line(text: str | None) -> str:
    """A text on one line."""
    return " ".join((text or "").split())
