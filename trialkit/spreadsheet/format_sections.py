"""The sections of a format code: what each of them makes of a number, or of a text.

A code as it stands in the file goes in, cut at its semicolons. One pass over the code, in linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from operator import eq, ge, gt, le, lt, ne
from typing import Literal

Clock = Literal["", "date", "date-time", "time", "duration"]
"""What a format makes of a number: nothing, or a moment of one of four kinds."""

Shown = Literal["", "nothing", "words", "sign", "scaled"]
"""What a person sees: the number itself, nothing, words for it, a sign such as < before it, or thousands of it."""

Condition = tuple[str, Decimal]
"""A comparison and what a number is compared with."""

_COMPARE = {"<": lt, "<=": le, ">": gt, ">=": ge, "=": eq, "<>": ne}
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=) *([+-]?[0-9]{1,40}(?:\.[0-9]{0,40})?(?:e[+-]?[0-9]{1,4})?)", re.ASCII)
_ELAPSED = re.compile(r"h+|m+|s+")
_PLACE = re.compile(r"[0#?@G]")
_SCALED = re.compile(r"[0#?],+(?![,0#?])")
_GROUPED = re.compile(r"[0#?G@]+(?:[BT][0#?]{3})*")
_LONE_DASH = re.compile(r"(?:^|[^\w])[-\u2013\u2014](?:[^\w]|$)")
_COMPARING = re.compile("[<>\u2264\u2265\u2266\u2267\u226a\u226b\uff1c\uff1e~\u223c\u2248\u00b1]")
_OF_THOUSANDS = re.compile("['\u2019.,\u00b7]")
_MARKS = "0#?.,%/@"


@dataclass(frozen=True, slots=True)
class Section:
    """What a section of a format code does.

    Attributes:
        clock: which kind of moment it shows, or empty.
        is_percent: whether it shows the number times hundred.
        zeros: to how many digits it pads whole numbers with zeros; 0 when it does not.
        is_mask: whether it puts characters among or before the digits, as identifiers have them: ``000-0000``.
        shown: what a person sees.
    """

    clock: Clock = ""
    is_percent: bool = False
    zeros: int = 0
    is_mask: bool = False
    shown: Shown = ""


PLAIN = Section()
"""Shows a number as it is."""


@dataclass(frozen=True, slots=True)
class CutSection:
    """A section, its condition if it names one, and whether it is made for texts."""

    section: Section
    condition: Condition | None
    is_for_text: bool


def holds(condition: Condition | None, number: Decimal) -> bool:
    """Whether a condition holds for a number; none holds always."""
    return condition is None or bool(_COMPARE[condition[0]](number, condition[1]))


def cut_sections(code: str) -> list[CutSection]:
    """The sections of a format code in their order; at least one."""
    cut: list[list[tuple[str, str]]] = [[]]
    for kind, text in _tokens(code):
        if kind == "end":
            cut.append([])
        else:
            cut[-1].append((kind, text))
    return list(map(_read, cut))


def _tokens(code: str) -> Iterator[tuple[str, str]]:
    """What stands in brackets, what is shown as it stands, and other characters, in small letters.

    What is left blank as wide as a character counts as a blank, and what fills a cell as the character it is filled
    with. Behind a quotation mark or bracket that is never closed nothing is read.
    """
    place = 0
    while place < len(code):
        char = code[place]
        if char in '"[':
            end = code.find('"' if char == '"' else "]", place + 1)
            if end < 0:
                yield "bracket", ""
                return
            inside = code[place + 1 : end]
            yield ("bracket", inside.lower()) if char == "[" else ("literal", inside)
            place = end + 1
        elif char in "\\_*":
            yield "literal", " " if char == "_" else code[place + 1 : place + 2]
            place += 2
        else:
            yield ("end", "") if char == ";" else ("char", char.lower())
            place += 1


def _read(tokens: Sequence[tuple[str, str]]) -> CutSection:
    letters: list[str] = []
    literals: list[str] = []
    plan: list[str] = []
    condition: Condition | None = None
    elapsed = has_other = False
    for kind, text in tokens:
        if kind == "literal":
            literals.append(text)
            plan.append(_symbol(text))
        elif kind == "char":
            letters.append(text)
            is_meant = text in _MARKS or text.isalpha()
            literals.append("" if is_meant else text)
            plan.append(text if is_meant else _symbol(text))
        elif _ELAPSED.fullmatch(text):
            elapsed = True
            letters.append(text)
        elif found := _CONDITION.fullmatch(text):
            condition = found[1], Decimal(found[2])
        elif text.startswith("$"):
            literals.append(text[1:].partition("-")[0])
            plan.append(_symbol(literals[-1], is_currency=True))
        else:
            has_other = True
    joined = "".join(plan).replace("general", "G")
    section = _section("".join(letters), joined, "".join(literals), elapsed=elapsed)
    if has_other and not joined and not section.clock:  # a colour alone; programs do not agree on what it shows
        section = PLAIN
    return CutSection(section, condition, "@" in joined)


def _symbol(text: str, *, is_currency: bool = False) -> str:
    """What is shown as it stands, as one capital letter for its kind; empty for nothing."""
    if not text.strip():
        return "B" if text else ""
    if _COMPARING.search(text):
        return "S"
    if not is_currency and (text[0].isdecimal() or text[-1].isdecimal()):
        return "N"
    if not is_currency and any(map(str.isalnum, text)):
        return "W"
    return "T" if _OF_THOUSANDS.fullmatch(text) else "O"


def _section(letters: str, plan: str, literals: str, *, elapsed: bool) -> Section:
    clock = "" if "G" in plan else _clock(letters, elapsed=elapsed)
    if clock:
        return Section(clock)
    is_percent = "%" in plan
    first = _PLACE.search(plan)
    if first is None:
        return Section(is_percent=is_percent, shown=_shown_without_digits(plan, literals))
    before = plan[: first.start()]
    shown: Shown = "sign" if "S" in before else "scaled" if _SCALED.search(plan) else ""
    if is_percent or shown or any(mark in plan for mark in "./") or re.search("eO", plan):
        return Section(is_percent=is_percent, shown=shown)
    last = max(place for place, mark in enumerate(plan) if mark in "0#?@G")
    digits = plan[first.start() : last + 1].replace(",", "")
    zeros = digits.count("0")
    zeros = zeros if zeros > 1 else 0
    touches = before.endswith("N") or plan[last + 1 :].startswith("N")
    is_mask = _GROUPED.fullmatch(digits) is None or touches or (zeros > 0 and re.search("[WN]", before) is not None)
    return Section(zeros=zeros, is_mask=is_mask)


def _shown_without_digits(plan: str, literals: str) -> Shown:
    """What a section without places for digits shows. A dash in their place is how accounts write zero."""
    if not literals.strip():
        return "" if plan.strip("B") else "nothing"
    return "" if _LONE_DASH.search(literals) else "words"


def _clock(letters: str, *, elapsed: bool) -> Clock:
    plain = letters.replace("am/pm", "h").replace("a/p", "h")
    has_time = "h" in plain or "s" in plain
    if elapsed:
        return "duration"
    if "y" in plain or "d" in plain or ("m" in plain and not has_time) or _has_far_eastern_day(plain):
        return "date-time" if has_time else "date"
    return "time" if has_time else ""


def _has_far_eastern_day(plain: str) -> bool:
    """Whether there are letters of eras (g), years of them (e), Buddhist years (b) or days of the week (aaa).

    Beside digits these letters mean something else: ``0.00E+00``.
    """
    return not any(mark in plain for mark in "0#?") and ("aaa" in plain or any(letter in plain for letter in "geb"))
