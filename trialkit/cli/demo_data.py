"""The made-up site behind ``trialkit demo``: its patients, and its workbook with mistakes in it.

Everything is drawn from a seeded generator and a given day, so that two demos on one day are alike. No real person.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

SITE = "012"
SUBJECTS = tuple(f"{SITE}-{number:04d}" for number in range(1, 7))

Table = tuple[str, tuple[str, ...], list[list[str | None]]]
"""A sheet: its name, its header, its rows."""


@dataclass(frozen=True, slots=True)
class Route:
    """What differs between the demos of the three routes.

    Attributes:
        protocol: the protocol's name.
        form: the dosing form.
        sheet: the name of the site's sheet about dosing.
        visits: screening and the two dosing visits that the demo fills: visit, study day, the site's own word.
        columns: the site's headers of that sheet, each with the item it holds.
        start: the one of these headers under which the start of the dose stands.
        dose: makes the values under those headers from generator, weight in kg and dosing visit number.
        mistake: the column of the dosing sheet that one row gets wrong, and what stands there.
    """

    protocol: str
    form: str
    sheet: str
    visits: tuple[tuple[str, int, str], ...]
    columns: tuple[tuple[str, str], ...]
    start: str
    dose: Callable[[Random, float, int], list[str]]
    mistake: tuple[str, str]


def _infusion(random: Random, weight: float, _number: int) -> list[str]:
    dose = round(0.5 * weight * 2) / 2
    start = random.randint(0, 20)
    return [
        f"{weight:.1f}", "0.5", f"{dose:g}", "50", f"{dose / 50:.2f}", "100", "150", f"10:{start:02d}",
        f"10:{start + 40:02d}" if start < 20 else "11:00", "no", "100", "KET-2231", "SV", "ML",
    ]  # fmt: skip


def _session(random: Random, _weight: float, number: int) -> list[str]:
    devices = 2 if number == 0 else random.choice((2, 3))
    start = random.randint(0, 30)
    last = start + 5 * (devices - 1)
    return [
        str(28 * devices),
        str(devices),
        f"09:{start:02d}",
        f"09:{last:02d}",
        "yes",
        "yes",
        "J. Vos",
        f"11:{last:02d}",
    ]


def _tablets(random: Random, _weight: float, _number: int) -> list[str]:
    return ["yes", f"08:{random.randint(0, 59):02d}", "Clinic", "Seen by site staff", "TABLET", "60", "2", "120", "no"]


ROUTES: dict[str, Route] = {
    "iv": Route(
        "iv", "EXIV", "Infusions", (("V0", -9, "Screening"), ("V1", 1, "Infusion 1"), ("V3", 4, "Infusion 2")),
        (
            ("Weight kg", "WTUSED"), ("mg/kg", "DOSELVL"), ("Dose mg", "EXDOSE"), ("Vial mg/mL", "CONC"),
            ("Drawn mL", "VOLDRUG"), ("Bag mL", "VOLTOT"), ("Rate mL/h", "EXRATE"), ("Start", "EXSTTIM"),
            ("Stop", "EXENTIM"), ("Interrupted", "EXINTRP"), ("Infused mL", "EXVOLINF"), ("Lot", "LOTNO"),
            ("Prepared", "PREPBY"), ("Checked", "CHKBY"),
        ),
        "Start", _infusion, ("Dose mg", "4l.0"),
    ),
    "nasal": Route(
        "nasal", "EXNS", "Sessions", (("V0", -9, "Screening"), ("V1", 1, "Session 1"), ("V3", 4, "Session 2")),
        (
            ("Dose mg", "EXDOSE"), ("Devices", "NDEV"), ("First spray", "EXSTTIM"), ("Last spray", "EXENTIM"),
            ("Self", "SELFADM"), ("Reclined", "EXPOSN"), ("Nurse", "OBSBY"), ("Monitored until", "TXENDTIM"),
        ),
        "First spray", _session, ("First spray", "9.70"),
    ),
    "oral": Route(
        "oral", "EXPO", "Doses", (("V0", -9, "Screening"), ("V1", 1, "Dose 1"), ("V2", 8, "Dose 6")),
        (
            ("Taken", "EXOCCUR"), ("Time", "EXSTTIM"), ("Place", "EXLOC"), ("Source", "EXSRC"), ("Form", "EXDOSFRM"),
            ("Strength mg", "STREN"), ("Units", "NUNITS"), ("Dose mg", "EXDOSE"), ("Vomited", "VOMIT"),
        ),
        "Time", _tablets, ("Place", "Kitchen"),
    ),
}  # fmt: skip


def site_tables(route: Route, today: date, random: Random) -> list[Table]:
    """The site's workbook: one sheet for each thing that it writes down; with mistakes as sites make them."""
    weights = {subject: random.uniform(55, 98) for subject in SUBJECTS}
    baselines = {subject: today - timedelta(days=8 + 2 * number) for number, subject in enumerate(SUBJECTS)}
    patients = [_patient(subject, today.year, random) for subject in SUBJECTS]
    visits: list[list[str | None]] = []
    vitals: list[list[str | None]] = []
    doses: list[list[str | None]] = []
    ratings: list[list[str | None]] = []
    checks: list[list[str | None]] = []
    consents: list[list[str | None]] = []
    reports: list[list[str | None]] = []
    start = [header for header, _ in route.columns].index(route.start)
    for subject in SUBJECTS:
        for number, (_, day, word) in enumerate(route.visits):
            on = baselines[subject] + timedelta(days=day - 1 if day > 0 else day)
            written = _written(on)
            visits.append([subject, word, written, "yes", "In Person"])
            vitals.append([subject, word, written, *_vital_signs(random, weights[subject], screening=number == 0)])
            if number:
                dose = route.dose(random, weights[subject], number - 1)
                doses.append([subject, word, written, *dose])
                checks.append([subject, word, written, *_check_before(random, on, dose[start])])
                reports.append([subject, word, "no", "no", "yes", "no", _written(on + timedelta(days=3))])
            else:
                consents.append([subject, written, "08:30", "2.0", "In person", "A. Bakker", "yes"])
            if number < _RATED_VISITS:
                ratings.append([subject, word, written, "K. Smit", *_madrs(random)])
    asked = len(PATIENT_COLUMNS) - (route.protocol != "nasal")  # ancestry decides on the nasal dose alone
    tables: list[Table] = [
        ("Patients", PATIENT_COLUMNS[:asked], [patient[:asked] for patient in patients]),
        ("Visits", ("Patient", "Visit", "Date", "Came", "How seen"), visits),
        ("Vital signs", VITAL_COLUMNS, vitals),
        (route.sheet, ("Patient", "Visit", "Date", *(header for header, _ in route.columns)), doses),
        ("MADRS", ("Patient", "Visit", "Date", "Rater", *(f"Item {number}" for number in RATED)), ratings),
        ("Consents", CONSENT_COLUMNS, consents),
        ("Dosing checks", CHECK_COLUMNS, checks),
        *((("Safety reports", REPORT_COLUMNS, reports),) if route.protocol == "nasal" else ()),
    ]
    _make_mistakes(route, tables)
    return tables


RATED = range(1, 11)
"""The items of the MADRS."""

_RATED_VISITS = 2
"""Screening and the visit of the first dose."""

PATIENT_COLUMNS = (
    "Patient", "Born", "Age", "Sex", "Ethnicity", "Race", "Can become pregnant", "Japanese ancestry",
)  # fmt: skip

VITAL_COLUMNS = (
    "Patient", "Visit", "Date", "Time", "Position", "BP sys", "BP dia", "Pulse", "Resp", "Temp F", "SpO2",
    "Weight lb", "Height cm",
)  # fmt: skip

CONSENT_COLUMNS = ("Patient", "Date", "Time", "Version", "Talk", "Obtained by", "Copy given")

CHECK_COLUMNS = (
    "Patient", "Visit", "Date", "Time", "Last food", "Last drink", "Escort", "Alcohol 24 h", "Cannabis 24 h", "BP sys",
    "BP dia", "Pulse", "SpO2", "CADSS", "MOAA/S", "Nose clear", "Suicidal thoughts", "Suicidal acts", "Decision",
    "Investigator",
)  # fmt: skip

REPORT_COLUMNS = ("Patient", "Visit", "Medicines", "Sedation", "Dissociation", "Breathing", "Sent")


def _patient(subject: str, year: int, random: Random) -> list[str | None]:
    sex = random.choice(("Female", "Male"))
    age = random.randint(24, 64)
    pregnant = random.choice(("yes", "no")) if sex == "Female" else None
    return [subject, str(year - age), str(age), sex, "Not Hispanic or Latino", "White", pregnant, "no"]


def _vital_signs(random: Random, weight: float, *, screening: bool) -> list[str | None]:
    systolic = random.randint(108, 138)
    return [
        f"09:{random.randint(0, 59):02d}",
        "Sitting",
        str(systolic),
        str(systolic - random.randint(38, 52)),
        str(random.randint(58, 88)),
        str(random.randint(12, 18)),
        f"{random.uniform(97.2, 99.1):.1f}",
        str(random.randint(96, 99)),
        f"{weight / 0.45359237:.1f}",
        f"{random.uniform(158, 188):.1f}" if screening else None,
    ]


def _madrs(random: Random) -> list[str]:
    """Ten answers of somebody depressed; thoughts of suicide, the last of them, are no more than fleeting."""
    return [str(random.randint(2, 5)) for _ in RATED[:-1]] + [str(random.randint(0, 2))]


def _check_before(random: Random, day: date, start: str) -> list[str]:
    """The check before a dose, finished a quarter of an hour before it; nothing speaks against giving it."""
    hour, minute = map(int, start.split(":"))
    at = datetime.combine(day, time(hour, minute)) - timedelta(minutes=15)
    systolic = random.randint(108, 134)
    return [
        f"{at:%H:%M}", f"{_written(day - timedelta(days=1))} 21:30", f"{_written(day)} 05:30", "yes", "no", "no",
        str(systolic), str(systolic - random.randint(38, 50)), str(random.randint(58, 88)),
        str(random.randint(96, 99)), str(random.randint(0, 3)), "5", "yes", "no", "no", "GO", "A. Bakker",
    ]  # fmt: skip


def _make_mistakes(route: Route, tables: Sequence[Table]) -> None:
    """What goes wrong on sites: a swapped pair, an O for a 0, an impossible date, a slip of the keyboard."""
    vitals = tables[2][2]
    column = VITAL_COLUMNS.index
    vitals[1][column("BP sys")], vitals[1][column("BP dia")] = vitals[1][column("BP dia")], vitals[1][column("BP sys")]
    vitals[3][column("Temp F")] = "986"
    vitals[5][column("Pulse")] = "n/d"
    vitals[7][0] = "012-0O03"
    vitals[10][column("SpO2")] = "91"
    tables[1][2][4][2] = "31.02.2026"
    tables[4][2][2][7] = "n/r"
    header, wrong = route.mistake
    tables[3][2][2][tables[3][1].index(header)] = wrong
    if route.protocol == "nasal":
        tables[7][2][3][REPORT_COLUMNS.index("Sent")] = None  # the query of it is answered by sending the report


def _written(day: date) -> str:
    return day.strftime("%d.%m.%Y")
