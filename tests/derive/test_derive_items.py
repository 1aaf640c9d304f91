"""Derived items: in the order of need, rounded half up, missing with what they need, and never a crash."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trialkit.derive import canonical_text, derive_items, plan_derivations
from trialkit.extension import Derivation, ItemType, RecordView
from trialkit.language import record_row
from trialkit.model.codelist import CodeList, Term
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol, ScheduledForm, Visit
from trialkit.model.record import RecordKey, Value
from trialkit.model.study import Contribution, Site, Study, StudyDefinition
from trialkit.normalise import HOUSE_TYPES

KEY = RecordKey("012", "012-0007", "V1", 1, "VS")
TODAY = date(2026, 3, 31)
TYPES = {found.name: found for found in HOUSE_TYPES}
A, B = Item(item="A", label="A", type="decimal"), Item(item="B", label="B", type="decimal")


def _fail(*_: Typed) -> Typed:
    raise ValueError("120")


FUNCTIONS = {"fail": Function("fail", (Kind.NUMBER,), Kind.NUMBER, _fail)}


def _derived(name: str, derive: str, kind: str = "decimal", decimals: int | None = None, **more: object) -> Item:
    return Item.model_validate(
        {"item": name, "label": name, "type": kind, "decimals": decimals, "derive": derive, **more}
    )


def _study(items: Sequence[Item]) -> Study:
    form = Form(form="VS", title="Vital signs", items=tuple(items))
    visit = Visit(visit="V1", label="Visit", number=Decimal(1), forms=(ScheduledForm(form="VS"),))
    return Study(
        definition=StudyDefinition(study="S", title="S", protocol="p", sites=(Site(site="012"),)),
        protocol=Protocol(protocol="p", title="P", visits=(visit,)),
        forms={"VS": form},
        codelists={"NY": CodeList(codelist="NY", terms=(Term(code="N", label="No"), Term(code="Y", label="Yes")))},
        checks={},
        units=(),
        origins={"form:VS": Contribution("iv", "1")},
        digest="",
    )


def _derive(
    values: Mapping[str, Value],
    *items: Item,
    derivations: Sequence[Derivation] = (),
    types: Mapping[str, ItemType] = TYPES,
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    study = _study([A, B, *items])
    handed_in = [(found, Contribution("own", "1")) for found in derivations]
    steps = plan_derivations(study.forms["VS"], study, types, FUNCTIONS, handed_in)
    typed = {name: found.typed for name, found in types.items()}
    return derive_items(
        steps,
        KEY,
        values,
        lambda standing: record_row(KEY, standing, study.forms["VS"], study.protocol, study.units, typed, TODAY),
    )


def _text(given: Mapping[str, str], *items: Item) -> str | None:
    """The text of the last item, which must be derived without a finding."""
    made, findings = _derive({name: Value(text) for name, text in given.items()}, *items)
    assert findings == ()
    value = made[items[-1].item]
    return None if value is None else value.text


@pytest.mark.parametrize(
    ("given", "derive", "kind", "decimals", "expected"),
    [
        ({"A": "1", "B": "8"}, "A / B", "decimal", 2, "0.13"),
        ({"A": "-1", "B": "8"}, "A / B", "decimal", 2, "-0.13"),
        ({"A": "2.5"}, "A", "integer", None, "3"),
        ({"A": "3.5"}, "A", "integer", None, "4"),
        ({"A": "-2.5"}, "A", "integer", None, "-3"),
        ({"A": "2"}, "A", "decimal", 2, "2.00"),
        ({"A": "0.5", "B": "0.50"}, "A + B", "decimal", None, "1.00"),
        ({"A": "-0.04"}, "A", "decimal", 1, "0.0"),
        ({"A": "0.0000001"}, "A", "decimal", None, "0.0000001"),
        ({"A": "1" + "0" * 39}, "A / 4", "decimal", 1, "25" + "0" * 37 + ".0"),
        ({"A": "1"}, "A / 0", "decimal", 1, None),
        ({"A": "1"}, "A + B", "decimal", 1, None),
        ({"A": "1"}, 'if(A = 1, "Yes")', "code", None, "Y"),
        ({"A": "2"}, 'if(A = 1, "Y", "N")', "code", None, "N"),
        ({"A": "2"}, 'if(A = 1, "Y")', "code", None, None),
        ({"A": "1"}, "today()", "date", None, "2026-03-31"),
    ],
)
def test_item_when_it_is_computed_then_rounded_half_up_or_missing(
    given: Mapping[str, str], derive: str, kind: str, decimals: int | None, expected: str | None
) -> None:
    codelist = {"codelist": "NY"} if kind == "code" else {}
    assert _text(given, _derived("C", derive, kind, decimals, **codelist)) == expected


def test_item_when_what_it_needs_is_missing_with_a_reason_then_missing() -> None:
    made, findings = _derive({"A": Value(missing=MissingReason.NOT_DONE)}, _derived("C", "A * 2"))
    assert (made, findings) == ({"C": None}, ())


def test_items_when_one_needs_another_then_in_the_order_of_need() -> None:
    chain = [_derived("E", "D * 2"), _derived("D", "C + 1"), _derived("C", "A * 10")]
    made, findings = _derive({"A": Value("1")}, *chain)
    assert findings == ()
    assert {name: value.text for name, value in made.items() if value} == {"C": "10", "D": "11", "E": "22"}


def test_item_when_it_has_a_unit_then_its_value_carries_it() -> None:
    made, _ = _derive({"A": Value("1")}, _derived("C", "A", unit="kg"))
    assert made["C"] == Value("1", unit="kg")


def test_item_when_its_function_raises_then_not_evaluated_and_the_others_go_on() -> None:
    made, (finding,) = _derive({"A": Value("1")}, _derived("C", "fail(A)"), _derived("D", "A + 1"))
    assert (made["C"], made["D"]) == (None, Value("2"))
    assert (finding.code, finding.item, finding.evaluated, finding.is_hard) == ("V302", "C", False, False)
    assert (finding.message, finding.plugin) == ("C was not computed: fail could not be evaluated.", "iv")


def test_item_when_its_result_is_no_code_of_its_list_then_it_is_no_result() -> None:
    made, (finding,) = _derive({"A": Value("1")}, _derived("C", 'concat("M", text(A))', "code", codelist="NY"))
    assert made["C"] is None
    assert finding.message == "C was not computed: its result is not in the list NY."


def _python(item: str, compute: Callable[[RecordView], object]) -> Derivation:
    return Derivation("VS", item, compute)  # type: ignore[arg-type]  # broken ones, too


def test_python_derivation_when_it_computes_then_its_text_is_the_value() -> None:
    seen: list[RecordView] = []

    def double(view: RecordView) -> str | None:
        seen.append(view)
        number = view.values["A"]
        return str(number * 2) if isinstance(number, Decimal) else None

    item = _derived("C", "python")
    made, findings = _derive({"A": Value("2.50")}, item, derivations=[_python("C", double)])
    assert (made, findings) == ({"C": Value("5.00")}, ())
    assert (seen[0].key, seen[0].today, seen[0].form.form) == (KEY, TODAY, "VS")
    assert _derive({}, item, derivations=[_python("C", double)]) == ({"C": None}, ())


def test_python_derivation_when_it_reads_a_computed_item_then_that_comes_first() -> None:
    items = [_derived("C", "python"), _derived("D", "C + 1"), _derived("E", "A * 10")]
    made, findings = _derive({"A": Value("1")}, *items, derivations=[_python("C", lambda view: str(view.values["E"]))])
    assert findings == ()
    assert {name: value.text for name, value in made.items() if value} == {"E": "10", "C": "10", "D": "11"}


def _raise(_: RecordView) -> str:
    raise KeyError("120")


def _exit(_: RecordView) -> str:
    raise SystemExit(2)


@pytest.mark.parametrize(
    ("compute", "problem"),
    [
        (_raise, "it raised KeyError"),
        (_exit, "it raised SystemExit"),
        (lambda _: Decimal(5), "its result is Decimal instead of text"),
        (lambda _: "five", "its result is not a number"),
        (lambda _: "1e5", "its result is not a number"),
        (lambda view: view.values.clear(), "it raised AttributeError"),
    ],
)
def test_python_derivation_when_it_fails_then_not_evaluated_and_no_data_in_the_words(
    compute: Callable[[RecordView], object], problem: str
) -> None:
    made, (finding,) = _derive({"A": Value("120")}, _derived("C", "python"), derivations=[_python("C", compute)])
    assert made == {"C": None}
    assert (finding.message, finding.plugin) == (f"C was not computed: {problem}.", "own")


def test_python_derivation_when_no_plugin_has_one_then_it_is_said() -> None:
    made, (finding,) = _derive({"A": Value("1")}, _derived("C", "python"))
    assert made == {"C": None}
    assert finding.message == "C was not computed: no plugin computes it."


def test_item_when_its_type_is_of_a_plugin_that_fails_then_not_evaluated() -> None:
    types = {**TYPES, "colour": ItemType("colour", Kind.TEXT, _fail, str, "a colour")}  # type: ignore[arg-type]  # broken
    made, (finding,) = _derive({"A": Value("1")}, _derived("C", '"red"', "colour"), types=types)
    assert made == {"C": None}
    assert finding.message == "C was not computed: its type raised ValueError."


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (None, 1, None),
        (True, None, "Y"),
        (False, None, "N"),
        (("A", "B"), None, "A;B"),
        (time(9, 5), None, "09:05"),
        (time(9, 5, 30), None, "09:05:30"),
        (PartialDate((2026, 3)), None, "2026-03"),
        ("text", None, "text"),
        (Decimal("1E+3"), None, "1000"),
        (Decimal("-0.0"), None, "0.0"),
    ],
)
def test_canonical_text_when_a_value_is_computed_then_it_is_written_as_people_would(
    value: Typed, decimals: int | None, text: str | None
) -> None:
    assert canonical_text(value, decimals) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, places=8), st.integers(0, 12))
def test_canonical_text_when_a_number_is_rounded_then_at_most_half_a_place_off(number: Decimal, decimals: int) -> None:
    text = canonical_text(number, decimals)
    assert text is not None
    assert len(text.partition(".")[2]) == decimals
    assert abs(Decimal(text) - number) * 2 <= Decimal(1).scaleb(-decimals)
