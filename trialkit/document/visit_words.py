"""Days, windows and modes of a protocol in the short words of a table's header. Knows no layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from trialkit.model.interval import Interval
from trialkit.model.protocol import Timepoint, Visit

__all__ = ["day_words", "minutes_words", "mode_legend", "run_words", "short_modes", "signed", "window_words"]


def day_words(visit: Visit) -> str:
    """The planned study day: ``8``, ``-28 to -2``, ``last dose +7``; empty without a target."""
    if visit.day is not None:
        return str(visit.day)
    if visit.days_after_last_dose is not None:
        return f"last dose {signed(visit.days_after_last_dose)}"
    return "" if visit.days is None else visit.days.in_words()


def window_words(window: Interval | None) -> str:
    """An allowed deviation: ``±1``, ``-1/+2``, ``0`` for none at all; empty where nothing is said."""
    if window is None:
        return ""
    low, high = window.low, window.high
    if low is None or high is None:
        return f"to {signed(high)}" if high is not None else f"from {signed(low or 0)}"
    if low == high:
        return signed(low)
    return f"±{high}" if low == -high else f"{signed(low)}/{signed(high)}"


def minutes_words(point: Timepoint) -> str:
    """The nominal minutes: ``-30``, ``0``, ``+40``; empty where nothing is said."""
    return "" if point.minutes is None else signed(point.minutes)


def signed(number: Decimal | int) -> str:
    """A number with its sign; none before 0."""
    return f"+{number}" if number > 0 else str(number)


def short_modes(modes: Iterable[str]) -> Mapping[str, str]:
    """Each mode in as few letters as tell its words apart from all others: ``HOME+VIDEO`` is ``H+V``."""
    known = sorted(set(modes))
    words = sorted({word for mode in known for word in mode.split("+")})
    short = {word: _shortest(word, words) for word in words}
    return {mode: "+".join(short[word] for word in mode.split("+")) for mode in known}


def mode_legend(modes: Iterable[str]) -> str:
    """What short modes mean: ``C clinic, V video``."""
    words = {word for mode in modes for word in mode.split("+") if word}
    return ", ".join(f"{short} {word.lower()}" for word, short in short_modes(words).items())


def run_words(names: Sequence[str], order: Sequence[str]) -> str:
    """Names in words, three or more neighbours drawn together: ``V1, V3–V7``."""
    places = sorted(order.index(name) for name in names)
    runs: list[list[int]] = []
    for place in places:
        if runs and place == runs[-1][-1] + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    words = []
    for run in runs:
        if len(run) > 2:
            words.append(f"{order[run[0]]}–{order[run[-1]]}")
        else:
            words += [order[place] for place in run]
    return ", ".join(words)


def _shortest(word: str, words: Iterable[str]) -> str:
    others = [other for other in words if other != word]
    for length in range(1, len(word)):
        if not any(other.startswith(word[:length]) for other in others):
            return word[:length]
    return word
