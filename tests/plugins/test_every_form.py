"""Each form of each protocol is entered once by hand and once from a workbook, and leaves as raw tables and as SDTM.

One study for each protocol, made when the first test asks for it: subject 0001 is typed, subject 0002 imported. Both
ways go through the command line, as people use it.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.mark.structures import ParameterSet
from every_form import Entry, every_form
from protocol_route import load_protocol

from trialkit.cli.context import now
from trialkit.cli.failure import run_guarded
from trialkit.cli.main import cli
from trialkit.engine import opening
from trialkit.engine.assembly import Assembly, assemble
from trialkit.model.record import Record
from trialkit.registry import load_registry
from trialkit.spreadsheet import write_workbook

STUDIES = [
    *[("iv", ""), ("nasal", ""), ("oral", "")],
    *[("iv", "iv-ptsd"), ("iv", "iv-pain"), ("iv", "iv-anxiety"), ("oral", "po-loz")],
]

STUDY = """\
study: EVERY
title: Every form once
protocol: {protocol}
sites:
  - {{site: "012", country: NLD, timezone: Europe/Amsterdam}}
"""

_ALL_YES = "every question is answered with Yes, so that each that follows from it is asked"
FINDINGS: dict[str, dict[str, str]] = {
    "CSSRSS": {"PD011": _ALL_YES, "SC017": _ALL_YES},
    "DA": {"PO016": "a number of lost units is entered, so that its reason is asked"},
}
"""Form to the codes of soft findings that no plausible record of it is without, each with its reason."""

UNIQUE = {"DEVKIT", "HBDEV", "RTNO"}
"""Items of which no two participants have the same."""

KEPT: dict[str, set[str]] = {
    # Events are coded in MedDRA elsewhere.
    "AE.AEDECOD: X103": set(),
    # Which arm was really given is not known to the site while a trial is blinded.
    "DM.ARMNRS: X113": set(),
    # CDISC has no category for these scales.
    "QS.QSCAT: X102": {"BPICSS", "CADSS", "E-DIARY", "ICSI", "NRS", "PWC20", "SHAPS", "WHO-5"},
    # Nor has it tests for units taken, and for what else is known of a device.
    "DA.DATESTCD: X102": {"TAKENAMT", "DCRECDAT", "DCSTAT", "DCSUBJ"},
    "DA.DATEST: X102": {"Taken Amount", "Date Received at Site", "Device Status", "Subject Device Dispensed To"},
}
"""Notices of the export that stay, with the terms that they may name; any other is a fault of a definition."""

ABOUT_ITS_ENTRY = {"GL004", "W105"}
"""What is said of how a record came: here long after its visit, and the same for two subjects."""

NASAL_ONLY = {"PE"}
"""Domains whose every mapped item is asked in nasal trials only: the nose is looked at there."""

TYPED, IMPORTED = "012-0001", "012-0002"
SUFFIXES = {"xpt": ".xpt", "dataset-json": ".json", "csv": ".csv"}


class Said(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # Any: parsed JSON
        """The results as JSON."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Filled:
    """A study in which every form was entered twice, and what the commands said.

    Attributes:
        folder: the study's folder; the packages stand beside it.
        assembly: the study and its plugins.
        entries: form to what was entered.
        entered: form to what ``trialkit enter`` said.
        imported: of the workbook.
        stored: form to the records that stand, the typed one first.
        checked: of all rules over everything.
        raw: of the export of raw tables.
        sdtm: of the export of SDTM datasets.
        verified: of the journal, last.
    """

    folder: Path
    assembly: Assembly
    entries: Mapping[str, Entry]
    entered: Mapping[str, Said]
    imported: Said
    stored: Mapping[str, Sequence[Record]]
    checked: Said
    raw: Said
    sdtm: Said
    verified: Said

    def found(self, form: str) -> tuple[list[str], list[str]]:
        """Severity, code and item of each finding about a form, as it was typed and as it was imported."""
        imported = [one for outcome in self.imported.data["outcomes"] for one in outcome["findings"]]
        both = self.entered[form].data["findings"], [one for one in imported if one["key"]["form"] == form]
        typed, read = (
            [f"{one['severity']} {one['code']} {one['item']}" for one in found if self.is_about_itself(one["code"])]
            for found in both
        )
        return typed, read

    def is_about_itself(self, code: str) -> bool:
        """Whether a rule looks at a record alone: what was entered on each form does not go together."""
        return code not in self.assembly.study.reads and code not in ABOUT_ITS_ENTRY

    def rows(self, domain: str) -> list[dict[str, str]]:
        """The rows of an SDTM domain."""
        with (self.folder.parent / "sdtm" / f"{domain.lower()}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))


def say(*words: str) -> Said:
    """Type a command."""
    out, err = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = run_guarded(cli, words)
    return Said(code, out.getvalue(), err.getvalue())


def fill(folder: Path, protocol: str, variant: str) -> Filled:
    """Make a study, enter and import every form, check, export and verify it."""
    folder.mkdir()
    words = STUDY.format(protocol=protocol) + (f"variant: {variant}\n" if variant else "")
    (folder / "study.yaml").write_text(words, encoding="utf-8")
    where = ("--study", str(folder), "--user", "ann")
    made = say("init", str(folder), "--user", "ann")
    assert made.code == 0, made.err
    for number in (TYPED, IMPORTED):
        assert say("subject", "add", *number.split("-"), *where).code == 0
    assembly = opening.assemble(folder, load_registry())
    entries = {entry.form.form: entry for entry in every_form(assembly)}
    workbook = folder.parent / "every.xlsx"
    write_workbook(workbook, [_sheet(entry) for entry in entries.values()], datetime(2024, 5, 6, 12, 0, tzinfo=UTC))
    entered = {name: say("enter", *_typed(entry), "--json", *where) for name, entry in entries.items()}
    imported = say("import", str(workbook), "--json", *where)
    with opening.open_study(folder, "ann", now) as engine:
        records = sorted(engine.store.records(), key=lambda record: record.key)
    return Filled(
        folder=folder,
        assembly=assembly,
        entries=entries,
        entered=entered,
        imported=imported,
        stored={name: [record for record in records if record.key.form == name] for name in entries},
        checked=say("check", "--json", *where),
        raw=say("export", "raw", "-o", str(folder.parent / "raw"), "--json", *where),
        sdtm=say("export", "sdtm", "-o", str(folder.parent / "sdtm"), "--format", ",".join(SUFFIXES), "--json", *where),
        verified=say("audit", "verify", "--json", *where[:2]),
    )


def _typed(entry: Entry) -> list[str]:
    """The words after ``trialkit enter``."""
    owner = ["012", "-"] if entry.form.reference else [TYPED, entry.visit]
    timepoint = ["--timepoint", entry.timepoint] if entry.timepoint else []
    values = [word for item, value in entry.values.items() for word in ("--set", f"{item}={value}")]
    return [*owner, entry.form.form, *timepoint, *values]


def _sheet(entry: Entry) -> tuple[str, Sequence[str], Sequence[Sequence[str]]]:
    """A sheet in the house's own layout: key, items, and units where they have to be said."""
    reference = entry.form.reference
    key = {"SUBJECT": "012", "REPEAT": "2"} if reference else {"SUBJECT": IMPORTED, "VISIT": entry.visit}
    cells = key | ({"TIMEPOINT": entry.timepoint} if entry.timepoint else {})
    for item, value in entry.values.items():
        cells |= {item: f"{value.text}B" if item in UNIQUE else value.text} | (
            {f"{item}_U": value.unit} if value.unit else {}
        )
    return entry.form.form, list(cells), [list(cells.values())]


pytestmark = pytest.mark.slow  # every form of seven studies, typed and imported


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str, str], Filled]]:
    """Fills a study of a protocol and a variant, each once.

    Every command opens its study anew, and reads some seventy files to do so. They do not change between the
    commands of this module, so the study that was assembled for the first one serves the others, too.
    """
    with pytest.MonkeyPatch.context() as patch:
        opened = cache(lambda folder: assemble(folder, load_registry()))
        patch.setattr(opening, "assemble", lambda folder, _registry: opened(folder))
        yield cache(lambda protocol, variant: fill(tmp_path_factory.mktemp("every") / "study", protocol, variant))


def _forms(protocol: str, variant: str) -> list[str]:
    """The forms of a protocol, read from its file: tests are named before any study is made."""
    path = Path(__file__).parents[2] / "plugins" / f"trialkit_{protocol}" / "protocol.yaml"
    found = load_protocol(path).resolved(variant or None)
    return sorted({entry.form for visit in found.visits for entry in visit.forms} | set(found.log_forms))


def _mark(protocol: str, variant: str, *more: str) -> ParameterSet:
    return pytest.param(protocol, variant, *more, id="-".join(filter(None, (variant or protocol, *more))))


EVERY_STUDY = pytest.mark.parametrize(("protocol", "variant"), [_mark(*study) for study in STUDIES])
EVERY_FORM = pytest.mark.parametrize(
    ("protocol", "variant", "form"), [_mark(*study, form) for study in STUDIES for form in _forms(*study)]
)
Studies = Callable[[str, str], Filled]


@EVERY_FORM
def test_form_when_typed_then_everything_that_was_asked_is_stored(
    filled: Studies, protocol: str, variant: str, form: str
) -> None:
    study = filled(protocol, variant)
    entry, record = study.entries[form], study.stored[form][0]
    assert study.entered[form].code == 0, study.entered[form].err
    assert (record.key.visit, record.key.timepoint, record.version) == (entry.visit, entry.timepoint, 1)
    computed = {item.item for item in entry.form.items if item.derive is not None}
    told = {name: value.text for name, value in record.values.items() if name not in computed}
    assert told == {name: given.text for name, given in entry.values.items()}
    assert not [name for name, value in record.values.items() if value.missing is not None]


@EVERY_FORM
def test_form_when_imported_then_it_is_stored_as_it_was_typed(
    filled: Studies, protocol: str, variant: str, form: str
) -> None:
    typed, imported = filled(protocol, variant).stored[form]
    assert imported.key != typed.key
    assert (imported.key.visit, imported.key.timepoint) == (typed.key.visit, typed.key.timepoint)
    for name in {*typed.values, *imported.values} - UNIQUE:
        first, second = typed.values[name], imported.values[name]
        assert (second.text, second.missing, second.unit) == (first.text, first.missing, first.unit), name


@EVERY_FORM
def test_form_when_entered_then_nothing_is_found_but_what_no_record_is_without(
    filled: Studies, protocol: str, variant: str, form: str
) -> None:
    typed, imported = filled(protocol, variant).found(form)
    assert typed == imported
    assert {line.rpartition(" ")[0] for line in typed} == {f"soft {code}" for code in FINDINGS.get(form, {})}


@EVERY_STUDY
def test_study_when_imported_and_checked_then_the_commands_say_so(filled: Studies, protocol: str, variant: str) -> None:
    study = filled(protocol, variant)
    assert set(study.entries) == set(_forms(protocol, variant)) == set(study.assembly.study.forms)
    assert study.imported.code == 0, study.imported.err
    (outcome,) = study.imported.data["outcomes"]
    assert (outcome["stored"], outcome["rows"]) == (True, len(study.entries))
    findings = [one for one in study.checked.data["findings"] if study.is_about_itself(one["code"])]
    found = {(one["key"]["form"], one["code"]) for one in findings}
    assert found == {(form, code) for form, codes in FINDINGS.items() if form in study.entries for code in codes}
    assert study.checked.data["closed"] == []


@EVERY_STUDY
def test_study_when_exported_raw_then_every_form_has_both_records(filled: Studies, protocol: str, variant: str) -> None:
    said = filled(protocol, variant).raw
    assert said.code == 0, said.err
    rows = {name.removesuffix(".csv").upper(): count for name, count in said.data["files"].items()}
    assert {form: rows[form] for form in _forms(protocol, variant)} == dict.fromkeys(_forms(protocol, variant), 2)


@EVERY_STUDY
def test_study_when_exported_as_sdtm_then_every_domain_that_a_form_maps_to_is_there(
    filled: Studies, protocol: str, variant: str
) -> None:
    study = filled(protocol, variant)
    assert study.sdtm.code == 0, study.sdtm.err
    mappings = [mapping for entry in study.entries.values() for mapping in entry.form.sdtm]
    domains = {mapping.domain for mapping in mappings} - (set() if protocol == "nasal" else NASAL_ONLY)
    domains |= {f"SUPP{mapping.domain}" for mapping in mappings if mapping.supplemental}
    files = study.sdtm.data["files"]
    assert not [f"{one}{end}" for one in domains for end in SUFFIXES.values() if not files.get(f"{one.lower()}{end}")]
    for domain in domains:
        numbers = [row["USUBJID"] for row in study.rows(domain)]
        assert numbers.count(f"EVERY-{TYPED}") * 2 == numbers.count(f"EVERY-{IMPORTED}") * 2 == len(numbers), domain


@EVERY_STUDY
def test_study_when_exported_as_sdtm_then_no_notice_tells_of_a_faulty_definition(
    filled: Studies, protocol: str, variant: str
) -> None:
    notices = filled(protocol, variant).sdtm.data["notices"]
    assert not [notice for notice in notices if not _is_kept(notice)]


def _is_kept(notice: str) -> bool:
    if "in CSV with an apostrophe" in notice:
        return True  # a duration such as -PT10M; of the format, not of a definition
    place = ": ".join(notice.split(": ")[:2])
    term = re.search(r": '([^']*)' is no term", notice)
    return place in KEPT and (term is None or term[1] in KEPT[place])


@EVERY_STUDY
def test_study_when_verified_then_the_journal_is_sound(filled: Studies, protocol: str, variant: str) -> None:
    said = filled(protocol, variant).verified
    assert (said.code, said.data["problems"]) == (0, [])


@EVERY_STUDY
def test_arm_when_allocated_then_dm_has_its_code_and_its_label_and_not_the_arm_that_was_given(
    filled: Studies, protocol: str, variant: str
) -> None:
    study = filled(protocol, variant)
    given = study.entries["RT"].values["RTARM"].text if "RT" in study.entries else ""
    label = next((arm.label for arm in study.assembly.study.protocol.arms if arm.arm == given), "")
    assert bool(label) == (variant != "po-loz")  # open label, with one arm: nobody is randomised
    found = {tuple(row[name] for name in ("ARMCD", "ARM", "ACTARMCD", "ACTARM", "ARMNRS")) for row in study.rows("DM")}
    assert found == {(given, label, "", "", "")}
