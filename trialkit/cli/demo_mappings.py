"""How the workbook of the made-up site behind ``trialkit demo`` becomes records, and what its study asks otherwise."""

from __future__ import annotations

from collections.abc import Mapping

from trialkit.cli.demo_data import RATED, Route


def site_mappings(route: Route) -> Mapping[str, str]:
    """The mapping files that a data manager would write for this workbook: file name to text."""
    words = ", ".join(f"{word}: {visit}" for visit, _, word in route.visits)
    visit = f"visit: {{column: Visit, values: {{{words}}}}}"
    dosing = "\n".join(f"      {item}: {{column: {header}}}" for header, item in route.columns)
    dates = "\n".join(f"      {item}: {{column: Date, date_format: DD.MM.YYYY}}" for item in _date_items(route))
    expiry = '\n      EXPDAT: {value: "2099-12-31"}' if route.protocol == "iv" else ""
    is_nasal = route.protocol == "nasal"
    nose = "      PDNASAL: {column: Nose clear}\n" if is_nasal else ""
    return {
        "patients.yaml": PATIENTS + ("      JPANC: {column: Japanese ancestry}\n" if is_nasal else ""),
        "visits.yaml": VISITS.format(visit=visit),
        "vitals.yaml": VITALS.format(visit=visit),
        "madrs.yaml": MADRS.format(
            visit=visit,
            items="\n".join(f"      MADR{n:02}: {{column: Item {n}, missing: {{n/r: ND}}}}" for n in RATED),
        ),
        "dosing.yaml": DOSING.format(
            sheet=route.sheet, form=route.form, visit=visit, dates=dates, items=dosing + expiry
        ),
        "consents.yaml": CONSENTS + ('      ICOPTCHP: {value: "Y"}\n' if route.protocol == "oral" else ""),
        "checks.yaml": CHECKS.format(visit=visit, ignored="" if is_nasal else "ignore: [Nose clear]\n", more=nose),
        **({"reports.yaml": REPORTS.format(visit=visit)} if is_nasal else {}),
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

CONSENTS = """\
# The sheet "Consents" of site 012: one row per signed document.
mapping: site012-consents
sheet: Consents
subject: {column: Patient}
records:
  - form: IC
    visit: {value: V0}
    items:
      ICTYPE: {value: INITIAL}
      ICVERS: {column: Version}
      ICDAT: {column: Date, date_format: DD.MM.YYYY}
      ICTIM: {column: Time}
      ICMODE: {column: Talk}
      ICINV: {column: Obtained by}
      ICINVDAT: {column: Date, date_format: DD.MM.YYYY}
      ICCOPY: {column: Copy given}
"""

CHECKS = """\
# The sheet "Dosing checks" of site 012: each row makes two records, the check before the dose and the C-SSRS, of which
# the site writes down no more than "no".
mapping: site012-checks
sheet: Dosing checks
{ignored}subject: {{column: Patient}}
records:
  - form: CSSRSS
    {visit}
    items:
      QSPERF: {{value: Y}}
      QSDAT: {{column: Date, date_format: DD.MM.YYYY}}
      RATER: {{column: Investigator}}
      CSS0201: {{column: Suicidal thoughts}}
      CSS0202: {{column: Suicidal thoughts}}
      CSS0212: {{column: Suicidal acts}}
      CSS0214: {{column: Suicidal acts}}
      CSS0215: {{column: Suicidal acts}}
      CSS0217: {{column: Suicidal acts}}
      CSS0219: {{column: Suicidal acts}}
      CSS0220: {{column: Suicidal acts}}
      CSS0221: {{column: Suicidal acts}}
  - form: PD
    {visit}
    items:
      PDDAT: {{column: Date, date_format: DD.MM.YYYY}}
      PDTIM: {{column: Time}}
      PDFOODTM: {{column: Last food, date_format: "DD.MM.YYYY HH:MI"}}
      PDDRNKTM: {{column: Last drink, date_format: "DD.MM.YYYY HH:MI"}}
      PDESCORT: {{column: Escort}}
      PDALC24: {{column: Alcohol 24 h}}
      PDCAN24: {{column: Cannabis 24 h}}
      PDSBP1: {{column: BP sys}}
      PDDBP1: {{column: BP dia}}
      PDSBPL: {{column: BP sys}}
      PDDBPL: {{column: BP dia}}
      PDNBP: {{value: "1"}}
      PDPULSE: {{column: Pulse}}
      PDSPO2: {{column: SpO2}}
      PDCADSS: {{column: CADSS}}
      PDMOAAS: {{column: MOAA/S}}
{more}      PDDEC: {{column: Decision}}
      PDINV: {{column: Investigator}}
"""

REPORTS = """\
# The sheet "Safety reports" of site 012: one row for each session, with the day on which the report was sent.
mapping: site012-reports
sheet: Safety reports
subject: {{column: Patient}}
records:
  - form: RE
    {visit}
    items:
      REBENZO: {{column: Medicines}}
      REHYPN: {{column: Medicines}}
      RESTIM: {{column: Medicines}}
      REMAOI: {{column: Medicines}}
      REOPIOID: {{column: Medicines}}
      RESED: {{column: Sedation}}
      REDISS: {{column: Dissociation}}
      RERESPD: {{column: Breathing}}
      RESUBDAT: {{column: Sent, date_format: DD.MM.YYYY}}
"""

RULES = """\
# What this study asks otherwise than trialkit's library. A file in the folder of a study may replace any of its rules.
checks:
  # The library asks for every form of the schedule. This site keeps most of them on paper for now.
  - check: SV005
    form: SV
    when: SVOCCUR = "Y" and SVSTDAT < today() and not any(VS, here())
    items: [SVSTDAT]
    message: "Vital signs of this visit are missing: enter them, or enter on VS why they were not taken."
    source: Data management plan of the demonstration
    examples:
      fires: [today=2024-05-18 | V1 SV SVOCCUR=Y SVSTDAT=2024-05-17]
      quiet:
        - today=2024-05-17 | V1 SV SVOCCUR=Y SVSTDAT=2024-05-17
        - today=2024-05-18 | V1 VS VSPERF=N | V1 SV SVOCCUR=Y SVSTDAT=2024-05-17
      missing: [V1 SV SVOCCUR=Y]
  # The library wants a visit to be entered within 5 days. This site sends its workbook once a month.
  - check: GL004
    form: SV
    when: days(SVSTDAT, entered()) > 31
    items: [SVSTDAT]
    message: "Data entered more than a month after the visit: check the date, or say why it was late."
    source: Data management plan of the demonstration
    examples:
      fires: [V1 SV SVSTDAT=2024-05-01 entered=2024-06-02T10:00]
      quiet: [V1 SV SVSTDAT=2024-05-02 entered=2024-06-02T10:00]
      missing: [V1 SV SVOCCUR=N entered=2024-06-02T10:00]
"""
