"""Rules that read several records: at entry, at import, and over everything stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_sample import FILES, Bench, enter, entries

from trialkit.engine import Engine
from trialkit.errors import UsageError
from trialkit.model.import_options import OnError
from trialkit.model.outcome import SaveOutcome, Status
from trialkit.model.record import RawValue

CHECKS = """\
checks:
  - {check: VS910, form: VS, when: SYSBP - prev(SYSBP) > 40, items: [SYSBP], message: Rose.}
  - {check: VS911, form: VS, when: 'SYSBP > 170 and not any(AE, AETERM = "High")', items: [SYSBP], message: No event.}
  - {check: VS912, form: VS, when: WEIGHT < prev(WEIGHT) / 2, severity: hard, items: [WEIGHT], message: Halved.}
  - {check: VS913, form: VS, when: subjects_with(NOTE) > 1, items: [NOTE], message: Somebody else has it.}
  - {check: AE910, form: AE, when: 'count(AE, AETERM = cur(AETERM)) > 1', severity: hard, message: Twice.}
"""

MAPPING = """\
mapping: aes
subject: {column: Subject}
records:
  - form: AE
    visit: {column: Visit}
    repeat: {column: Row}
    items:
      AETERM: {column: Term}
"""


@pytest.fixture
def crossed(tmp_path: Path) -> Iterator[Engine]:
    """A study with two subjects whose rules read several records."""
    bench = Bench(tmp_path / "study")
    bench.make({**FILES, "forms/checks.yaml": CHECKS}, (("012", "0001"), ("012", "0002")))
    with bench.open() as engine:
        yield engine


def enter_event(engine: Engine, term: str, **options: object) -> SaveOutcome:
    """Enter one row of adverse events at V1."""
    return engine.enter("012-0001", "V1", "AE", {"AETERM": RawValue(term)}, **options)  # type: ignore[arg-type]


def codes(outcome: SaveOutcome) -> list[str]:
    """The codes of the findings."""
    return [finding.code for finding in outcome.findings]


def waiting(engine: Engine) -> list[str]:
    """Every open query, as its code and place."""
    return [f"{query.code} {query.where}" for query in engine.store.queries(state="open")]


def test_enter_when_a_rule_reads_the_record_before_then_it_is_asked_at_once(crossed: Engine) -> None:
    assert codes(enter(crossed, "SYSBP=120")) == []
    assert codes(enter(crossed, "SYSBP=161", "V2")) == ["VS910"]
    assert waiting(crossed) == ["VS910 012-0001 V2 VS.SYSBP"]


def test_enter_when_another_record_puts_it_right_then_the_query_closes_in_the_same_transaction(crossed: Engine) -> None:
    enter(crossed, "SYSBP=120")
    enter(crossed, "SYSBP=161", "V2")
    before = len(entries(crossed))

    outcome = enter(crossed, "SYSBP=130", reason="Misread")

    assert [query.code for query in outcome.queries_closed] == ["VS910"]
    assert outcome.queries_closed[0].reason == "VS910 no longer applies to the record as it stands."
    assert waiting(crossed) == []
    assert [action for _, action in entries(crossed)[before:]] == ["record.save", "query.close"]


def test_enter_when_another_record_makes_it_wrong_then_a_query_opens_there(crossed: Engine) -> None:
    enter(crossed, "SYSBP=150")
    enter(crossed, "SYSBP=161", "V2")

    outcome = enter(crossed, "SYSBP=110", reason="Misread")

    assert codes(outcome) == []
    assert [query.where for query in outcome.queries_opened] == ["012-0001 V2 VS.SYSBP"]


def test_enter_when_the_event_comes_later_then_the_question_about_it_is_settled(crossed: Engine) -> None:
    assert codes(enter(crossed, "SYSBP=175")) == ["VS911"]
    assert enter_event(crossed, "Low").queries_closed == ()
    assert [query.code for query in enter_event(crossed, "High").queries_closed] == ["VS911"]
    reopened = enter_event(crossed, "Higher", repeat=2, reason="Misread")
    assert [query.code for query in reopened.queries_opened] == ["VS911"]


def test_enter_when_a_hard_rule_over_records_fires_then_nothing_is_stored(crossed: Engine) -> None:
    enter(crossed, "WEIGHT=80_kg")
    before = entries(crossed)

    outcome = enter(crossed, "WEIGHT=39_kg", "V2")

    assert not outcome.stored
    assert codes(outcome) == ["VS912"]
    assert outcome.records[0].status is Status.REFUSED
    assert entries(crossed) == before


def test_enter_when_the_contradiction_is_in_a_stored_record_then_that_one_is_asked_about(crossed: Engine) -> None:
    enter(crossed, "WEIGHT=39_kg", "V2")

    outcome = enter(crossed, "WEIGHT=80_kg")

    assert outcome.stored
    assert [query.where for query in outcome.queries_opened] == ["012-0001 V2 VS.WEIGHT"]
    assert waiting(crossed) == ["VS912 012-0001 V2 VS.WEIGHT"]


def test_enter_when_it_is_a_dry_run_then_rules_over_records_are_asked_and_nothing_is_written(crossed: Engine) -> None:
    enter(crossed, "SYSBP=120")
    before = entries(crossed)
    assert codes(enter(crossed, "SYSBP=161", "V2", dry_run=True)) == ["VS910"]
    assert entries(crossed) == before


def test_enter_when_another_subject_has_the_same_value_then_both_count(crossed: Engine) -> None:
    assert codes(enter(crossed, "NOTE=K17")) == []
    assert codes(enter(crossed, "NOTE=K17", subject="012-0002")) == ["VS913"]
    findings = crossed.check(rule="VS913").findings
    assert [finding.where for finding in findings] == ["012-0001 V1 VS.NOTE", "012-0002 V1 VS.NOTE"]


def _import(engine: Engine, rows: str, tmp_path: Path, **options: object) -> SaveOutcome:
    source, mapping = tmp_path / "aes.csv", tmp_path / "aes.yaml"
    source.write_text(f"Subject,Visit,Row,Term\n{rows}", encoding="utf-8")
    mapping.write_text(MAPPING, encoding="utf-8")
    return engine.import_file(source, [mapping], **options)  # type: ignore[arg-type]


def test_import_when_rows_of_one_file_contradict_each_other_then_each_is_refused_at_its_cell(
    crossed: Engine, tmp_path: Path
) -> None:
    outcome = _import(crossed, "012-0001,V1,1,Rash\n012-0001,V1,2,Ache\n012-0001,V2,1,Rash\n", tmp_path)
    assert not outcome.stored
    assert [(finding.code, finding.where) for finding in outcome.findings] == [
        ("AE910", "aes.csv!D2"),
        ("AE910", "aes.csv!D4"),
    ]


def test_import_when_refused_rows_are_left_out_then_the_others_are_asked_again_without_them(
    crossed: Engine, tmp_path: Path
) -> None:
    enter_event(crossed, "Ache")
    rows = "012-0001,V2,1,Ache\n012-0001,V2,2,Rash\n"
    outcome = _import(crossed, rows, tmp_path, on_error=OnError.SKIP_RECORD)
    assert outcome.stored
    assert [(record.key.repeat, record.status) for record in outcome.records] == [(1, Status.REFUSED), (2, Status.NEW)]
    assert crossed.check().findings == ()


def test_check_when_it_runs_over_what_is_stored_then_it_says_what_entry_said(crossed: Engine) -> None:
    enter(crossed, "SYSBP=120")
    enter(crossed, "SYSBP=175", "V2")
    at_entry = waiting(crossed)

    outcome = crossed.check()

    assert [f"{finding.code} {finding.where}" for finding in outcome.findings] == sorted(at_entry)
    assert (outcome.opened, outcome.closed, outcome.checked) == ((), (), 2)


def test_check_when_a_rule_is_gone_then_its_query_closes_and_says_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "study")
    bench.make({**FILES, "forms/checks.yaml": CHECKS})
    with bench.open() as engine:
        enter(engine, "SYSBP=175")
    (bench.folder / "forms/checks.yaml").write_text(CHECKS.replace("VS911", "VS999"), encoding="utf-8")
    with bench.open() as engine:
        outcome = engine.check()
    assert [(query.code, query.reason) for query in outcome.closed] == [
        ("VS911", "VS911 is no longer a rule of this study.")
    ]
    assert [query.code for query in outcome.opened] == ["VS999"]


def test_check_when_a_stored_record_breaks_a_hard_rule_then_a_query_opens(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "study").make()
    with bench.open() as engine:
        enter(engine, "SYSBP=175")
    (bench.folder / "forms/vs.yaml").write_text(FILES["forms/vs.yaml"].replace("60..260", "60..150"), encoding="utf-8")
    with bench.open() as engine:
        first, again = engine.check(), engine.check()
    assert [query.code for query in first.opened] == ["V103"]
    assert (again.opened, again.closed) == ((), ())


@pytest.mark.parametrize(
    ("narrowed", "code"),
    [
        ({"rule": "VS91"}, "U152"),
        ({"site": "013"}, "U101"),
        ({"form": "VT"}, "U110"),
        ({"subject": "012-0009"}, "U102"),
    ],
)
def test_check_when_it_is_narrowed_to_what_is_not_there_then_it_is_refused(
    crossed: Engine, narrowed: dict[str, str], code: str
) -> None:
    with pytest.raises(UsageError) as caught:
        crossed.check(**narrowed)  # type: ignore[arg-type]  # the options by name
    assert caught.value.code == code


def test_check_when_it_is_narrowed_to_a_rule_then_other_queries_stay(crossed: Engine) -> None:
    enter(crossed, "SYSBP=120")
    enter(crossed, "SYSBP=175", "V2")
    outcome = crossed.check(rule="VS910")
    assert [finding.code for finding in outcome.findings] == ["VS910"]
    assert outcome.closed == ()
    assert len(waiting(crossed)) == 2


def test_check_when_it_is_narrowed_to_a_site_then_only_its_records_are_looked_at(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "study")
    bench.make({**FILES, "forms/checks.yaml": CHECKS}, (("012", "0001"), ("SYD", "0001")))
    with bench.open() as engine:
        enter(engine, "SYSBP=175")
        enter(engine, "SYSBP=175", subject="SYD-0001")
        outcome = engine.check(site="SYD")
    assert [finding.where for finding in outcome.findings] == ["SYD-0001 V1 VS.SYSBP"]
    assert outcome.checked == 1
