"""Statistics of whole sites: when they fire, when they are quiet, and that few records say nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.central import (
    FEWEST_READINGS,
    FEWEST_SUBJECTS,
    SITE_CHECKS,
    has_digit_preference,
    has_little_variation,
)
from trialkit.extension import RecordView, SiteCheck, SiteView
from trialkit.model.example import parse_example
from trialkit.model.form import Form
from trialkit.model.record import RecordKey

FORM = Form.model_validate(
    {"form": "VS", "title": "Vital signs", "items": [{"item": "A", "label": "A", "type": "text"}]}
)
CLOSE, SPREAD = [30, 31, 32] * 7, [20, 30, 40] * 7
Rated = Mapping[str, Iterable[int]]


def row(form: str, values: Mapping[str, int], *, subject: str = "1", site: str = "A", visit: str = "V0") -> RecordView:
    key = RecordKey(site, f"{site}-{subject}", visit, 1, form)
    return RecordView(key, {item: Decimal(number) for item, number in values.items()}, date(2024, 6, 1), FORM)


def readings(numbers: Iterable[int], form: str = "VS") -> SiteView:
    rows = [row(form, {"SYSBP": number}, subject=str(place)) for place, number in enumerate(numbers)]
    return SiteView("A", {form: rows}, {})


def ratings(here: Rated, *elsewhere: Rated) -> SiteView:
    """Totals by visit at the site, and at other sites; the first total of each visit is that of the same subject."""

    def rows(site: str, rated: Rated) -> list[RecordView]:
        return [
            row("MADRS", {"TOTAL": total}, subject=str(place), site=site, visit=visit)
            for visit, totals in rated.items()
            for place, total in enumerate(totals)
        ]

    others = [one for place, rated in enumerate(elsewhere) for one in rows(f"B{place}", rated)]
    return SiteView("A", {"MADRS": rows("A", here)}, {"MADRS": others})


def test_digit_preference_when_ten_of_twenty_end_in_zero_then_it_fires() -> None:
    assert has_digit_preference(readings([120, 130] * 5 + [121, 132] * 5)) is True


def test_digit_preference_when_exactly_the_limit_ends_in_zero_then_it_is_quiet() -> None:
    assert has_digit_preference(readings([120] * 9 + [121] * 11)) is False


@given(st.lists(st.integers(60, 260), max_size=FEWEST_READINGS - 1))
def test_digit_preference_when_readings_are_few_then_nothing_is_said(numbers: list[int]) -> None:
    assert has_digit_preference(readings(numbers)) is None


def test_digit_preference_when_readings_stand_on_two_forms_then_they_count_together() -> None:
    both = SiteView("A", {**readings([120] * 10).rows, **readings([121] * 10, "TM").rows}, {})
    assert has_digit_preference(both) is True


def test_variation_when_totals_are_much_closer_than_elsewhere_then_it_fires() -> None:
    assert has_little_variation(ratings({"V0": CLOSE}, {"V0": SPREAD})) is True


def test_variation_when_it_is_as_elsewhere_then_it_is_quiet() -> None:
    assert has_little_variation(ratings({"V0": SPREAD}, {"V0": SPREAD})) is False


def test_variation_when_only_the_site_has_later_visits_then_their_change_is_not_taken_for_variation() -> None:
    here = {"V0": CLOSE, "V1": [total - 20 for total in CLOSE]}
    assert has_little_variation(ratings(here, {"V0": SPREAD})) is True


def test_variation_when_the_site_has_screening_alone_then_it_is_compared_with_screening() -> None:
    elsewhere = {"V0": CLOSE, "V1": [5, 45] * 10}
    assert has_little_variation(ratings({"V0": CLOSE}, elsewhere)) is False


def test_variation_when_other_sites_differ_in_their_means_then_that_is_not_variation() -> None:
    higher = [total + 25 for total in CLOSE]
    assert has_little_variation(ratings({"V0": CLOSE}, {"V0": CLOSE}, {"V0": higher})) is False


@given(st.lists(st.integers(0, 60), max_size=FEWEST_SUBJECTS - 1))
def test_variation_when_subjects_are_few_then_nothing_is_said(totals: list[int]) -> None:
    many_visits = {f"V{number}": totals for number in range(8)}
    assert has_little_variation(ratings(many_visits, {"V0": SPREAD})) is None
    assert has_little_variation(ratings({"V0": SPREAD}, many_visits)) is None


def test_variation_when_nothing_varies_elsewhere_then_nothing_is_said() -> None:
    assert has_little_variation(ratings({"V0": SPREAD}, {"V0": [30] * 20})) is None


def test_variation_when_no_visit_is_shared_then_nothing_is_said() -> None:
    assert has_little_variation(ratings({"V0": CLOSE}, {"V1": SPREAD})) is None


@pytest.mark.parametrize("check", SITE_CHECKS, ids=lambda check: check.check)
def test_examples_when_they_are_asked_then_they_say_what_they_are_listed_under(check: SiteCheck) -> None:
    for answer, texts in ((True, check.examples.fires), (False, check.examples.quiet), (None, check.examples.missing)):
        assert texts
        assert [check.fires(example_view(text)) for text in texts] == [answer] * len(texts)


def example_view(text: str) -> SiteView:
    """The records of an example as a site check sees them: each one of another subject."""
    rows: dict[str, dict[str, list[RecordView]]] = {"A": {}, "B": {}}
    for place, record in enumerate(parse_example(text).records):
        site = record.site or "A"
        numbers = {item: int(given) for item, given in record.values.items() if given.isdigit()}
        made = row(record.form, numbers, subject=str(place), site=site, visit=record.visit)
        rows[site].setdefault(record.form, []).append(made)
    return SiteView("A", rows["A"], rows["B"])
