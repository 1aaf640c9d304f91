"""The made-up site behind ``trialkit demo``: its patients, its workbook with mistakes in it, and how it is mapped.

Everything is drawn from a seeded generator and a given day, so that two demos on one day are alike. No real person.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
        dose: makes the values under those headers from generator, weight in kg and dosing visit number.
        mistake: the column of the dosing sheet that one row gets wrong, and what stands there.
    """

    protocol: str
    form: str
    sheet: str
    visits: tuple[tuple[str, int, str], ...]
    columns: tuple[tuple[str, str], ...]
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
        _infusion, ("Dose mg", "4l.0"),
    ),
    "nasal": Route(
        "nasal", "EXNS", "Sessions", (("V0", -9, "Screening"), ("V1", 1, "Session 1"), ("V3", 4, "Session 2")),
        (
            ("Dose mg", "EXDOSE"), ("Devices", "NDEV"), ("First spray", "EXSTTIM"), ("Last spray", "EXENTIM"),
            ("Self", "SELFADM"), ("Reclined", "EXPOSN"), ("Nurse", "OBSBY"), ("Monitored until", "TXENDTIM"),
        ),
        _session, ("First spray", "9.70"),
    ),
    "oral": Route(
        "oral", "EXPO", "Doses", (("V0", -9, "Screening"), ("V1", 1, "Dose 1"), ("V2", 8, "Dose 6")),
        (
            ("Taken", "EXOCCUR"), ("Time", "EXSTTIM"), ("Place", "EXLOC"), ("Source", "EXSRC"), ("Form", "EXDOSFRM"),
            ("Strength mg", "STREN"), ("Units", "NUNITS"), ("Dose mg", "EXDOSE"), ("Vomited", "VOMIT"),
        ),
        _tablets, ("Place", "Kitchen"),
    ),
}  # fmt: skip


def site_tables(route: Route, today: date, random: Random) -> list[Table]:
    """The site's workbook: patients, visits, vital signs, dosing, ratings; with mistakes as sites make them."""
    weights = {subject: random.uniform(55, 98) for subject in SUBJECTS}
    baselines = {subject: today - timedelta(days=8 + 2 * number) for number, subject in enumerate(SUBJECTS)}
    patients = [_patient(subject, today.year, random) for subject in SUBJECTS]
    visits: list[list[str | None]] = []
    vitals: list[list[str | None]] = []
    doses: list[list[str | None]] = []
    ratings: list[list[str | None]] = []
    for subject in SUBJECTS:
        for number, (_, day, word) in enumerate(route.visits):
            written = _written(baselines[subject] + timedelta(days=day - 1 if day > 0 else day))
            visits.append([subject, word, written, "yes", "In Person"])
            vitals.append([subject, word, written, *_vital_signs(random, weights[subject], screening=number == 0)])
            if number:
                doses.append([subject, word, written, *route.dose(random, weights[subject], number - 1)])
            if number < _RATED_VISITS:
                ratings.append([subject, word, written, "K. Smit", *(str(random.randint(2, 5)) for _ in _RATED)])
    asked = len(PATIENT_COLUMNS) - (route.protocol != "nasal")  # ancestry decides on the nasal dose alone
    tables: list[Table] = [
        ("Patients", PATIENT_COLUMNS[:asked], [patient[:asked] for patient in patients]),
        ("Visits", ("Patient", "Visit", "Date", "Came", "How seen"), visits),
        ("Vital signs", VITAL_COLUMNS, vitals),
        (route.sheet, ("Patient", "Visit", "Date", *(header for header, _ in route.columns)), doses),
        ("MADRS", ("Patient", "Visit", "Date", "Rater", *(f"Item {number}" for number in _RATED)), ratings),
    ]
    _make_mistakes(route, tables)
    return tables


_RATED = range(1, 11)
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


def _written(day: date) -> str:
    return day.strftime("%d.%m.%Y")


def site_mappings(route: Route) -> Mapping[str, str]:
    """The mapping files that a data manager would write for this workbook: file name to text."""
    words = ", ".join(f"{word}: {visit}" for visit, _, word in route.visits)
    visit = f"visit: {{column: Visit, values: {{{words}}}}}"
    dosing = "\n".join(f"      {item}: {{column: {header}}}" for header, item in route.columns)
    dates = "\n".join(f"      {item}: {{column: Date, date_format: DD.MM.YYYY}}" for item in _date_items(route))
    expiry = '\n      EXPDAT: {value: "2099-12-31"}' if route.protocol == "iv" else ""
    return {
        "patients.yaml": PATIENTS + ("      JPANC: {column: Japanese ancestry}\n" if route.protocol == "nasal" else ""),
        "visits.yaml": VISITS.format(visit=visit),
        "vitals.yaml": VITALS.format(visit=visit),
        "madrs.yaml": MADRS.format(
            visit=visit,
            items="\n".join(f"      MADR{n:02}: {{column: Item {n}, missing: {{n/r: ND}}}}" for n in _RATED),
        ),
        "dosing.yaml": DOSING.format(
            sheet=route.sheet, form=route.form, visit=visit, dates=dates, items=dosing + expiry
        ),
    }


def _date_items(route: Route) -> tuple[str, ...]:
    return ("EXDAT", "WTDAT") if route.protocol == "iv" else ("EXDAT",)


PATIENTS = """\
# The sheet "Patients" of site 012: one row per subject.
mapping: site012-patients
sheet: Patients
subject: {column: Patient}
records:
  - form: DM
    items:
      BRTHDAT: {column: Born}
      AGE: {column: Age}
      SEX: {column: Sex}
      ETHNIC: {column: Ethnicity}
      RACE: {column: Race}
      CHILDPOT: {column: Can become pregnant}
"""

VISITS = """\
# The sheet "Visits" of site 012. The site has its own words for the visits.
mapping: site012-visits
sheet: Visits
subject: {{column: Patient}}
records:
  - form: SV
    {visit}
    items:
      SVOCCUR: {{column: Came}}
      SVSTDAT: {{column: Date, date_format: DD.MM.YYYY}}
      SVMODE: {{column: How seen}}
"""

VITALS = """\
# The sheet "Vital signs" of site 012. Its thermometer and scales are American; "n/d" is the site's word for not done.
mapping: site012-vitals
sheet: Vital signs
subject: {{column: Patient}}
records:
  - form: VS
    {visit}
    items:
      VSPERF: {{value: Y}}
      VSDAT: {{column: Date, date_format: DD.MM.YYYY}}
      VSTIM: {{column: Time}}
      VSPOS: {{column: Position}}
      SYSBP: {{column: BP sys, missing: {{n/d: ND}}}}
      DIABP: {{column: BP dia, missing: {{n/d: ND}}}}
      PULSE: {{column: Pulse, missing: {{n/d: ND}}}}
      RESP: {{column: Resp, missing: {{n/d: ND}}}}
      TEMP: {{column: Temp F, unit: F, missing: {{n/d: ND}}}}
      OXYSAT: {{column: SpO2, missing: {{n/d: ND}}}}
      WEIGHT: {{column: Weight lb, unit: LB}}
      HEIGHT: {{column: Height cm, unit: cm}}
"""

MADRS = """\
# The sheet "MADRS" of site 012: one row per rating. Its total is not on the sheet; trialkit computes it.
mapping: site012-madrs
sheet: MADRS
subject: {{column: Patient}}
records:
  - form: MADRS
    {visit}
    items:
      QSPERF: {{value: Y}}
      QSDAT: {{column: Date, date_format: DD.MM.YYYY}}
      RATER: {{column: Rater}}
{items}
"""

DOSING = """\
# The sheet "{sheet}" of site 012: one row per dose.
mapping: site012-dosing
sheet: {sheet}
subject: {{column: Patient}}
records:
  - form: {form}
    {visit}
    items:
{dates}
{items}
"""
