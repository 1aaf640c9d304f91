"""Text becomes a value or a finding that says what was expected: numbers, codes, text, units, missing reasons."""

from __future__ import annotations

import gc
import weakref

import pytest
from normalise_sample import ITEMS, KEY, TYPES, make_study, read, refusal_of, text_of

from trialkit.extension import ItemType
from trialkit.model.check import Action
from trialkit.model.finding import Finding
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Kind
from trialkit.model.record import CellReference, RawValue, Value
from trialkit.model.submission import Submission
from trialkit.normalise import HOUSE_TYPES, Normaliser, normalise_submission

DIGITS = "Write digits only, for example 120."
POINT = "Write it like 36.6, with a point."
ALONE = "Write the number alone: its unit is said by the mapping, or in a column of its own."
NO_VALUE = "If there is no value, write a missing reason such as .ND."


@pytest.mark.parametrize(
    ("item", "given", "canonical"),
    [
        ("TEXT", "as given", "as given"),
        ("TEXT", "a\tb", "a\tb"),
        ("TEXT", "a\r\nb\rc", "a\nb\nc"),
        ("TEXT", "0123456789", "0123456789"),
        ("TEXT", "Zoë 漢字", "Zoë 漢字"),
        ("INT", "120", "120"),
        ("INT", "-5", "-5"),
        ("INT", "007", "007"),
        ("INT", "0", "0"),
        ("DEC", "36.60", "36.60"),
        ("DEC", "-0.05", "-0.05"),
        (
            "DEC",
            "12345678901234567890.123456789012345678901234567890",
            "12345678901234567890.123456789012345678901234567890",
        ),
        ("DEC1", "36.6", "36.6"),
        ("DEC1", "36", "36"),
        ("DEC0", "36", "36"),
        ("SEX", "F", "F"),
        ("SEX", "Female", "F"),
        ("SEX", "Woman", "F"),
        ("SEX", "fEMALE", "F"),
        ("SEX", "m", "M"),
        ("MIXED", "2", "2"),
        ("MIXED", "a", "a"),
        ("MIXED", "A", "A"),
        ("RACE", "white;ASIAN", "ASIAN;WHITE"),
        ("RACE", " black ; WHITE ", "BLACK;WHITE"),
        ("PRESSURE", "120", "120"),
        ("TEXT", "  x\u00a0\u202f\u2003\ufeff", "x"),
        ("INT", "\u00a0120\u00a0", "120"),
    ],
)
def test_value_when_it_fits_its_type_then_canonical(item: str, given: str, canonical: str) -> None:
    assert text_of(item, given) == canonical


@pytest.mark.parametrize(
    ("item", "given", "message", "remedy"),
    [
        ("TEXT", "01234567890", "TEXT: '01234567890' has 11 characters.", "Write at most 10."),
        ("TEXT", "a\x00b", "TEXT: 'a\\x00b' holds the control character U+0000.", "Type the text anew."),
        ("TEXT", "a\x1bb", "TEXT: 'a\\x1bb' holds the control character U+001B.", "Type the text anew."),
        ("TEXT", "a\udcffb", "TEXT: 'a\\udcffb' holds the broken character U+DCFF.", "Type the text anew."),
        ("INT", "12.5", "INT: '12.5' is not a whole number.", DIGITS),
        ("INT", "12,5", "INT: '12,5' is not a whole number.", DIGITS),
        ("INT", "high", "INT: 'high' is not a whole number.", f"{DIGITS} {NO_VALUE}"),
        ("INT", "missed", "INT: 'missed' is not a whole number.", f"{DIGITS} {NO_VALUE}"),
        ("INT", "82 kg", "INT: '82 kg' is not a whole number.", ALONE),
        ("DEC", "nd", "DEC: 'nd' is not a number.", f"{POINT} {NO_VALUE}"),
        ("DEC", "82.4kg", "DEC: '82.4kg' is not a number.", ALONE),
        ("INT", "1e5", "INT: '1e5' is not a whole number.", "Write all its digits, without an exponent."),
        (
            "INT",
            "<5",
            "INT: '<5' is not a whole number.",
            "A comparison is not a number: record it as text, or give a missing reason such as .ND.",
        ),
        ("DEC", "36,6", "DEC: '36,6' is not a number.", "Write a point, or say decimal_comma in the mapping."),
        ("DEC", "1,234.5", "DEC: '1,234.5' is not a number.", POINT),
        ("DEC", "36.", "DEC: '36.' is not a number.", POINT),
        ("DEC", ".5", "DEC: '.5' is not a number.", POINT),
        ("DEC", "3 6", "DEC: '3 6' is not a number.", POINT),
        (
            "DEC1",
            "36.65",
            "DEC1: '36.65' has 2 decimal places.",
            "Write at most 1 decimal place; trialkit never rounds.",
        ),
        (
            "DEC0",
            "36.0",
            "DEC0: '36.0' has 1 decimal place.",
            "Write at most 0 decimal places; trialkit never rounds.",
        ),
        (
            "SEX",
            "Femal",
            "SEX: 'Femal' is not in the list SEX.",
            "Did you mean F (Female)? Write one of: F (Female), M (Male), U.",
        ),
        ("SEX", "9", "SEX: '9' is not in the list SEX.", "Write one of: F (Female), M (Male), U."),
        (
            "LONG",
            "none",
            "LONG: 'none' is not in the list LONG.",
            "Write one of: CODE0, CODE1, CODE2, CODE3, CODE4, CODE5, CODE6, CODE7 and 2 more.",
        ),
        (
            "MIXED",
            "both",
            "MIXED: 'both' fits more than one code of MIXED: a, A.",
            "Write the code that is meant.",
        ),
        (
            "RACE",
            "ASIAN;ASIAN",
            "RACE: 'ASIAN;ASIAN' names ASIAN twice.",
            "Name every code once, separated by semicolons.",
        ),
        (
            "RACE",
            "ASIAN;WHTE",
            "RACE: 'ASIAN;WHTE' names 'WHTE', which is not in the list RACE.",
            "Did you mean WHITE? Write one of: ASIAN, BLACK (Black), WHITE.",
        ),
        (
            "BARE",
            "Y;",
            "BARE: 'Y;' has nothing before or behind a semicolon.",
            "Name codes, separated by semicolons.",
        ),
    ],
)
def test_value_when_it_does_not_fit_then_refused_with_message_and_remedy(
    item: str, given: str, message: str, remedy: str
) -> None:
    assert refusal_of(item, given) == ("N101", message, remedy)


@pytest.mark.parametrize("item", ["INT", "DEC"])
@pytest.mark.parametrize(
    "given",
    [
        "\u0661\u0662",  # Arabic-Indic digits
        "\uff11\uff12",  # full-width digits
        "1_000",
        "nan",
        "NaN",
        "inf",
        "-Infinity",
        "1e5",
        "0x10",
        "+5",
        "--5",
        "\u22125",  # the minus sign of typesetters
        "1\u00a0000",
        "5%",
        "\u00bd",
        "1" * 61,
    ],
)
def test_number_when_python_would_take_more_than_people_mean_then_refused(item: str, given: str) -> None:
    code, message, remedy = refusal_of(item, given)
    assert code == "N101"
    assert message.startswith(f"{item}: '")
    assert remedy


def test_number_when_it_is_too_long_then_the_remedy_says_so() -> None:
    assert refusal_of("INT", "1" * 61)[2] == "Write at most 60 characters."
    assert text_of("INT", "1" * 60) == "1" * 60


@pytest.mark.parametrize(
    ("given", "canonical"), [("36,6", "36.6"), ("36", "36"), ("-0,50", "-0.50"), ("\u00a036,6 ", "36.6")]
)
def test_number_when_the_source_writes_commas_then_a_point_stands_for_it(given: str, canonical: str) -> None:
    value = read("DEC", RawValue(given, decimal_comma=True))
    assert isinstance(value, Value)
    assert (value.text, value.raw) == (canonical, given if given != canonical else None)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("36.6", "has a point although the source writes decimal commas"),
        ("1.234,5", "has a point although the source writes decimal commas"),
        ("1,2,3", "is not a number"),
    ],
)
def test_number_when_the_source_writes_commas_and_it_could_be_thousands_then_refused(given: str, problem: str) -> None:
    assert refusal_of("DEC", RawValue(given, decimal_comma=True))[1] == f"DEC: '{given}' {problem}."


@pytest.mark.parametrize("given", ["1,80 m,", "36.6", "1,2,3", "1 080,5", "two"])
def test_number_when_the_source_writes_decimal_commas_then_it_is_told_in_its_own_words(given: str) -> None:
    _, message, remedy = refusal_of("DEC", RawValue(given, decimal_comma=True))

    assert message.startswith(f"DEC: '{given}' ")
    assert remedy.startswith("Write it like 36,6, with a comma.")


def test_text_when_the_source_writes_decimal_commas_then_its_commas_stay() -> None:
    assert text_of("TEXT", RawValue("a, b", decimal_comma=True)) == "a, b"


def test_code_when_its_list_is_not_defined_then_refused() -> None:
    lost = Item(item="LOST", label="Lost", type="code", codelist="GONE")
    finding = read("LOST", "A", lost)
    assert isinstance(finding, Finding)
    assert finding.message == "LOST: 'A' can not be looked up: list GONE is not defined."


@pytest.mark.parametrize("given", ["", "  ", "\u00a0", "\t\r\n", "\u3000\u2009\ufeff"])
@pytest.mark.parametrize("item", [item.item for item in ITEMS])
def test_blank_when_it_looks_like_nothing_then_it_clears_the_item(item: str, given: str) -> None:
    assert read(item, given) is None


@pytest.mark.parametrize(
    ("item", "raw", "unit"),
    [
        ("INT", RawValue("1"), None),
        ("INT", RawValue("1", unit=""), None),
        ("INT", RawValue("1", unit=" \u00a0"), None),
        ("PRESSURE", RawValue("1"), "mmHg"),
        ("PRESSURE", RawValue("1", unit="MMHG"), "mmHg"),
        ("PRESSURE", RawValue("1", unit=" mmHg "), "mmHg"),
        ("WEIGHT", RawValue("1", unit="LB"), "LB"),
        ("WEIGHT", RawValue("1", unit="lb"), "LB"),
        ("CASES", RawValue("1", unit="MG"), "MG"),
    ],
)
def test_unit_when_it_is_one_of_the_item_then_it_travels_with_the_value(
    item: str, raw: RawValue, unit: str | None
) -> None:
    value = read(item, raw)
    assert isinstance(value, Value)
    assert value.unit == unit


@pytest.mark.parametrize(
    ("item", "unit", "expected"),
    [
        ("WEIGHT", None, ("N103", "WEIGHT: the unit is not said.", "Say which: kg or LB.")),
        ("WEIGHT", "  ", ("N103", "WEIGHT: the unit is not said.", "Say which: kg or LB.")),
        ("WEIGHT", "st", ("N104", "WEIGHT: 'st' is not a unit of this item.", "Use kg or LB.")),
        ("CASES", "Mg", ("N104", "CASES: 'Mg' is not a unit of this item.", "Use mg or MG.")),
        ("PRESSURE", "kPa", ("N104", "PRESSURE: 'kPa' is not a unit of this item.", "Use mmHg.")),
        ("INT", "kg", ("N104", "INT: the item has no unit, but 'kg' was given.", "Leave the unit out.")),
    ],
)
def test_unit_when_it_is_needed_or_unknown_then_refused(
    item: str, unit: str | None, expected: tuple[str, str, str]
) -> None:
    assert refusal_of(item, RawValue("1", unit=unit)) == expected


@pytest.mark.parametrize("item", ["TEXT", "INT", "DEC", "SEX", "RACE", "DATE", "PART", "TIME", "STAMP", "WEIGHT"])
@pytest.mark.parametrize("reason", list(MissingReason))
def test_missing_reason_when_it_is_typed_then_it_is_the_value(item: str, reason: MissingReason) -> None:
    typed = f" .{reason.value.lower()} "
    assert read(item, typed) == Value(missing=reason, raw=typed.strip())


def test_missing_reason_when_the_source_says_it_then_its_words_are_kept() -> None:
    raw = RawValue("not taken", missing=MissingReason.NOT_DONE)
    assert read("INT", raw) == Value(missing=MissingReason.NOT_DONE, raw="not taken")
    assert read("INT", RawValue("", missing=MissingReason.NOT_DONE)) == Value(missing=MissingReason.NOT_DONE)


def test_missing_reason_when_it_is_not_accepted_then_refused_with_those_that_are() -> None:
    assert refusal_of("DONE", ".REF") == (
        "N102",
        "DONE: the missing reason .REF is not accepted here.",
        "Accepted reasons: .ND (not done).",
    )
    assert refusal_of("NEVER", ".ND")[2] == "Accepted reasons: none."


@pytest.mark.parametrize("given", [".", ".XX", ". ND", "ND"])
def test_missing_reason_when_it_is_none_of_the_house_then_it_is_read_as_a_value(given: str) -> None:
    assert refusal_of("INT", given)[0] == "N101"


def test_raw_when_the_canonical_text_is_another_then_kept_as_given() -> None:
    assert read("SEX", " Female") == Value("F", raw=" Female")
    assert read("SEX", "F") == Value("F")


def test_finding_when_a_value_is_refused_then_it_names_record_item_and_cell() -> None:
    cell = CellReference("site.xlsx", "VS", "D14")
    study = make_study()
    submission = Submission(KEY, {"INT": RawValue("x")}, {"INT": cell})
    (finding,) = normalise_submission(submission, study.forms["F"], study, TYPES).findings
    assert (finding.key, finding.item, finding.source, finding.action) == (KEY, "INT", cell, Action.REJECT)


def test_finding_when_the_text_is_very_long_then_it_is_cut() -> None:
    assert refusal_of("INT", "x" * 500)[1] == f"INT: '{'x' * 37}…' is not a whole number."


def test_submission_when_some_values_are_refused_then_the_others_are_read_in_form_order() -> None:
    study = make_study()
    raws = {"SEX": RawValue("F"), "INT": RawValue("x"), "TEXT": RawValue("a"), "DEC": RawValue("")}
    made = normalise_submission(Submission(KEY, raws), study.forms["F"], study, TYPES)
    assert made.values == {"TEXT": Value("a"), "DEC": None, "SEX": Value("F")}
    assert list(made.values) == ["TEXT", "DEC", "SEX"]
    assert [finding.item for finding in made.findings] == ["INT"]


def _plugin_type(parse: object, typed: object = str) -> dict[str, ItemType]:
    made = ItemType("colour", Kind.TEXT, parse, typed, "a colour")  # type: ignore[arg-type]  # broken on purpose
    return {**TYPES, "colour": made}


def _fail(*_: object) -> str:
    raise KeyError("hidden")


@pytest.mark.parametrize(
    ("types", "error"),
    [
        (_plugin_type(_fail), "KeyError"),
        (_plugin_type(lambda *_: 5), "TypeError"),
        (_plugin_type(lambda *_: ""), "TypeError"),
        (_plugin_type(lambda *_: "red", _fail), "KeyError"),
    ],
)
def test_value_when_the_type_of_a_plugin_fails_then_refused_and_never_raised(
    types: dict[str, ItemType], error: str
) -> None:
    finding = read("HUE", "red", Item(item="HUE", label="Hue", type="colour"), types=types)
    assert isinstance(finding, Finding)
    assert (finding.code, finding.message) == ("N105", f"HUE: 'red' could not be read: the type colour raised {error}.")


def test_house_types_when_listed_then_each_says_what_it_expects() -> None:
    assert len({found.name for found in HOUSE_TYPES}) == 9
    assert all(found.expects for found in HOUSE_TYPES)


def test_raw_when_a_mapping_put_the_text_there_then_what_stood_in_the_source_is_kept() -> None:
    value = read("INT", RawValue("12", given="a dozen"))
    assert isinstance(value, Value)
    assert (value.text, value.raw) == ("12", "a dozen")


@pytest.mark.parametrize(("item", "text"), [("INT", "12O"), ("DEC", "1.2.3"), ("DATE", "31-02-2026"), ("SEX", "?")])
def test_refusal_when_it_is_kept_for_the_next_time_then_it_holds_nothing_of_who_asked(item: str, text: str) -> None:
    study = make_study()
    normaliser = Normaliser(study.forms[KEY.form], study, TYPES)

    class Large(list[int]):
        """Something that a caller works with; a million of them would not fit into memory."""

    def ask() -> weakref.ref[Large]:
        large = Large([1])
        assert normaliser.read_one(item, RawValue(text)) is None
        return weakref.ref(large)

    gc.disable()
    try:
        assert ask()() is None
    finally:
        gc.enable()
    assert normaliser.refusal(item, RawValue(text), KEY, None) is not None
