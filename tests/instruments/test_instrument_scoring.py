"""The 30 instruments of the library against scores that were computed by hand, and against the domain dossier."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from instrument_sample import (
    CASES,
    DIFFERENCES,
    Case,
    answer_items,
    answer_range,
    answers,
    begin,
    case_named,
    enter,
    expectations,
    pairs,
    scored_items,
    stored,
)
from openpyxl import Workbook

from trialkit.engine import Engine
from trialkit.model.form import Form
from trialkit.model.score import Rater, Wording

Dossier = Callable[[str], list[dict[str, str]]]

RATERS = {"ClinRO": Rater.CLINICIAN, "PRO": Rater.PATIENT, "PerfO": Rater.PERFORMANCE}
NAMED = ("minimum", "maximum", "too many missing", "out of range")
PRORATING = ("prorated", "no prorating")
UNCONFIRMED = re.compile("memory|convention|project")


@pytest.mark.parametrize("case", [case for case in CASES if not case.is_told_away], ids=lambda case: case.name)
def test_instrument_when_a_case_is_entered_then_what_is_stored_is_what_was_computed_by_hand(
    case: Case, instruments: Engine, sittings: Iterator[int]
) -> None:
    sitting = next(sittings)
    outcome = enter(instruments, case.instrument, answers(case, instruments.form(case.instrument)), sitting)
    found = stored(instruments, case.instrument, sitting)
    told = pairs(case.expect)
    refused = [item for word, item in told if word == "refused"]
    if refused:
        assert [finding.item for finding in outcome.findings if finding.is_hard] == refused
        assert found == {}
        return
    assert outcome.stored, outcome.findings
    expected = expectations(case)
    assert {name: found.get(name, "") for name in expected} == expected
    assert {item for word, item in told if word == "queried"} <= {query.item for query in outcome.queries_opened}


def test_cases_when_the_dossier_names_an_instrument_then_it_has_every_case_and_a_working(dossier_rows: Dossier) -> None:
    have = [case.name for case in CASES]
    named = [row["id"] for row in dossier_rows("instruments")]
    assert len(named) == 30
    assert [f"{name}-{case}" for name in named for case in NAMED if f"{name}-{case}" not in have] == []
    assert [name for name in named if not {f"{name}-{case}" for case in PRORATING} & set(have)] == []
    assert [name for name in have if have.count(name) > 1 or name.partition("-")[0] not in named] == []
    assert [case.name for case in CASES if not case.working] == []


def test_forms_when_compared_with_the_dossier_then_only_the_stated_differences_are_there(
    instruments: Engine, dossier_rows: Dossier
) -> None:
    concepts = dossier_rows("instrument_items")
    found = [
        (row["id"], what)
        for row in dossier_rows("instruments")
        for what in _differences(
            instruments, row, [concept["code"] for concept in concepts if concept["instrument"] == row["id"]]
        )
    ]
    assert sorted(found) == sorted((stated.instrument, stated.what) for stated in DIFFERENCES)
    assert [stated.what for stated in DIFFERENCES if not stated.reason] == []


def _differences(engine: Engine, row: dict[str, str], codes: list[str]) -> Iterator[str]:
    """What of a form is not as its row of the dossier says, in the words of ``exceptions-*.csv``."""
    form = engine.form(row["id"])
    tests = {test.testcd for mapping in form.sdtm for test in mapping.all_tests}
    yield from (f"item {code}" for code in codes if code not in tests and form.item(code) is None)
    if not codes and int(row["n_items"]) != len(scored_items(form)):
        yield "count"
    yield from _range_differences(engine, form, row["response_options"])
    total = next((score.range for score in form.scores if score.score == "TOTAL"), None)
    written = form.item("TOTAL")
    total = total or (written.hard if written else None)
    ends = None if total is None else (total.low, total.high)
    if ends != (int(row["total_min"]), int(row["total_max"])):
        yield "total"
    has_category = not row["cdisc_cat"].startswith("none")
    if form.instrument is None or (has_category and row["cdisc_cat"] != form.instrument.category):
        yield "category"
    if {mapping.domain for mapping in form.sdtm} - set(re.findall("[A-Z]+", row["sdtm_domain"])):
        yield "domain"


def _range_differences(engine: Engine, form: Form, options: str) -> Iterator[str]:
    told = {(int(low), int(high)) for low, high in re.findall(r"(\d+)-(\d+)", options)}
    asked = {item.item: answer_range(item, engine.assembly.study.codelists) for item in answer_items(form)}
    yield from (f"range {name}" for name, ends in asked.items() if ends is not None and ends not in told)
    yield from (f"range {low}-{high}" for low, high in sorted(told - set(asked.values())))


def test_forms_when_the_licence_allows_labels_only_then_no_wording_is_in_them(
    instruments: Engine, dossier_rows: Dossier
) -> None:
    for row in dossier_rows("instruments"):
        form = instruments.form(row["id"])
        assert form.instrument is not None, row["id"]
        assert form.instrument.licence, row["id"]
        if row["ship_text"] == "FULL":
            continue
        assert form.instrument.wording is Wording.LABELS, row["id"]
        assert [text for text in _texts(instruments, form) if len(text) > 40] == []
        helps = {item.item: item.help for item in answer_items(form)}
        assert {name: text for name, text in helps.items() if re.search(r"\b\d\s*[=:–]", text)} == {}


def _texts(engine: Engine, form: Form) -> Iterator[str]:
    """The label of every answer item, and what its code list shows."""
    for item in answer_items(form):
        yield item.label
        if item.codelist is not None:
            yield from (term.label for term in engine.assembly.study.codelists[item.codelist].terms)


def test_forms_when_the_dossier_tells_a_rule_from_memory_then_it_is_to_be_confirmed(
    instruments: Engine, dossier_rows: Dossier
) -> None:
    columns = ("missing_rule", "cutoffs", "reverse_or_direction", "response_options", "subscales", "licence")
    unmarked = [
        row["id"]
        for row in dossier_rows("instruments")
        if any(UNCONFIRMED.search(row[column]) for column in columns) and not _to_confirm(instruments.form(row["id"]))
    ]
    assert unmarked == []


def _to_confirm(form: Form) -> list[str]:
    items = [item.to_confirm for item in form.items]
    return [text for text in (*form.to_confirm, *items, *(score.to_confirm for score in form.scores)) if text]


def test_forms_when_an_instrument_was_not_done_then_every_one_asks_the_same_and_says_so(
    instruments: Engine, dossier_rows: Dossier
) -> None:
    for row in dossier_rows("instruments"):
        form = instruments.form(row["id"])
        assert form.instrument is not None
        assert form.instrument.rater is RATERS[row["rater"].split(" ")[0]], row["id"]
        rated = form.instrument.rater is not Rater.PATIENT
        head = ["QSPERF", "QSREASND", "QSDAT", "QSTIM", "RATER" if rated else "DURSEC"]
        assert [item.item for item in form.items[:5]] == head
        (not_done,) = [mapping for mapping in form.sdtm if mapping.when == 'QSPERF = "N"']
        assert not_done.variables[f"{not_done.domain}STAT"] == '"NOT DONE"'


THREE_WAYS = [
    ("MADRS", "prorated and rounded", {"MADR01": "6"}),
    ("SHAPS", "prorated", {"SHAP01": "SD"}),
    ("QIDSSR", "the highest of each domain", {"QIDSR103": "0"}),
    ("WSAS", "prorated to a half", {"WSAS02": "8"}),
]


@pytest.mark.parametrize(("instrument", "name", "wrong"), THREE_WAYS, ids=[way[0] for way in THREE_WAYS])
def test_scores_when_entered_imported_or_corrected_then_they_are_the_same(
    instrument: str, name: str, wrong: dict[str, str], instruments: Engine, sittings: Iterator[int], tmp_path: Path
) -> None:
    case = case_named(instrument, name)
    form = instruments.form(instrument)
    right = answers(case, form)
    typed, imported, corrected = next(sittings), next(sittings), next(sittings)

    enter(instruments, instrument, right, typed)
    instruments.import_file(_workbook(tmp_path / "site.xlsx", instrument, right, imported), [])
    enter(instruments, instrument, {**right, **wrong}, corrected)
    mistaken = stored(instruments, instrument, corrected)["TOTAL"]
    outcome = enter(
        instruments, instrument, {name: right[name] for name in wrong}, corrected, reason="read wrongly from the paper"
    )

    assert outcome.stored, outcome.findings
    assert stored(instruments, instrument, typed)["TOTAL"] == expectations(case)["TOTAL"] != mistaken
    assert stored(instruments, instrument, imported) == stored(instruments, instrument, typed)
    assert stored(instruments, instrument, corrected) == stored(instruments, instrument, typed)
    _assert_rescored(instruments, instrument, corrected, next(iter(wrong)), mistaken)


def _workbook(path: Path, form: str, values: dict[str, str], sitting: int) -> Path:
    """A sheet laid out as trialkit lays it out: a missing reason stands in a column of its own."""
    cells = {"SUBJECT": "012-0001", "VISIT": "V1", "VISITREP": str(sitting)}
    for name, text in values.items():
        cells[f"{name}_M" if text.startswith(".") else name] = text.removeprefix(".")
        cells.setdefault(name, "")
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = form
    for row in (list(cells), list(cells.values())):
        sheet.append(row)
    book.save(path)
    return path


def _assert_rescored(engine: Engine, form: str, sitting: int, item: str, mistaken: str) -> None:
    """The corrected answer and the score that followed stand in one journal entry."""
    changes = [
        change
        for change in engine.history("012-0001", "V1", form)
        if change.key.visit_repeat == sitting and change.item in (item, "TOTAL")
    ]
    answer = [change for change in changes if change.item == item][-1]
    total = [change for change in changes if change.item == "TOTAL"][-1]
    assert answer.seq == total.seq
    assert (answer.derived, total.derived) == (False, True)
    assert total.old is not None
    assert total.old.text == mistaken


def test_scores_when_the_protocol_does_not_prorate_then_only_what_may_be_left_out_by_design_is_missing(
    tmp_path: Path,
) -> None:
    cases = [("MADRS", "prorated"), ("HAMD17", "weight by history only"), ("PHQ9", "prorated")]
    totals = {}
    with begin(tmp_path / "study", "no_prorating: [MADRS, HAMD17]\n") as engine:
        for instrument, name in cases:
            enter(engine, instrument, answers(case_named(instrument, name), engine.form(instrument)), 1)
            texts = stored(engine, instrument, 1)
            totals[instrument] = (texts.get("TOTAL"), texts.get("TOTAL_PRORATED"))
    assert totals == {"MADRS": (None, None), "HAMD17": ("17", None), "PHQ9": ("18", "Y")}


def test_export_when_instruments_are_filled_in_then_scores_are_derived_rows_under_the_names_of_cdisc(
    tmp_path: Path,
) -> None:
    with begin(tmp_path / "study") as engine:
        for instrument, name in (("PHQ9", "prorated"), ("HAMD17", "maximum"), ("MADRS", "not done")):
            enter(engine, instrument, answers(case_named(instrument, name), engine.form(instrument)), 1)
        engine.export_sdtm(tmp_path / "sdtm", ["csv"])
    rows = {row["QSTESTCD"]: row for row in _table(tmp_path / "sdtm" / "qs.csv")}
    rows |= {row["RSTESTCD"]: row for row in _table(tmp_path / "sdtm" / "rs.csv")}
    assert [rows["PHQ0101"][f"QS{name}"] for name in ("TEST", "CAT", "ORRES", "STRESC", "STRESN")] == [
        "PHQ01-Little Interest/Pleasure in Things", "PHQ-9", "More than half the days", "2", "2",
    ]  # fmt: skip
    assert [rows["PHQ0111"][f"QS{name}"] for name in ("TEST", "ORRES", "STRESN", "DRVFL")] == [
        "PHQ01-Total Score", "", "18", "Y",
    ]  # fmt: skip
    assert [rows["HAMD118"][f"RS{name}"] for name in ("CAT", "STRESN", "DRVFL", "EVAL")] == [
        "HAMD 17", "52", "Y", "RATER",
    ]  # fmt: skip
    assert [rows["RSALL"][f"RS{name}"] for name in ("CAT", "STAT", "REASND")] == [
        "MADRS", "NOT DONE", "The participant refused",
    ]  # fmt: skip
    (prorated,) = _table(tmp_path / "sdtm" / "suppqs.csv")
    assert (prorated["QNAM"], prorated["IDVARVAL"]) == ("PRORATED", rows["PHQ0111"]["QSSEQ"])


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
