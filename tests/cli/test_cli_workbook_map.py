"""Proposed mappings: most columns of real files are told by themselves, none of them wrongly, and the rest is asked."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from messy_studies import MAPPINGS, source_of, study_of

from trialkit.capture.proposing import Built, Column, MappingProposal, Role, Wishes
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
