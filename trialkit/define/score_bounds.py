"""The answers of an instrument in, the lowest and the highest score that they allow out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_HALF_UP, Decimal

from trialkit.define.claims import Claim
from trialkit.errors import Problem
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.score import Method, Score

Bounds = tuple[Decimal, Decimal]
"""The lowest and the highest number that can come out."""


def are_numbers(codes: Iterable[str]) -> bool:
    """Whether every code is a plain number."""
    return all(code.removeprefix("-").replace(".", "", 1).isdecimal() for code in codes)


def check_score_ranges(claim: Claim[Form], codelists: Mapping[str, Claim[CodeList]]) -> Iterator[Problem]:
    """Stated ranges that the answers do not allow, where every answer has a lowest and a highest number."""
    bounds = {item.item: _bounds_of_item(item, codelists) for item in claim.thing.items}
    for place, score in enumerate(claim.thing.scores):
        found = bounds[score.score] = _bounds_of_score(score, bounds)
        if found is None or score.range is None:
            continue
        low, high = (number.quantize(Decimal(1).scaleb(-score.decimals), ROUND_HALF_UP) for number in found)
        if (score.range.low, score.range.high) != (low, high):
            message = f"score {score.score} goes from {low:f} to {high:f} by its answers, and its range says otherwise"
            yield claim.problem(("scores", place, "range"), "D139", message, f"Write {low:f}..{high:f}.")


def _bounds_of_item(item: Item, codelists: Mapping[str, Claim[CodeList]]) -> Bounds | None:
    if item.hard is not None and item.hard.low is not None and item.hard.high is not None:
        return item.hard.low, item.hard.high
    codelist = codelists.get(item.codelist or "")
    if codelist is None or not are_numbers(codelist.thing.codes):
        return None
    numbers = [Decimal(code) for code in codelist.thing.codes]
    return min(numbers), max(numbers)


def _bounds_of_score(score: Score, bounds: Mapping[str, Bounds | None]) -> Bounds | None:
    points = tuple(score.points.values())
    found = [(min(points), max(points)) if points else bounds.get(name) for name in score.of]
    parts = [part for part in found if part is not None]
    if len(parts) < len(found):
        return None
    lows, highs = [low for low, _ in parts], [high for _, high in parts]
    ends = {
        Method.SUM: (sum(lows, Decimal(0)), sum(highs, Decimal(0))),
        Method.MEAN: (sum(lows, Decimal(0)) / len(parts), sum(highs, Decimal(0)) / len(parts)),
        Method.MAX: (max(lows), max(highs)),
        Method.COUNT: (Decimal(0), Decimal(len(parts))),
    }
    low, high = ends[score.method]
    return low * score.times, high * score.times
