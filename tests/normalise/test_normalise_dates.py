"""Dates, times and date-times in ISO 8601 and in every layout that a mapping can say; nothing is filled in."""

from __future__ import annotations

import pytest
from normalise_sample import refusal_of, text_of

from trialkit.model.record import RawValue


def _given(text: str, layout: str | None) -> RawValue:
    return RawValue(text, date_format=layout)


@pytest.mark.parametrize(
    ("item", "given", "canonical"),
    [
        ("DATE", "2026-03-31", "2026-03-31"),
        ("DATE", "2024-02-29", "2024-02-29"),
        ("PART", "2026", "2026"),
        ("PART", "2026-03", "2026-03"),
        ("PART", "2026-03-31", "2026-03-31"),
        ("TIME", "9:05", "09:05"),
        ("TIME", "23:59", "23:59"),
        ("TIME", "00:00:00", "00:00:00"),
        ("STAMP", "2026-03-31T09:05", "2026-03-31T09:05"),
        ("STAMP", "2026-03-31 09:05", "2026-03-31T09:05"),
        ("STAMP", "2026-03-31T09:05:30", "2026-03-31T09:05:30"),
        ("STAMP", "2026-03-31T09:05Z", "2026-03-31T09:05Z"),
        ("STAMP", "2026-03-31T09:05:30+01:00", "2026-03-31T09:05:30+01:00"),
        ("STAMP", "2026-03-31T09:05-09:30", "2026-03-31T09:05-09:30"),
    ],
)
def test_date_when_it_is_iso_8601_then_read(item: str, given: str, canonical: str) -> None:
    assert text_of(item, given) == canonical


@pytest.mark.parametrize(
    ("item", "given", "layout", "canonical"),
    [
        ("DATE", "31-03-2026", "DD-MM-YYYY", "2026-03-31"),
        ("DATE", "1/3/2026", "DD/MM/YYYY", "2026-03-01"),
        ("DATE", "3/1/2026", "MM/DD/YYYY", "2026-03-01"),
        ("DATE", "31.03.2026", "DD.MM.YYYY", "2026-03-31"),
        ("DATE", "31MAR2026", "DDMONYYYY", "2026-03-31"),
        ("DATE", "31 mar 2026", "DD MON YYYY", "2026-03-31"),
        ("DATE", "31 March 2026", "DD MON YYYY", "2026-03-31"),
        ("DATE", "20260331", "YYYYMMDD", "2026-03-31"),
        ("DATE", "31-MAR-2026", "DD-MON-YYYY | DD/MM/YYYY", "2026-03-31"),
        ("DATE", "31/03/2026", "DD-MON-YYYY | DD/MM/YYYY", "2026-03-31"),
        ("DATE", "07/07/2026", "DD/MM/YYYY | MM/DD/YYYY", "2026-07-07"),
        ("PART", "UN-MAR-2026", "DD-MON-YYYY", "2026-03"),
        ("PART", "UNK-MAR-2026", "DD-MON-YYYY", "2026-03"),
        ("PART", "UNMAR2026", "DDMONYYYY", "2026-03"),
        ("PART", "UNUNK2026", "DDMONYYYY", "2026"),
        ("PART", "UN-UNK-2026", "DD-MON-YYYY", "2026"),
        ("PART", "NK-NK-2026", "DD-MON-YYYY", "2026"),
        ("PART", "xx/xx/2026", "DD/MM/YYYY", "2026"),
        ("PART", "--/03/2026", "DD/MM/YYYY", "2026-03"),
        ("PART", "??/03/2026", "DD/MM/YYYY", "2026-03"),
        ("PART", "uk/03/2026", "DD/MM/YYYY", "2026-03"),
        ("PART", "03/2026", "MM/YYYY | YYYY", "2026-03"),
        ("PART", "2026", "MM/YYYY | YYYY", "2026"),
        ("DATE", "06/05/24", "DD/MM/(20)YY", "2024-05-06"),
        ("DATE", "12/11/69", "DD/MM/(19)YY", "1969-11-12"),
        ("DATE", "4-Jun-24", "DD-MON-(20)YY | YYYY-MM-DD", "2024-06-04"),
        ("DATE", "45447", "SERIAL", "2024-06-04"),
        ("DATE", "43985", "SERIAL1904", "2024-06-04"),
        ("PART", "45447", "YYYY | SERIAL", "2024-06-04"),
        ("PART", "2024", "YYYY | SERIAL", "2024"),
        ("STAMP", "31-03-2026 9:05", "DD-MM-YYYY HH:MI", "2026-03-31T09:05"),
        ("STAMP", "31-03-2026 09:05:30", "DD-MM-YYYY HH:MI:SS", "2026-03-31T09:05:30"),
        ("STAMP", "2026-03-31T09:05", "YYYY-MM-DDTHH:MI", "2026-03-31T09:05"),
        ("TIME", "9.05", "HH.MI", "09:05"),
        ("TIME", "0905", "HHMI", "09:05"),
        ("TIME", "09h05m30", "HHhMImSS", "09:05:30"),
    ],
)
def test_date_when_it_has_the_layout_of_the_mapping_then_read(
    item: str, given: str, layout: str, canonical: str
) -> None:
    assert text_of(item, _given(given, layout)) == canonical


@pytest.mark.parametrize(
    ("item", "given", "layout", "problem", "remedy"),
    [
        ("DATE", "31-02-2026", "DD-MM-YYYY", "is not a date", "Write DD-MM-YYYY, as the mapping says."),
        ("DATE", "29-02-2023", "DD-MM-YYYY", "is not a date", "Write DD-MM-YYYY, as the mapping says."),
        ("DATE", "2023-02-29", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        ("DATE", "0000-01-01", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        ("DATE", "2026-13-01", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        ("DATE", "2026-3-1", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        ("DATE", "31/03/2026", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        ("DATE", "２０２６-03-31", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        ("DATE", "45016", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        ("DATE", "2026-03-31T09:05", None, "is not a date", "Write YYYY-MM-DD, for example 2026-03-31."),
        (
            "DATE",
            "2026-03",
            None,
            "is not a full date",
            "Give day, month and year; this item does not take a partial date.",
        ),
        (
            "DATE",
            "UN-MAR-2026",
            "DD-MON-YYYY",
            "is not a full date",
            "Give day, month and year; this item does not take a partial date.",
        ),
        ("DATE", "31-MRT-2026", "DD-MON-YYYY", "is not a date", "Write DD-MON-YYYY, as the mapping says."),
        ("DATE", "2026-03-31", "DD-MON-YYYY", "is not a date", "Write DD-MON-YYYY, as the mapping says."),
        (
            "DATE",
            "03/04/2026",
            "DD/MM/YYYY | MM/DD/YYYY",
            "can be read as 2026-03-04 or 2026-04-03",
            "Write it so that only one layout of the mapping fits.",
        ),
        (
            "DATE",
            "31-03-26",
            "DD-MM-YY",
            "has a year of two digits, and nothing says its century",
            "Write the year with four digits, or (20)YY or (19)YY in the mapping.",
        ),
        ("DATE", "31/04/24", "DD/MM/(20)YY", "is not a date", "Write DD/MM/(20)YY, as the mapping says."),
        ("DATE", "06/05/2024", "DD/MM/(20)YY", "is not a date", "Write DD/MM/(20)YY, as the mapping says."),
        ("DATE", "454470", "SERIAL", "is not a date", "Write SERIAL, as the mapping says."),
        ("DATE", "2024", "SERIAL", "is not a date", "Write SERIAL, as the mapping says."),
        ("PART", "31-UNK-2026", "DD-MON-YYYY", "is not a date", "Write DD-MON-YYYY, as the mapping says."),
        (
            "PART",
            "March 2026",
            None,
            "is not a date",
            "Write YYYY-MM-DD, or YYYY-MM or YYYY where the rest is unknown.",
        ),
        ("TIME", "24:00", None, "is not a time of day", "Write HH:MM on the 24 hour clock, for example 09:05."),
        ("TIME", "09:60", None, "is not a time of day", "Write HH:MM on the 24 hour clock, for example 09:05."),
        ("TIME", "9:05 pm", None, "is not a time of day", "Write HH:MM on the 24 hour clock, for example 09:05."),
        ("TIME", "09:05", "HHMI", "is not a time of day", "Write HHMI, as the mapping says."),
        (
            "STAMP",
            "2026-03-31",
            None,
            "is not a date with a time",
            "Write YYYY-MM-DDTHH:MM, for example 2026-03-31T09:05.",
        ),
        (
            "STAMP",
            "2026-03-31T09:05+99:00",
            None,
            "is not a date with a time",
            "Write YYYY-MM-DDTHH:MM, for example 2026-03-31T09:05.",
        ),
        (
            "STAMP",
            "2026-03-31T24:00",
            None,
            "is not a date with a time",
            "Write YYYY-MM-DDTHH:MM, for example 2026-03-31T09:05.",
        ),
        (
            "STAMP",
            "UN-MAR-2026 09:05",
            "DD-MON-YYYY HH:MI",
            "is not a date with a time",
            "Write DD-MON-YYYY HH:MI, as the mapping says.",
        ),
    ],
)
def test_date_when_it_is_not_real_or_laid_out_otherwise_then_refused(
    item: str, given: str, layout: str | None, problem: str, remedy: str
) -> None:
    assert refusal_of(item, _given(given, layout)) == ("N101", f"{item}: '{given}' {problem}.", remedy)


@pytest.mark.parametrize("layout", ["", "DD", "nonsense", "DD/DD/YYYY", "(", "YYYY|", "HH:MI"])
@pytest.mark.parametrize("item", ["DATE", "PART", "TIME", "STAMP"])
def test_date_when_the_layout_makes_no_sense_then_refused_and_never_raised(item: str, layout: str) -> None:
    assert refusal_of(item, _given("31", layout))[0] in ("N101", "N105")
