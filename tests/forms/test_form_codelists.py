"""Code lists agree with the controlled terminology they name, and with the domain dossier."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from trialkit.model.codelist import CodeList

Rows = list[dict[str, str]]
Terminology = Mapping[str, Mapping[str, str]]

SHORTER_ON_PURPOSE = {
    "NY": "unknown and not applicable are missing reasons, not answers",
    "EGINTP": "a tracing that can not be read is a missing result",
}
"""Closed lists of CDISC from which a form offers a part."""

EXTENSIONS = {
    ("UNIT", "mg/mL"): "CDISC has the quantity as g/L, which no vial says",
    ("POSNEG", "INVALID"): "a strip that did not work is an answer of its own: the test is repeated",
}
"""Terms of our own in extensible lists of CDISC."""

ELSEWHERE = {
    "VISIT": "the visits of a protocol",
    "TPT": "the timepoints of a protocol",
    "NULLCODE": "the missing reasons of trialkit; other texts are mapped to them at import",
    "LBSIU": "factors of conversion, in the derivation of LBNUM on LB",
}
"""Lists of the dossier that are no code lists here, and where their content is."""

OTHER_NCI = {
    "IECAT": "C66797",  # CDISC has the list, and it is closed
    "EGINTP": "C101834",  # CDISC: Normal Abnormal Response
    "POSNEG": "C102580",  # CDISC: Laboratory Test Standard Character Result
    "SPEC": "C78734",  # CDISC: Specimen Type
    "LBUNIT": "C71620",  # CDISC: Unit
}
"""Lists that the dossier calls the sponsor's although CDISC publishes their terms."""

OTHER_CODE = {("LBUNIT", "mL/min/1.73m2"): "mL/min/1.73 m2"}
"""Codes of the dossier that CDISC spells otherwise."""

MORE = {
    "ROUTE": {"RESPIRATORY (INHALATION)", "TOPICAL", "TRANSDERMAL", "OPHTHALMIC", "RECTAL", "VAGINAL"},
    "FREQ": {"TID", "QID", "QHS", "EVERY 4 WEEKS", "QM"},
    "UNIT": {"ug", "g", "L/min", "IU", "CAPSULE", "DROP", "PUFF", "PATCH"},
    "LBUNIT": {"mmol/mol"},
}
"""Terms behind those of the dossier: what participants take beside the study drug, and how HbA1c is reported."""

LIST_OF_NAMES = "C67154"
"""LBTEST, the names of the tests of LBTESTCD."""


def test_codelists_when_they_name_a_list_then_every_term_is_published_or_a_stated_extension(
    codelists: Mapping[str, CodeList], terminology: Terminology
) -> None:
    named = [found for found in codelists.values() if found.nci]
    assert len(named) >= 27
    extensions = set()
    for codelist in named:
        for term in codelist.terms:
            code = terminology[codelist.nci].get(term.code, "")
            assert term.nci == code, f"{codelist.codelist} {term.code}"
            if not code:
                extensions.add((codelist.codelist, term.code))
                assert codelist.extensible, f"{codelist.codelist} is closed and has {term.code}"
    assert extensions == set(EXTENSIONS)


def test_codelists_when_they_name_no_list_then_terms_carry_no_code_and_nothing_is_extensible(
    codelists: Mapping[str, CodeList],
) -> None:
    for codelist in codelists.values():
        if not codelist.nci:
            assert not codelist.extensible, codelist.codelist
            assert not [term.code for term in codelist.terms if term.nci], codelist.codelist


def test_codelists_when_they_name_a_list_then_they_are_as_extensible_as_it_is(
    codelists: Mapping[str, CodeList], published: Rows
) -> None:
    extensible = {row["codelist_code"]: row["extensible"] == "Y" for row in published}
    for codelist in codelists.values():
        if codelist.nci:
            assert codelist.extensible == extensible[codelist.nci], codelist.codelist


def test_codelists_when_closed_then_every_term_is_offered(
    codelists: Mapping[str, CodeList], terminology: Terminology
) -> None:
    shorter = {
        codelist.codelist
        for codelist in codelists.values()
        if codelist.nci and not codelist.extensible and set(codelist.codes) != set(terminology[codelist.nci])
    }
    assert shorter == set(SHORTER_ON_PURPOSE)


def test_codelists_when_read_then_no_two_terms_of_a_list_share_a_name(every_codelist: tuple[CodeList, ...]) -> None:
    for codelist in every_codelist:
        owner: dict[str, str] = {}
        for term in codelist.terms:
            for name in {name.casefold() for name in (term.code, term.display, *term.synonyms)}:
                assert owner.setdefault(name, term.code) == term.code, f"{codelist.codelist}: {name} names two terms"


def test_codelists_when_labelled_then_labels_are_words_and_synonyms_are_news(
    every_codelist: tuple[CodeList, ...],
) -> None:
    for codelist in every_codelist:
        assert codelist.title, codelist.codelist
        for term in codelist.terms:
            name = f"{codelist.codelist} {term.code}"
            assert any(letter.islower() for letter in term.display) or term.display.isdigit(), name
            known = {term.code.casefold(), term.display.casefold()}
            assert not known & {synonym.casefold() for synonym in term.synonyms}, name


def test_codelists_when_a_protocol_has_lists_of_its_own_then_it_replaces_the_arms_alone(
    every_codelist: tuple[CodeList, ...],
) -> None:
    names = [codelist.codelist for codelist in every_codelist]
    assert {name for name in names if names.count(name) > 1} == {"ARM"}
    assert names.count("ARM") == 4


@pytest.mark.parametrize("name", ["LBTESTCD", "UDTEST"])
def test_codelists_when_they_are_laboratory_tests_then_labels_are_the_names_to_submit(
    name: str, codelists: Mapping[str, CodeList], terminology: Terminology
) -> None:
    names = {code: test for test, code in terminology[LIST_OF_NAMES].items()}
    assert [term.label for term in codelists[name].terms] == [names[term.nci] for term in codelists[name].terms]


def test_excerpt_when_the_whole_release_is_at_hand_then_it_is_true(root: Path, published: Rows) -> None:
    release = root.parent / "shared" / "standards" / "ct_2025-03-28_mission.csv.gz"
    if not release.is_file():
        pytest.skip("the release is not at hand")
    with gzip.open(release, "rt", encoding="utf-8", newline="") as file:
        terms = {
            (row["codelist_code"], row["codelist"], row["extensible"], row["term_code"], row["term"])
            for row in csv.DictReader(file)
        }
    known = {listed for listed, *_ in terms}
    mine = {tuple(row.values()) for row in published if row["codelist_code"] in known}
    assert len(mine) > 200
    assert mine <= terms


def test_codelists_when_compared_with_the_dossier_then_every_list_is_there(
    codelists: Mapping[str, CodeList], dossier_rows: Callable[[str], Rows]
) -> None:
    wanted = {row["codelist"] for row in dossier_rows("codelists")}
    assert wanted - set(codelists) == set(ELSEWHERE)


def test_codelists_when_compared_with_the_dossier_then_codes_stand_in_its_order(
    codelists: Mapping[str, CodeList], dossier_rows: Callable[[str], Rows]
) -> None:
    wanted: dict[str, list[str]] = {}
    for row in dossier_rows("codelists"):
        if row["codelist"] not in ELSEWHERE:
            code = OTHER_CODE.get((row["codelist"], row["code"]), row["code"])
            wanted.setdefault(row["codelist"], []).append(code)
    more = {}
    for name, codes in wanted.items():
        given = list(codelists[name].codes)
        assert given[: len(codes)] == codes, name
        if given[len(codes) :]:
            more[name] = set(given[len(codes) :])
    assert more == MORE


def test_codelists_when_the_dossier_spells_a_code_otherwise_then_its_spelling_is_accepted(
    codelists: Mapping[str, CodeList],
) -> None:
    for (name, spelling), code in OTHER_CODE.items():
        term = codelists[name].term(code)
        assert term is not None
        assert spelling in term.synonyms


def test_codelists_when_compared_with_the_dossier_then_nci_codes_agree_or_are_stated(
    codelists: Mapping[str, CodeList], dossier_rows: Callable[[str], Rows]
) -> None:
    stated = {row["codelist"]: row["nci_c_code"] for row in dossier_rows("codelists")}
    differ = {
        name: codelists[name].nci
        for name, nci in stated.items()
        if name not in ELSEWHERE and codelists[name].nci != nci
    }
    assert differ == OTHER_NCI
