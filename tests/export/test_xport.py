"""SAS transport files: what is in the bytes, what other readers make of them, and what is refused."""

from __future__ import annotations

import struct
from decimal import Decimal
from pathlib import Path

import pyreadstat
import pytest
from export_sample import MOMENT, study
from hypothesis import given, settings
from hypothesis import strategies as st

from trialkit.errors import UsageError
from trialkit.export.xport import XPT, encode_xport, ibm_double
from trialkit.model.dataset import Dataset, Datum, Variable, VariableType

CHAR, NUM = VariableType.CHAR, VariableType.NUM
LARGEST, SMALLEST = 7.2e75, 5.4e-79


def table(*rows: tuple[Datum, ...], length: int = 10) -> Dataset:
    """A dataset of one text and one number."""
    variables = (
        Variable("VSTESTCD", "Vital Signs Test Short Name", CHAR, length),
        Variable("VSSTRESN", "Numeric Result/Finding in Standard Units", NUM, 8),
    )
    return Dataset("VS", "Vital Signs", variables, rows, ("VSTESTCD",))


def encoded(dataset: Dataset) -> bytes:
    """The file."""
    return encode_xport(dataset, study(), MOMENT)


def decoded(eight: bytes) -> float:
    """An IBM double as a float, by the definition: sign, power of 16, 56 bits of fraction."""
    sign = -1.0 if eight[0] & 0x80 else 1.0
    return sign * int.from_bytes(eight[1:], "big") * 2.0 ** (4 * ((eight[0] & 0x7F) - 64) - 56)


@given(st.floats(min_value=SMALLEST, max_value=LARGEST) | st.floats(min_value=-LARGEST, max_value=-SMALLEST))
def test_ibm_double_when_in_range_then_it_holds_exactly_the_float(number: float) -> None:
    assert decoded(ibm_double(number)) == number


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0.0, "0000000000000000"),
        (-0.0, "0000000000000000"),
        (1.0, "4110000000000000"),
        (-118.625, "c276a00000000000"),
        (0.1, "401999999999999a"),
        (53.98, "4235fae147ae147a"),
    ],
)
def test_ibm_double_when_known_then_the_bytes_are_those_of_the_manual(number: float, expected: str) -> None:
    assert ibm_double(number).hex() == expected


@pytest.mark.parametrize("number", [7.3e75, 5.3e-79, float("inf")])
def test_ibm_double_when_out_of_range_then_it_refuses(number: float) -> None:
    with pytest.raises((OverflowError, ValueError)):
        ibm_double(number)


def test_xport_when_written_then_every_header_stands_where_the_layout_says() -> None:
    content = encoded(table(("SYSBP", Decimal("120")), ("TEMP", None)))
    assert len(content) % 80 == 0
    cards = [content[at : at + 80] for at in range(0, len(content), 80)]
    assert cards[0] == b"HEADER RECORD*******LIBRARY HEADER RECORD!!!!!!!000000000000000000000000000000  "
    assert cards[1] == b"SAS     SAS     SASLIB  9.4     TRIALKIT" + b" " * 24 + b"01NOV26:09:30:00"
    assert cards[2] == b"01NOV26:09:30:00".ljust(80)
    assert cards[3] == b"HEADER RECORD*******MEMBER  HEADER RECORD!!!!!!!000000000000000001600000000140  "
    assert cards[4] == b"HEADER RECORD*******DSCRPTR HEADER RECORD!!!!!!!000000000000000000000000000000  "
    assert cards[5] == b"SAS     VS      SASDATA 9.4     TRIALKIT" + b" " * 24 + b"01NOV26:09:30:00"
    assert cards[6] == b"01NOV26:09:30:00" + b" " * 16 + b"Vital Signs".ljust(40) + b" " * 8
    assert cards[7] == b"HEADER RECORD*******NAMESTR HEADER RECORD!!!!!!!000000000200000000000000000000  "
    assert (
        content[640:920][:70]
        == struct.pack(
            ">hhhh8s40s8shhh", 2, 0, 10, 1, b"VSTESTCD", b"Vital Signs Test Short Name".ljust(40), b" " * 8, 0, 0, 0
        )[:70]
    )
    assert content[780 + 84 : 780 + 88] == struct.pack(">l", 10)
    assert cards[12] == b"HEADER RECORD*******OBS     HEADER RECORD!!!!!!!000000000000000000000000000000  "
    assert cards[13] == b"SYSBP     " + ibm_double(120.0) + b"TEMP      " + b"\x2e" + bytes(7) + b" " * 44


def test_xport_when_read_by_another_reader_then_names_labels_and_values_are_the_same(tmp_path: Path) -> None:
    path = tmp_path / "vs.xpt"
    rows = (("SYSBP", Decimal("120")), ("WEIGHT", Decimal("53.98")), (None, None), ("TEMP", Decimal("-0.1")))
    path.write_bytes(encoded(table(*rows)))
    found, about = pyreadstat.read_xport(path, output_format="dict")
    assert list(found["VSTESTCD"]) == ["SYSBP", "WEIGHT", "", "TEMP"]
    assert list(found["VSSTRESN"]) == [120.0, 53.98, None, -0.1]
    assert about.column_labels == ["Vital Signs Test Short Name", "Numeric Result/Finding in Standard Units"]
    assert about.table_name == "VS"
    assert about.file_label == "Vital Signs"


@settings(max_examples=25)
@given(
    st.lists(
        st.decimals(min_value=Decimal("-1e30"), max_value=Decimal("1e30"), allow_nan=False, places=9),
        min_size=1,
        max_size=20,
    )
)
def test_xport_when_numbers_are_read_back_then_they_are_the_nearest_doubles(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[Decimal]
) -> None:
    path = tmp_path_factory.mktemp("xpt") / "vs.xpt"
    path.write_bytes(encoded(table(*(("A", number) for number in numbers))))
    found, _ = pyreadstat.read_xport(path, output_format="dict")
    assert list(found["VSSTRESN"]) == [float(number) for number in numbers]


def test_xport_when_written_twice_then_the_bytes_are_the_same() -> None:
    dataset = table(("SYSBP", Decimal("120")))
    assert XPT.encode(dataset, study(), MOMENT) == XPT.encode(dataset, study(), MOMENT)


def test_xport_when_there_are_no_rows_then_the_file_is_still_sound(tmp_path: Path) -> None:
    path = tmp_path / "vs.xpt"
    path.write_bytes(encoded(table()))
    found, _ = pyreadstat.read_xport(path, output_format="dict")
    assert list(found["VSTESTCD"]) == []


def one_text(name: str = "A", label: str = "A", length: int = 3, datum: Datum = "x", dataset: str = "VS") -> Dataset:
    """A dataset of one text variable and one row."""
    return Dataset(dataset, "Label", (Variable(name, label, CHAR, length),), ((datum,),), ())


@pytest.mark.parametrize(
    ("dataset", "code"),
    [
        (one_text(dataset="VITALSIGNS"), "X201"),
        (one_text(dataset="vs"), "X201"),
        (one_text(name="TIMEPOINT"), "X202"),
        (one_text(name="a"), "X202"),
        (Dataset("VS", "Label", (), (), ()), "X202"),
        (one_text(label="x" * 41), "X203"),
        (one_text(label="Größe"), "X203"),
        (Dataset("VS", "x" * 41, (Variable("A", "A", CHAR, 1),), (), ()), "X203"),
        (one_text(length=201), "X204"),
        (one_text(datum="xxxx"), "X204"),
        (one_text(datum="é"), "X205"),
        (one_text(datum="a\nb"), "X205"),
        (one_text(datum=Decimal(1)), "X206"),
        (table(("A", "120")), "X206"),
        (table(("A", Decimal("NaN"))), "X206"),
        (table(("A", Decimal("1e76"))), "X207"),
        (table(("A", Decimal("1e-80"))), "X207"),
        (table(("A", Decimal("1e-400"))), "X207"),
        (one_text(datum=None), "X208"),
        (one_text(datum=""), "X208"),
    ],
)
def test_xport_when_something_can_not_be_written_then_it_refuses_and_names_no_value(
    dataset: Dataset, code: str
) -> None:
    with pytest.raises(UsageError) as refused:
        encoded(dataset)
    assert refused.value.code == code
    assert refused.value.remedy


def test_xport_when_a_value_is_refused_then_dataset_variable_and_row_are_named() -> None:
    with pytest.raises(UsageError, match=r"VS\.VSTESTCD, row 2") as refused:
        encoded(table(("SYSBP", None), ("Geheimnis é", None), length=20))
    assert "Geheim" not in str(refused.value)


def test_xport_when_the_moment_is_none_then_it_refuses() -> None:
    with pytest.raises(UsageError) as refused:
        encode_xport(table(), study(), "yesterday")
    assert refused.value.code == "X209"
