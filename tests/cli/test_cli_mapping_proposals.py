"""Proposed mappings: most columns of real files are told by themselves, none of them wrongly, and the rest is asked."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from messy_studies import MAPPINGS, source_of, study_of
from property_examples import examples

from trialkit.capture.proposing import Built, Column, MappingProposal, Role, Wishes
from trialkit.capture.proposing.words import synonyms
from trialkit.define import load_mapping, mapping_page
from trialkit.engine import Engine
from trialkit.engine.mapping_proposal import compare_with, propose_for, read_for, settle
from trialkit.extension import ReadOptions
from trialkit.model.mapping import Mapping
from trialkit.model.source import SourceFile

WRITTEN = [mapping for mapping in MAPPINGS if not mapping.stem.endswith("_pain")]
"""The mappings to files of which something can be proposed; the only value of the last one is out of its range."""

VISITS = {
    "14": "V2",
    "03": "V0",
    "06": "V0",
    "07": "V0",
    "11": "V0",
    "12": "V1",
    "13": "V1",
    "15": "V1",
    "05": "V1",
    "04": "V0",
    "10": "V0",
}
"""The visit that a person has to say where a file names none."""


def propose(engines: dict[str, Engine], mapping: Path, visit: str = "") -> tuple[SourceFile, MappingProposal]:
    """What is proposed for the file of a mapping, by the study it is for."""
    engine = engines[study_of(mapping)]
    options = ReadOptions("iso-8859-1" if mapping.stem.startswith("07") else None, None)
    source = read_for(engine.assembly, source_of(mapping), options)
    forms = ("MADRS",) if visit and mapping.stem.startswith("10") else ()
    wishes = Wishes(f"m-{mapping.stem}", forms=forms, visit=visit, enrol=True, encoding=options.encoding)
    return source, propose_for(engine.assembly, engine.store, source, wishes)


def truth(mapping: Mapping) -> dict[str, set[str]]:
    """What each header is for in a mapping that a person wrote: items, or roles."""
    found: dict[str, set[str]] = {}
    parts = {name: rule.column for rule in mapping.parts for pattern in rule.patterns for name in pattern.parts}
    if mapping.subject.column is not None:
        found[mapping.subject.column] = {"subject"}
    for record in mapping.records:
        for role, key in (("visit", record.visit), ("timepoint", record.timepoint)):
            if key is not None and key.column is not None:
                found.setdefault(key.column, set()).add(role)
        for header in record.where:
            found.setdefault(header, set()).add("question")
        for header in record.totals:
            found.setdefault(header, set()).add("total")
        for name, item in record.items.items():
            header = parts.get(item.part or "", "") or item.column or ""
            found.setdefault(header, set()).add(f"{record.form}.{name}")
    for header in mapping.remarks:
        found.setdefault(header, set()).add("remark")
    for header in mapping.ignore:
        found.setdefault(header, set()).add("ignore")
    return found


def judge(column: Column, expected: set[str]) -> str:
    """Whether a proposal is right: everything that it says stands in the mapping that a person wrote.

    A column that is called a remark is shown to people and never imported: that is no wrong item.
    """
    if column.role is Role.UNDECIDED:
        return "asked"
    said = {f"{target.form}.{target.item}" for target in column.targets} or {column.role.value}
    if said <= expected:
        return "right"
    return "asked" if column.role is Role.REMARK else "wrong"


def test_proposal_when_the_files_of_sites_are_looked_at_then_most_columns_are_right_and_none_is_wrong(
    messy_engines: dict[str, Engine],
) -> None:
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for mapping in WRITTEN:
        expected = truth(load_mapping(mapping, messy_engines[study_of(mapping)].assembly.study))
        _, proposal = propose(messy_engines, mapping)
        for column in proposal.columns:
            verdict = judge(column, expected.get(column.header, set()))
            counts[verdict] += 1
            if verdict == "wrong":
                wrong.append(f"{mapping.stem}: {column.header} is not {column.becomes}")

    assert wrong == []
    assert counts == {"right": 74, "asked": 30}


@pytest.mark.parametrize("mapping", WRITTEN, ids=lambda mapping: mapping.stem)
def test_proposal_when_it_is_written_then_it_loads_clean_and_nothing_differs(
    mapping: Path, messy_engines: dict[str, Engine], tmp_path: Path
) -> None:
    engine = messy_engines[study_of(mapping)]
    source, proposal = propose(messy_engines, mapping, VISITS.get(mapping.stem[:2], ""))
    built = settle(engine.assembly, source, proposal.build())
    written = write(built, tmp_path / "written.yaml")

    loaded = load_mapping(written, engine.assembly.study)
    _, difference = compare_with(engine.assembly, engine.store, source_of(mapping), written, ReadOptions(None, None))

    assert loaded == built.mapping
    assert (difference.gone, difference.new, difference.open_texts) == ((), (), {})


def write(built: Built, path: Path) -> Path:
    """Write what was built."""
    assert built.mapping is not None
    path.write_text(mapping_page(built.mapping, built.comments, "A heading"), encoding="utf-8")
    return path


HEADERS = ("SYSBP", "Weight (lb)", "Temp F", "MADRS", "phq9_1", "phq9_2", "phq9_3", "x", "")
TEXTS = (
    "0401", "V1", "V 4", "T+40", "120", "98,6", "36.9", "176 lb", "03/04/2024", "13/04/2024", "2024-04-13", "9.05",
    "yes", "ND", "-9", "n/a", "120/80", "1/2", "Mean", "=1+1", "", "?", "{x}", "A'B", "long text, that says more",
)  # fmt: skip
WORDS = st.sampled_from([*(word for word in synonyms() if word), *HEADERS])
CELLS = st.sampled_from(TEXTS)


@examples(60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    headers=st.lists(WORDS, min_size=1, max_size=9),
    rows=st.lists(st.lists(CELLS, min_size=9, max_size=9), max_size=5),
)
def test_proposal_when_a_sheet_is_anything_then_no_item_has_two_columns_and_what_is_written_loads(
    headers: list[str], rows: list[list[str]], messy_engines: dict[str, Engine], tmp_path: Path
) -> None:
    engine = messy_engines["iv"]
    file = tmp_path / "any.csv"
    with file.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows([["id", *headers], *(["0401", *row[: len(headers)]] for row in rows)])
    source = read_for(engine.assembly, file, ReadOptions(None, ","))

    proposal = propose_for(engine.assembly, engine.store, source, Wishes("any", visit="V1", enrol=True, delimiter=","))
    built = settle(engine.assembly, source, proposal.build())

    filled = [(target.form, target.item, target.visit) for column in built.columns for target in column.targets]
    assert len(set(filled)) == len(filled)
    assert all(column.score >= 85 for column in built.columns if column.targets)
    if built.mapping is not None:
        written = write(built, tmp_path / "any.yaml")
        assert load_mapping(written, engine.assembly.study) == built.mapping
        _, difference = compare_with(engine.assembly, engine.store, file, written, ReadOptions(None, None))
        assert difference.is_empty


def test_dates_when_day_and_month_could_be_either_then_it_is_asked_and_one_date_can_prove_it(
    messy_engines: dict[str, Engine], tmp_path: Path
) -> None:
    def layout(*dates: str) -> tuple[Role, str | None]:
        engine, file = messy_engines["iv"], tmp_path / "dates.csv"
        file.write_text("id,dob\n" + "".join(f"04{number:02d},{day}\n" for number, day in enumerate(dates)), "utf-8")
        source = read_for(engine.assembly, file, ReadOptions(None, None))
        column = propose_for(engine.assembly, engine.store, source, Wishes("dates")).columns[1]
        return column.role, column.targets[0].rule.date_format if column.targets else None

    assert layout("03/04/1981", "05/06/1979") == (Role.UNDECIDED, None)
    assert layout("03/04/1981", "13/05/1979") == (Role.ITEM, "DD/MM/YYYY")
    assert layout("03/04/1981", "05/13/1979") == (Role.ITEM, "MM/DD/YYYY")
    assert layout("13/04/1981", "05/13/1979") == (Role.UNDECIDED, None)
    assert layout("12.11.1969") == (Role.UNDECIDED, None)
    assert layout("1981-04-03", "1979") == (Role.ITEM, None)


@pytest.mark.parametrize(
    ("header", "texts", "unit"),
    [
        ("Wt", ["70", "81.5"], None),
        ("Weight (lb)", ["170", "181.5"], "LB"),
        ("Weight kg", ["70", "81.5"], "kg"),
        ("Ht", ["170", "182", "165"], "cm"),
        ("Temp", ["98.6", "37.1", "36.8"], None),
        ("Temp", ["36.9", "37.1", "36.8"], "C"),
    ],
)
def test_unit_when_header_or_values_do_not_prove_it_then_it_is_asked(
    header: str, texts: list[str], unit: str | None, messy_engines: dict[str, Engine], tmp_path: Path
) -> None:
    engine, file = messy_engines["iv"], tmp_path / "units.csv"
    rows = "".join(f"04{number:02d},{text}\n" for number, text in enumerate(texts))
    file.write_text(f"id,{header}\n{rows}", "utf-8")
    source = read_for(engine.assembly, file, ReadOptions(None, ","))

    proposal = propose_for(engine.assembly, engine.store, source, Wishes("u", forms=("VS",), visit="V0"))

    found = proposal.columns[1]
    assert (found.targets[0].rule.unit if found.targets else None) == unit
    assert bool(proposal.questions) == (unit is None)


@pytest.mark.parametrize(
    ("others", "becomes"),
    [
        (["Sys", "Dia", "Pulse", "SpO2"], "VSPERF"),
        (["PR interval", "QT interval", "QTcF"], "EGPERF"),
        ([], None),
    ],
)
def test_done_when_the_other_columns_tell_the_form_then_it_says_whether_that_was_done(
    others: list[str], becomes: str | None, messy_engines: dict[str, Engine], tmp_path: Path
) -> None:
    engine, file = messy_engines["iv"], tmp_path / "done.csv"
    rows = "".join(f"04{number:02d},Y{',98' * len(others)}\n" for number in range(3))
    file.write_text(",".join(["id", "Done", *others]) + f"\n{rows}", "utf-8")
    source = read_for(engine.assembly, file, ReadOptions(None, ","))

    done = propose_for(engine.assembly, engine.store, source, Wishes("d", visit="V0")).columns[1]

    assert (done.targets[0].item if done.targets else None) == becomes
    assert (done.role is Role.UNDECIDED) == (becomes is None)
