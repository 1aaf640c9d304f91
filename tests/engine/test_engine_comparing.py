"""A changed form against what is stored: which difference touches what, counted by hand over three records."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine_sample import FILES, Bench

from trialkit.engine import Engine
from trialkit.engine.comparing import Consequence, FormComparison, compare_form
from trialkit.errors import DefinitionError, UsageError
from trialkit.model.record import RawValue

LISTS = """\
codelists:
  - {codelist: POSN, terms: [{code: SIT, label: Sitting}, {code: SUP, label: Supine}, {code: STA, label: Standing}]}
"""

VITALS = """\
form: VS
title: Vital signs
version: "1"
items:
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260, soft: 90..180}
  - {item: DIABP, label: Diastolic, type: integer, unit: mmHg}
  - {item: WEIGHT, label: Weight, type: decimal, unit: kg, units: [kg, LB]}
  - {item: POS, label: Position, type: code, codelist: POSN}
  - {item: NOTE, label: Note, type: text, length: 40}
  - {item: RESP, label: Breaths, type: integer}
  - {item: DUE, label: Next on, type: date, future: true}
  - {item: TWICE, label: Twice, type: integer, derive: SYSBP * 2}
checks:
  - {check: VS901, when: SYSBP <= DIABP, severity: hard, items: [SYSBP, DIABP], message: "Swapped?"}
  - {check: VS902, when: SYSBP > P.high, message: High.}
  - {check: VS903, when: TWICE > 350, message: Twice is high.}
"""

PROTOCOL = FILES["protocol.yaml"].replace("log_forms:", "parameters:\n  high: {value: 150}\nlog_forms:")

STORED: tuple[tuple[str, dict[str, str]], ...] = (
    ("V1", {"SYSBP": "130", "DIABP": "80", "WEIGHT": "80 kg", "POS": "SIT", "NOTE": "long enough", "RESP": "14"}),
    ("V2", {"SYSBP": "170", "DIABP": "90", "WEIGHT": "150.5 LB", "POS": "SUP"}),
    ("UNS", {"SYSBP": ".ND", "DIABP": "70", "DUE": "2026-05-01"}),
)
"""What is stored on VS. The 170 has a query of VS902 from the beginning; TWICE is 260 and 340. It is 31 March 2026."""


def capture(engine: Engine, stored: tuple[tuple[str, dict[str, str]], ...]) -> None:
    """Enter records on VS."""
    for visit, values in stored:
        raw = {}
        for name, text in values.items():
            number, _, unit = text.partition(" ") if name == "WEIGHT" else (text, "", "")
            raw[name] = RawValue(number, unit=unit or None)
        assert engine.enter("012-0001", visit, "VS", raw).stored


def rewrite(bench: Bench, name: str, *changes: tuple[str, str]) -> None:
    """Change a definition file of the study."""
    path = bench.folder / name
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def compare(bench: Bench, form: str = "VS", **options: object) -> FormComparison:
    """Compare a form of the study, which has data on it."""
    with bench.open() as engine:
        found = compare_form(engine, form, **options)  # type: ignore[arg-type]  # named as compare_form names them
    assert found is not None
    return found


def weights(found: FormComparison) -> list[tuple[str, str, int, int, int]]:
    """Where, what, and how many values it touches, refuses and queries."""
    return [
        (effect.difference.where, effect.difference.what, effect.values, effect.refused, effect.queried)
        for effect in found.effects
    ]


@pytest.fixture(scope="session")
def _captured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {**FILES, "protocol.yaml": PROTOCOL, "forms/vs.yaml": VITALS, "forms/lists.yaml": LISTS}
    made = Bench(tmp_path_factory.mktemp("captured") / "study").make(files)
    with made.open() as engine:
        capture(engine, STORED)
    return made.folder


@pytest.fixture
def bench(tmp_path: Path, _captured: Path) -> Bench:
    """The study with three records on VS."""
    return Bench(Path(shutil.copytree(_captured, tmp_path / "study")))


@pytest.fixture
def engine(bench: Bench) -> Iterator[Engine]:
    """The same, open."""
    with bench.open() as opened:
        yield opened


@pytest.mark.parametrize(
    ("old", "new", "where", "what", "counts"),
    [
        # counts: records with a value, refused, newly queried
        ("hard: 60..260", "hard: 60..160", "SYSBP", "possible range narrowed", (3, 1, 0)),  # 170
        ("hard: 60..260", "hard: 60..300", "SYSBP", "possible range widened", (3, 0, 0)),
        ("hard: 60..260", "hard: 140..300", "SYSBP", "possible range moved", (3, 1, 0)),  # 130
        ("soft: 90..180", "soft: 90..120", "SYSBP", "usual range narrowed", (3, 0, 2)),  # 130, 170
        ("units: [kg, LB]", "units: [kg]", "WEIGHT", "unit", (2, 1, 0)),  # 150.5 LB
        ("type: decimal, unit: kg", "type: decimal, decimals: 0, unit: kg", "WEIGHT", "decimals", (2, 1, 0)),  # 150.5
        ("length: 40", "length: 5", "NOTE", "length", (1, 1, 0)),
        ("type: text, length: 40", "type: integer", "NOTE", "type", (1, 1, 0)),
        ("label: Breaths, type: integer", "label: Breaths, type: text", "RESP", "type", (1, 0, 0)),
        ("label: Breaths,", "label: Breaths, required: true,", "RESP", "required", (1, 0, 2)),  # V2, UNS
        ("label: Breaths,", "label: Breaths, collect_when: DIABP > 85,", "RESP", "asked when", (1, 0, 1)),  # V1: 80
        ("unit: mmHg, hard", "unit: mmHg, missing: [UNK], hard", "SYSBP", "missing reasons", (3, 1, 0)),  # .ND
        ("type: date, future: true", "type: date", "DUE", "future dates", (1, 0, 1)),
        ("label: Breaths,", "label: Breaths, hidden_from: [RATER_BLIND],", "RESP", "hidden from", (1, 0, 0)),
        ("label: Breaths,", "label: Breath rate,", "RESP", "label (wording only)", (1, 0, 0)),
        ("when: SYSBP <= DIABP,", "when: SYSBP <= DIABP + 60,", "VS901", "condition", (3, 1, 0)),  # 130 <= 140
        ("message: High.", "severity: hard, message: High.", "VS902", "severity", (3, 1, 0)),  # 170
        ("message: High.", "message: Very high.", "VS902", "message (wording only)", (3, 0, 0)),
        (
            "checks:\n",
            "checks:\n  - {check: VS900, when: DIABP > 85, severity: hard, message: No.}\n",
            "VS900",
            "check added",
            (3, 1, 0),
        ),
        (
            "  - {item: TWICE",
            "  - {item: NEW, label: New, type: text, required: true}\n  - {item: TWICE",
            "NEW",
            "item added",
            (0, 0, 3),
        ),
    ],
)
def test_difference_when_values_are_stored_then_what_it_means_for_them_is_counted(
    old: str, new: str, where: str, what: str, counts: tuple[int, int, int], bench: Bench
) -> None:
    rewrite(bench, "forms/vs.yaml", (old, new))
    found = compare(bench)
    assert (where, what, *counts) in weights(found)
    assert (found.records, found.refused, found.queried) == (3, counts[1], counts[2])
    assert found.is_harmless is (counts[1] == 0)
    assert found.consequences == ()
    assert [effect.is_grave for effect in found.effects if effect.difference.what == what] == [counts[1] > 0]


def test_difference_when_it_is_the_only_one_then_nothing_else_is_told(bench: Bench) -> None:
    rewrite(bench, "forms/vs.yaml", ("hard: 60..260", "hard: 60..160"))
    assert weights(compare(bench)) == [("SYSBP", "possible range narrowed", 3, 1, 0)]


def test_codes_when_one_is_removed_then_the_value_that_has_it_would_be_refused(bench: Bench) -> None:
    rewrite(bench, "forms/lists.yaml", ("{code: SUP, label: Supine}, ", ""), ("label: Standing", "label: Upright"))
    assert weights(compare(bench)) == [
        ("POS", "codes removed", 2, 1, 0),
        ("POS", "labels of codes (wording only)", 2, 0, 0),
    ]


def test_item_when_it_is_removed_then_its_values_are_lost_and_that_is_grave(bench: Bench) -> None:
    rewrite(bench, "forms/vs.yaml", ("  - {item: RESP, label: Breaths, type: integer}\n", ""))
    found = compare(bench)
    assert weights(found) == [("RESP", "item removed", 1, 0, 0)]
    assert (found.lost, found.refused, found.is_harmless) == (1, 0, False)
    assert found.effects[0].is_grave


def test_item_when_it_is_removed_without_values_then_that_is_harmless(bench: Bench) -> None:
    with bench.open() as engine:
        engine.enter("012-0001", "V1", "VS", {"RESP": RawValue("")}, reason="wrong patient")
    rewrite(bench, "forms/vs.yaml", ("  - {item: RESP, label: Breaths, type: integer}\n", ""))
    found = compare(bench)
    assert weights(found) == [("RESP", "item removed", 0, 0, 0)]
    assert found.is_harmless
    assert not found.effects[0].is_grave


def test_computed_when_its_rule_changes_then_values_that_come_out_otherwise_and_what_reads_them_are_told(
    bench: Bench,
) -> None:
    # TWICE would be 390 and 510 instead of 260 and 340; VS903 asks above 350.
    rewrite(bench, "forms/vs.yaml", ("derive: SYSBP * 2", "derive: SYSBP * 3"))
    found = compare(bench)
    assert weights(found) == [("TWICE", "computed", 2, 0, 0)]
    assert found.effects[0].recomputed == 2
    assert found.consequences == (Consequence("VS903", "TWICE", 0, 2),)
    assert (found.queried, found.is_harmless) == (2, True)


def test_parameter_when_it_changes_then_only_new_queries_count(bench: Bench) -> None:
    rewrite(bench, "protocol.yaml", ("high: {value: 150}", "high: {value: 120}"))
    assert weights(compare(bench)) == [("P.high", "value", 3, 0, 1)]  # 130; 170 was queried already


def test_form_when_nothing_differs_then_there_is_no_effect(bench: Bench) -> None:
    found = compare(bench)
    assert (found.effects, found.is_harmless, found.records) == ((), True, 3)


def test_form_when_nothing_was_captured_then_there_is_nothing_to_compare(bench: Bench, engine: Engine) -> None:
    assert compare_form(engine, "AE") is None
    with pytest.raises(UsageError) as caught:
        compare_form(engine, "VX")
    assert caught.value.code == "U110"


def test_other_side_when_the_change_was_registered_by_other_data_then_it_is_what_the_form_was_captured_under(
    bench: Bench,
) -> None:
    rewrite(bench, "forms/vs.yaml", ("hard: 60..260", "hard: 60..160"), ('version: "1"', 'version: "2"'))
    with bench.open() as engine:
        engine.add_subject("012", "0002")
        engine.enter("012-0002", "V1", "AE", {"AETERM": RawValue("Headache")})
    found = compare(bench)
    assert (found.version_before, found.version_after, found.refused) == ("1", "2", 1)
    with bench.open() as engine:
        engine.enter("012-0002", "V1", "VS", {"SYSBP": RawValue("120")})
    assert compare(bench).effects == ()


def test_version_when_it_is_asked_for_then_the_newest_registered_one_of_that_number(bench: Bench) -> None:
    rewrite(bench, "forms/vs.yaml", ("soft: 90..180", "soft: 90..170"))
    with bench.open() as engine:
        engine.enter("012-0001", "V1", "VS", {"RESP": RawValue("15")}, reason="read again")
    rewrite(bench, "forms/vs.yaml", ("length: 40", "length: 20"), ('version: "1"', 'version: "2"'))
    with bench.open() as engine:
        engine.enter("012-0001", "V1", "VS", {"RESP": RawValue("16")}, reason="read again")
    assert compare(bench).effects == ()
    assert weights(compare(bench, version="1")) == [("NOTE", "length", 1, 0, 0)]
    with pytest.raises(UsageError) as caught:
        compare(bench, version="7")
    assert caught.value.code == "U150"
    assert "1, 2" in caught.value.remedy


def test_file_when_it_is_named_then_the_form_is_compared_with_it(bench: Bench, tmp_path: Path) -> None:
    file = tmp_path / "draft.yaml"
    file.write_text(VITALS.replace("hard: 60..260", "hard: 60..300").replace("P.high", "P.none"), encoding="utf-8")
    found = compare(bench, file=file)
    assert found.source == file.as_posix()
    assert weights(found)[0] == ("SYSBP", "possible range narrowed", 3, 0, 0)
    assert not found.is_held_against  # no protocol has the parameter of the file
    file.write_text(VITALS.replace("type: date", "type: moment"), encoding="utf-8")
    assert not compare(bench, file=file).is_held_against
    file.write_text(VITALS.replace("POSN", "NOPE"), encoding="utf-8")
    assert not compare(bench, file=file).is_held_against
    with pytest.raises(DefinitionError):
        compare(bench, file=tmp_path / "nowhere.yaml")


def test_other_side_when_it_can_not_be_evaluated_any_more_then_everything_counts(tmp_path: Path) -> None:
    tagged = PROTOCOL.replace("number: 1, day: 1,", "number: 1, day: 1, tags: [FIRST],")
    form = VITALS.replace("checks:\n", 'checks:\n  - {check: VS900, when: tag("FIRST") and RESP > 40, message: No.}\n')
    files = {**FILES, "protocol.yaml": tagged, "forms/vs.yaml": form, "forms/lists.yaml": LISTS}
    bench = Bench(tmp_path / "study").make(files)
    with bench.open() as engine:
        capture(engine, STORED)
    rewrite(bench, "protocol.yaml", (" tags: [FIRST],", ""))
    (bench.folder / "forms/vs.yaml").write_text(VITALS, encoding="utf-8")
    found = compare(bench)
    assert weights(found) == [("VS900", "check removed", 1, 0, 0)]
    assert not found.is_held_against
    assert found.queried == 1  # the 170, which was queried all along


@pytest.mark.parametrize("text", ["", "{}"])
def test_other_side_when_its_text_is_not_there_then_u151_says_what_to_do(text: str, bench: Bench) -> None:
    with bench.open() as engine:
        digest = hashlib.sha256(text.encode()).hexdigest()
        study = replace(engine.assembly.study, text=text, digest=digest)
        engine.assembly = replace(engine.assembly, study=study)  # as an older version of trialkit would have left it
        engine.enter("012-0001", "V1", "VS", {"RESP": RawValue("15")}, reason="read again")
    with pytest.raises(UsageError) as caught:
        compare(bench)
    assert caught.value.code == "U151"
    assert "--file" in caught.value.remedy
    assert weights(compare(bench, file=bench.folder / "forms/vs.yaml")) == []


def test_comparison_when_it_is_made_then_nothing_is_written(bench: Bench) -> None:
    rewrite(bench, "forms/vs.yaml", ("hard: 60..260", "hard: 60..160"))
    with bench.open() as engine:
        before = engine.store.head()
        compare_form(engine, "VS")
        assert engine.store.head() == before
