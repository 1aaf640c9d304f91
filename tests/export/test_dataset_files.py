"""Dataset-JSON and CSV: valid, complete, digit for digit."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import jsonschema
import pytest
from export_sample import DOSE, MOMENT, VITALS, record, study, tabulate
from hypothesis import given
from hypothesis import strategies as st

from trialkit.errors import UsageError
from trialkit.export import CSV, CSV_EXACT, DATASET_JSON
from trialkit.export.plain_number import plain_number, within_double_precision
from trialkit.model.dataset import Dataset, Datum, Variable, VariableType

SCHEMA = json.loads((Path(__file__).parent / "data" / "dataset.schema.json").read_text(encoding="utf-8"))
VARIABLES = (
    Variable("NAME", "A name", VariableType.CHAR, 20),
    Variable("COUNT", "A count", VariableType.NUM, 8),
    Variable("SHARE", "A share", VariableType.NUM, 8),
)


def table(*rows: tuple[Datum, ...]) -> Dataset:
    """Three columns."""
    return Dataset("TEST", "A test", VARIABLES, rows, ("NAME",))


def test_dataset_json_when_written_then_it_is_valid_and_holds_every_row() -> None:
    package = tabulate(
        study(VITALS, DOSE),
        record("VS", "SCR", VSDAT="2026-01-02", SYSBP="118", WEIGHT=".ND", TEMP="96.9 F"),
        record("EX", "D1", EXDAT="2026-01-10", EXDOSE="40.5"),
    )
    for dataset in package.datasets:
        content = json.loads(DATASET_JSON.encode(dataset, study(), MOMENT))
        jsonschema.validate(content, SCHEMA)
        assert content["records"] == len(content["rows"]) == len(dataset.rows)
        assert [column["name"] for column in content["columns"]] == [found.name for found in dataset.variables]


def test_dataset_json_when_values_are_missing_or_exact_then_text_shows_it() -> None:
    rows = (('Größe "x"', Decimal("3"), Decimal("36.10")), (None, None, None))
    content = DATASET_JSON.encode(table(*rows), study(), MOMENT).decode()
    assert '  ["Größe \\"x\\"", 3, 36.1],\n  ["", null, null]\n' in content
    columns = json.loads(content)["columns"]
    assert [column["dataType"] for column in columns] == ["string", "integer", "double"]
    assert columns[0]["keySequence"] == 1
    assert json.loads(content)["studyOID"] == "KET01"


def test_dataset_json_when_there_are_no_rows_then_it_is_valid() -> None:
    content = json.loads(DATASET_JSON.encode(table(), study(), MOMENT))
    jsonschema.validate(content, SCHEMA)
    assert content["rows"] == []


@pytest.mark.parametrize(
    ("dataset", "moment", "code"),
    [
        (table(), "yesterday", "X209"),
        (table((Decimal(1), None, None)), MOMENT, "X206"),
        (table(("x", "1", None)), MOMENT, "X206"),
        (table(("x", Decimal("NaN"), None)), MOMENT, "X206"),
    ],
)
def test_dataset_json_when_something_does_not_fit_then_it_refuses(dataset: Dataset, moment: str, code: str) -> None:
    with pytest.raises(UsageError) as refused:
        DATASET_JSON.encode(dataset, study(), moment)
    assert refused.value.code == code


def test_csv_when_written_then_rfc_4180_rules_and_digits_stay() -> None:
    rows = (
        ('say "hi", now', Decimal("3"), Decimal("36.10")),
        ("two\nlines", None, Decimal("1E+3")),
        (None, None, None),
    )
    content = CSV.encode(table(*rows), study(), MOMENT)
    assert content == (b'NAME,COUNT,SHARE\r\n"say ""hi"", now",3,36.10\r\n"two\nlines",,1000\r\n,,\r\n')


TEXTS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=5))
def test_csv_when_read_back_then_every_text_is_there(rows: list[tuple[str, str]]) -> None:
    variables = tuple(Variable(name, name, VariableType.CHAR, 80) for name in ("A", "B"))
    content = CSV_EXACT.encode(Dataset("T", "T", variables, tuple(rows), ()), study(), MOMENT)
    assert list(csv.reader(io.StringIO(content.decode(), newline=""))) == [["A", "B"], *map(list, rows)]


@pytest.mark.parametrize("writer", [CSV, DATASET_JSON])
def test_writers_when_called_twice_then_the_bytes_are_the_same(writer: object) -> None:
    dataset = table(("x", Decimal(1), Decimal("0.5")))
    assert writer.encode(dataset, study(), MOMENT) == writer.encode(dataset, study(), MOMENT)


@pytest.mark.parametrize(
    ("given_number", "expected"),
    [
        ("119.0", "119"),
        ("1E+2", "100"),
        ("-0.0", "0"),
        ("0.50", "0.5"),
        ("1E-7", "0.0000001"),
        ("007", "7"),
        ("100", "100"),
    ],
)
def test_plain_number_when_written_then_there_is_no_exponent_and_no_extra_zero(
    given_number: str, expected: str
) -> None:
    assert plain_number(Decimal(given_number)) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=3))
def test_plain_number_when_read_back_then_it_is_the_same_number(number: Decimal) -> None:
    assert Decimal(plain_number(number)) == number
    assert within_double_precision(number) == number
