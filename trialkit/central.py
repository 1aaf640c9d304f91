"""Statistics of whole sites, for central monitoring: what no single record shows. See the checks GL002 and GL003.

A finding of these is a reason to look, never a proof: rounded readings come from a wall-mounted device as well as from
an armchair. That is why few records say nothing at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from statistics import fmean

from trialkit.extension import RecordView, SiteCheck, SiteView
from trialkit.model.check import Examples

MOST_ENDING_IN_ZERO = 0.45
"""The largest share of readings that may end in 0. By chance it is a tenth, with a cuff read to 2 mmHg a fifth."""

FEWEST_READINGS = 20
"""How many readings it takes: of 20 honest ones of such a cuff 10 or more end in 0 at one site in 400."""

LEAST_VARIATION = 0.4
"""The smallest variation of a site, as a part of that at the other sites."""

FEWEST_SUBJECTS = 10
"""How many subjects it takes, at the site as well as elsewhere."""

FEWEST_DEGREES = 20
"""How many degrees of freedom it takes. With 20 an honest site falls below `LEAST_VARIATION` about once in 100 times,
with the 4 of five subjects at one visit about once in 5."""

_Moment = tuple[str, int, str]
"""A visit, its repeat, and a timepoint: scores are compared with those of the same moment of the trial."""


@dataclass(frozen=True, slots=True)
class _Spread:
    """Squared distances of numbers from their means, and how many of the numbers were free to vary."""

    squares: float = 0.0
    degrees: int = 0

    def __add__(self, other: _Spread) -> _Spread:
        return _Spread(self.squares + other.squares, self.degrees + other.degrees)


def has_digit_preference(view: SiteView) -> bool | None:
    """Whether too many systolic readings of a site end in 0; None while there are fewer than `FEWEST_READINGS`."""
    readings = [number for form in ("VS", "TM") for number in _numbers(view.rows.get(form, ()), "SYSBP")]
    if len(readings) < FEWEST_READINGS:
        return None
    return sum(reading % 10 == 0 for reading in readings) / len(readings) > MOST_ENDING_IN_ZERO


def has_little_variation(view: SiteView) -> bool | None:
    """Whether MADRS totals vary far less between the subjects of a site than between those of each other site.

    Totals of the same visit are compared, since they fall from visit to visit and sites begin at different times. None
    while the site, or the others together, have too few subjects or ratings, and when nothing varies elsewhere.
    """
    here, elsewhere = view.rows.get("MADRS", ()), view.others.get("MADRS", ())
    if min(_count_subjects(here), _count_subjects(elsewhere)) < FEWEST_SUBJECTS:
        return None
    own, others = _spread_by_moment(here), _spread_by_moment(elsewhere)
    shared = [moment for moment in own if others.get(moment, _Spread()).degrees >= FEWEST_SUBJECTS - 1]
    found = sum((own[moment] for moment in shared), _Spread())
    expected = sum(own[moment].degrees * others[moment].squares / others[moment].degrees for moment in shared)
    if found.degrees < FEWEST_DEGREES or expected == 0:
        return None
    return found.squares / expected < LEAST_VARIATION


def _numbers(rows: Iterable[RecordView], item: str) -> Iterator[Decimal]:
    return (number for row in rows if isinstance(number := row.values.get(item), Decimal))


def _count_subjects(rows: Sequence[RecordView]) -> int:
    return len({row.key.subject for row in rows if row.values.get("TOTAL") is not None})


def _spread_by_moment(rows: Sequence[RecordView]) -> dict[_Moment, _Spread]:
    """The spread at each moment, around the mean of each site: sites may differ in how ill their subjects are."""
    groups: dict[tuple[_Moment, str], list[RecordView]] = {}
    for row in rows:
        moment = row.key.visit, row.key.visit_repeat, row.key.timepoint
        groups.setdefault((moment, row.key.site), []).append(row)
    spreads: dict[_Moment, _Spread] = {}
    for (moment, _), group in groups.items():
        spreads[moment] = spreads.get(moment, _Spread()) + _spread_of([float(one) for one in _numbers(group, "TOTAL")])
    return spreads


def _spread_of(numbers: Sequence[float]) -> _Spread:
    if len(numbers) < 2:  # a single number has no distance from its mean
        return _Spread()
    mean = fmean(numbers)
    return _Spread(sum((number - mean) ** 2 for number in numbers), len(numbers) - 1)


def _readings(*numbers: int) -> str:
    return " | ".join(f"V0 VS SYSBP={number}" for number in numbers)


def _ratings(here: Iterable[int], elsewhere: Iterable[int]) -> str:
    others = [f"V0 MADRS TOTAL={total} site=B" for total in elsewhere]
    return " | ".join([*others, *(f"V0 MADRS TOTAL={total} site=A" for total in here)])


_SPREAD_OUT = [20, 24, 28, 32, 36, 40, 44] * 3
_CLOSE = [30, 31, 32] * 7

SITE_CHECKS: tuple[SiteCheck, ...] = (
    SiteCheck(
        check="GL002",
        form="VS",
        items=("SYSBP",),
        message=(
            "More than 45 % of the systolic readings of this site end in 0 (central monitoring): "
            "ask with which device, and how, blood pressure is read."
        ),
        fires=has_digit_preference,
        reads=("TM",),
        source=(
            "Syst-Eur (Blood Press Monit 2002;7:169-77): 42 % of the readings ended in 0 before sites were told, "
            "22 to 32 % afterwards"
        ),
        examples=Examples(
            fires=(_readings(*[120] * 10, *range(121, 130), 132),),
            quiet=(_readings(*[120] * 9, *range(121, 130), 131, 132),),
            missing=(_readings(120, 130, 140), _readings(*[120] * 19), f"{_readings(*[120] * 19)} | V0 VS VSPERF=N"),
        ),
    ),
    SiteCheck(
        check="GL003",
        form="MADRS",
        items=("TOTAL",),
        message=(
            "Too little variation in MADRS at this site, compared with the same visits at the other sites (central "
            "monitoring): look at the ratings, and at who rates."
        ),
        fires=has_little_variation,
        source="Variation of centres: Venet 2012 (Clin Trials 9:705-13); the limit of 0.4 is a choice of the house",
        examples=Examples(
            fires=(_ratings(_CLOSE, _SPREAD_OUT),),
            quiet=(_ratings(_SPREAD_OUT, _SPREAD_OUT), _ratings(_SPREAD_OUT, _CLOSE)),
            missing=(_ratings(_CLOSE[:3], _SPREAD_OUT), _ratings(_CLOSE, _SPREAD_OUT[:3]), _ratings(_CLOSE, ())),
        ),
    ),
)
"""The checks of a whole site that the house hands in."""
