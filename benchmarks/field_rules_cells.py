"""What stands in the cells of the benchmark of field rules: texts that are right, and texts that break a rule."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import timedelta

from field_rules_form import CODELISTS, TODAY

from trialkit.model.item import Item

_NO_NUMBERS = ("abc", "12O", "n.d.", "<5", "1,5", "5 mg", "NaN", "", "--")
_NO_DATES = ("2026-02-30", "31.03.2026", "2025-13-01", "yesterday", "2026-3-1", "0000-00-00")
_NO_CLOCKS = ("25:10", "9h30", "09:60", "9:5", "noon", "24:60")

Texts = dict[str | None, list[str | None]]
"""By unit, None for none."""


def texts_of(item: Item) -> tuple[Texts, Texts]:
    """Texts that are right and texts that are not, in each unit that the item takes."""
    dice = random.Random(item.item)  # data are to be the same every time
    if item.hard is not None:
        return _numbers(item, dice)
    good, bad = _MAKERS[item.type](item, dice)
    blanks: list[str | None] = [None] * (len(bad) // 8) if item.required else []
    return {None: good}, {None: [*bad, *blanks]}


def _numbers(item: Item, dice: random.Random) -> tuple[Texts, Texts]:
    low, high = (float(end) for end in (item.hard.low, item.hard.high))
    soft_low, soft_high = (float(end) for end in ((item.soft or item.hard).low, (item.soft or item.hard).high))
    step = 10.0 ** -(item.decimals or 0)
    good = [dice.uniform(soft_low + step, soft_high - step) for _ in range(500)]
    beyond = [dice.choice((low - 1 - dice.random() * low, high + 1 + dice.random() * high)) for _ in range(1_000)]
    unusual = [dice.choice((dice.uniform(low, soft_low), dice.uniform(soft_high, high))) for _ in range(500)]
    bad = beyond + (unusual if item.soft else [])
    blanks: list[str | None] = [None] * 100 if item.required else []
    places = item.decimals or 0
    units = item.units or (item.unit,)
    return (
        {unit: [f"{_given(number, unit):.{places}f}" for number in good] for unit in units},
        {
            unit: [*(f"{_given(number, unit):.{places}f}" for number in bad), *_NO_NUMBERS * 20, *blanks]
            for unit in units
        },
    )


def _given(number: float, unit: str | None) -> float:
    """A number in the standard unit as it is given in another."""
    return {"LB": lambda: number / 0.45359237, "F": lambda: number * 9 / 5 + 32}.get(unit or "", lambda: number)()


def _dates(_item: Item, dice: random.Random) -> tuple[list[str | None], list[str | None]]:
    days = [TODAY - timedelta(days=dice.randrange(1, 1_000)) for _ in range(1_000)]
    later = [TODAY + timedelta(days=dice.randrange(2, 4_000)) for _ in range(300)]
    return [str(day) for day in days], [*map(str, later), *_NO_DATES * 10]


def _partial_dates(item: Item, dice: random.Random) -> tuple[list[str | None], list[str | None]]:
    good, bad = _dates(item, dice)
    return [*good[:300], *(str(day)[:7] for day in good[:100]), "2024", "2025", *[None] * 600], bad


def _date_times(item: Item, dice: random.Random) -> tuple[list[str | None], list[str | None]]:
    good, bad = _dates(item, dice)
    return [f"{day}T{_clock(dice)}" for day in good], [f"{day}T{_clock(dice)}" for day in bad]


def _clocks(_item: Item, dice: random.Random) -> tuple[list[str | None], list[str | None]]:
    return [_clock(dice) for _ in range(1_000)], list(_NO_CLOCKS)


def _clock(dice: random.Random) -> str:
    return f"{dice.randrange(24):02d}:{dice.randrange(60):02d}"


def _code(item: Item, _dice: random.Random) -> tuple[list[str | None], list[str | None]]:
    codes = CODELISTS[item.codelist or ""]
    return list(codes), ["?", "yes", "OTHER", *(code.lower() + "." for code in codes)]


def _codes(item: Item, dice: random.Random) -> tuple[list[str | None], list[str | None]]:
    codes = CODELISTS[item.codelist or ""]
    several = [";".join(sorted(dice.sample(codes, dice.randrange(1, 4)), key=codes.index)) for _ in range(200)]
    return [*several, *[None] * 100], ["FEVER", "NAUSEA;FEVER", "DIZZY, HEADACHE", "NONE;;NAUSEA", "nausea"]


def _texts(_item: Item, dice: random.Random) -> tuple[list[str | None], list[str | None]]:
    written = [f"as agreed with the site, see note {dice.randrange(100_000)}" for _ in range(500)]
    return [*written, *[None] * 500], list(written)


_MAKERS: dict[str, Callable[[Item, random.Random], tuple[list[str | None], list[str | None]]]] = {
    "date": _dates,
    "partial-date": _partial_dates,
    "datetime": _date_times,
    "time": _clocks,
    "code": _code,
    "codes": _codes,
    "text": _texts,
}
