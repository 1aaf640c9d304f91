"""Code lists agree with the controlled terminology they name."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Mapping
from pathlib import Path

import pytest

from trialkit.model.codelist import CodeList

UNCHECKED = {"C171445"}
"""Lists of CDISC whose terms are not in the excerpt (Mode of Subject Contact): they carry no term codes."""

SHORTER_ON_PURPOSE = {"C66742"}
"""Closed lists from which forms offer a part: unknown and not applicable are missing reasons, not answers."""


def test_codelists_when_they_name_a_list_then_codes_and_term_codes_agree(
    codelists: Mapping[str, CodeList], terminology: Mapping[str, Mapping[str, str]]
) -> None:
    named = [found for found in codelists.values() if found.nci and found.nci not in UNCHECKED]
    assert len(named) >= 9
    for codelist in named:
        published = terminology[codelist.nci]
        for term in codelist.terms:
            assert term.nci == published.get(term.code), f"{codelist.codelist} {term.code}"


def test_codelists_when_they_name_no_checked_list_then_terms_carry_no_code(codelists: Mapping[str, CodeList]) -> None:
    for codelist in codelists.values():
        if not codelist.nci or codelist.nci in UNCHECKED:
            assert not [term.code for term in codelist.terms if term.nci], codelist.codelist


def test_codelists_when_closed_then_every_term_is_offered(
    codelists: Mapping[str, CodeList], terminology: Mapping[str, Mapping[str, str]]
) -> None:
    for codelist in codelists.values():
        if codelist.nci in terminology and not codelist.extensible and codelist.nci not in SHORTER_ON_PURPOSE:
            assert set(codelist.codes) == set(terminology[codelist.nci]), codelist.codelist


def test_codelists_when_read_then_every_term_has_a_label_and_names_are_unambiguous(
    codelists: Mapping[str, CodeList],
) -> None:
    for codelist in codelists.values():
        owner: dict[str, str] = {}
        for term in codelist.terms:
            assert term.label, f"{codelist.codelist} {term.code}"
            for name in {name.casefold() for name in (term.code, term.label, *term.synonyms)}:
                assert owner.setdefault(name, term.code) == term.code, f"{codelist.codelist}: {name} names two terms"


def test_codelists_when_the_whole_release_is_at_hand_then_the_excerpt_is_true(
    root: Path, terminology: Mapping[str, Mapping[str, str]]
) -> None:
    release = root.parent / "shared" / "standards" / "ct_2025-03-28_mission.csv.gz"
    if not release.is_file():
        pytest.skip("the release is not at hand")
    with gzip.open(release, "rt", encoding="utf-8", newline="") as file:
        published = {(row["codelist_code"], row["term"]): row["term_code"] for row in csv.DictReader(file)}
    for listed, terms in terminology.items():
        for term, code in terms.items():
            assert published.get((listed, term)) == code


def test_codelists_when_the_dossier_is_at_hand_then_codes_stand_in_its_order(
    dossier: Path, codelists: Mapping[str, CodeList]
) -> None:
    with (dossier / "codelists.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for codelist in codelists.values():
        given = [row["code"] for row in rows if row["codelist"] == codelist.codelist]
        assert list(codelist.codes) == given, codelist.codelist
        (listed,) = {row["nci_c_code"] for row in rows if row["codelist"] == codelist.codelist}
        assert codelist.nci == listed
