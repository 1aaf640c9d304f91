"""Which layouts the dates and times of a column are written in. What two layouts read differently is asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

DAY_FIRST = ("DD/MM/YYYY", "DD.MM.YYYY", "DD-MM-YYYY")
MONTH_FIRST = ("MM/DD/YYYY", "MM.DD.YYYY", "MM-DD-YYYY")
_PLAIN = ("YYYY-MM-DD", "DD-MON-YYYY", "DDMONYYYY", "DD MON YYYY", "DD/MON/YYYY", "YYYY/MM/DD", "YYYY")
_TIMES = ("HH:MI", "HH:MI:SS", "HH.MI", "HHMI")
_SHORT = ("DD/MM/(20)YY", "DD.MM.(20)YY", "DD-MM-(20)YY", "DD-MON-(20)YY", "MM/DD/(20)YY")

Fits = Callable[[str, str], bool]
"""Whether a text is read by a layout."""


@dataclass(frozen=True, slots=True)
class Layouts:
    """What the texts of a column say about how they are written.

    Attributes:
        layouts: the layouts that are certain.
        choices: layouts to choose from, each as a whole, where day and month could be either.
        open_texts: texts that no certain layout reads.
        reason: why, in words.
    """

    layouts: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]
    open_texts: tuple[str, ...]
    reason: str


def find_date_layouts(texts: Sequence[str], fits: Fits) -> Layouts:
    """The layouts of dates.

    A column is day first when one of its dates can only be so and none can only be month first. Years of two digits
    and the numbers of a spreadsheet are left open: nothing says their century or calendar.
    """
    plain = [layout for layout in _PLAIN if any(fits(text, layout) for text in texts)]
    rest = [text for text in texts if not any(fits(text, layout) for layout in plain)]
    day = [text for text in rest if _any(text, DAY_FIRST, fits)]
    month = [text for text in rest if _any(text, MONTH_FIRST, fits)]
    either = [text for text in day if text in month]
    only_day, only_month = set(day) - set(month), set(month) - set(day)
    left = tuple(text for text in rest if text not in day and text not in month)
    if only_day and not only_month:
        proof = sorted(only_day)[0]
        return Layouts((*plain, *_used(day, DAY_FIRST, fits)), (), left, f"{proof} can only be day first")
    if only_month and not only_day:
        proof = sorted(only_month)[0]
        return Layouts((*plain, *_used(month, MONTH_FIRST, fits)), (), left, f"{proof} can only be month first")
    if either or (only_day and only_month):
        first = (*plain, *_used(day, DAY_FIRST, fits))
        second = (*plain, *_used(month, MONTH_FIRST, fits))
        what = f"{(either or sorted(only_day))[0]} may be day first or month first"
        return Layouts((), (first, second), left, what)
    return Layouts(tuple(plain), (), left, "the layout that fits every date" if plain else "no layout fits")


def short_year_layouts(texts: Sequence[str], fits: Fits) -> tuple[str, ...]:
    """Layouts with years of this century that would read some of the texts, for a question."""
    return tuple(layout for layout in _SHORT if any(fits(text, layout) for text in texts))


def find_time_layouts(texts: Sequence[str], fits: Fits) -> Layouts:
    """The layouts of times of day: with a colon, a point, or four digits. None of them reads what another does."""
    layouts = tuple(layout for layout in _TIMES if any(fits(text, layout) for text in texts))
    left = tuple(text for text in texts if not _any(text, layouts, fits))
    return Layouts(layouts, (), left, "the layouts that fit every time" if layouts else "no layout fits")


def _any(text: str, layouts: Sequence[str], fits: Fits) -> bool:
    return any(fits(text, layout) for layout in layouts)


def _used(texts: Sequence[str], layouts: Sequence[str], fits: Fits) -> tuple[str, ...]:
    return tuple(layout for layout in layouts if any(fits(text, layout) for text in texts))
