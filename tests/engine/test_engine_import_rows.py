"""Many rows of a file are kept as columns until they are stored: what comes of them is what comes of each alone."""

from __future__ import annotations

import random
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from engine_sample import FILES, FORMS, Bench, plugin

from trialkit.engine import Engine, ImportOrder
from trialkit.engine.asking import FEW
from trialkit.errors import ConflictError, SourceFileError
from trialkit.extension import Function
from trialkit.model.import_options import Blank, OnError
from trialkit.model.kind import Kind
from trialkit.model.outcome import SaveOutcome, Status

MAPPING = """\
mapping: site
subject: {column: Patient, enrol: true}
missing: {ND: ND}
reason: {column: Why}
remarks: [Remark]
records:
  - form: VS
    visit: {column: Visit}
    visit_repeat: {column: No}
    items:
      NOTE: {column: Note}
      SYSBP: {column: Sys}
      DIABP: {column: Dia}
      WEIGHT: {column: Wt, unit: kg, decimal_comma: true}
      VSDAT: {column: Date, date_format: DD-MM-YYYY}
  - form: PK
    visit: {value: V1}
    timepoint: {value: PRE}
    items:
      CONC: {column: Conc}
"""
PLAIN = "".join(line for line in FORMS.splitlines(keepends=True) if "derive:" not in line)
COMPUTED = """\
  - {item: MAP, label: Mean arterial pressure, type: decimal, decimals: 1, derive: (SYSBP + 2 * DIABP) / 3}
  - {item: PP, label: Pulse pressure, type: integer, soft: 20..90, derive: SYSBP - DIABP}
  - {item: PPWHERE, label: Where it is high, type: text, derive: 'if(PP > 60 and MAP > 90, visit())'}
  - {item: WTU, label: Unit of the weight, type: text, derive: unit(WEIGHT)}
  - {item: ODD, label: What fails now and then, type: integer, derive: brittle(SYSBP)}
"""
CROSS = """\
  - {check: VS902, when: SYSBP - prev(SYSBP) > 70, severity: hard, items: [SYSBP], message: It jumps.}
  - {check: VS903, when: SYSBP - prev(SYSBP) > 40, severity: soft, items: [SYSBP], message: It rises.}
"""
HEAD = "Patient;Visit;No;Note;Sys;Dia;Wt;Date;Why;Conc;Remark\n"
ROWS = FEW + 160


def draw_rows(seed: int) -> str:
    """Rows of some subjects, most of them clean; some are refused, queried, say the same again, or contradict."""
    chance = random.Random(seed)  # noqa: S311  # a sample
    pick = chance.choice
    lines = []
    for number in range(ROWS):
        subject = pick(["", "012-00001", "SYD-99", "x"]) if chance.random() < 0.03 else f"012-{number // 5 + 1:04}"
        visit, count = (("V1", ""), ("V2", ""), ("UNS", "1"), ("UNS", "2"), ("UNS", "3"))[number % 5]
        if chance.random() < 0.03:
            visit = pick(["V9", "", "V1"])
        lines.append(
            [
                subject,
                visit,
                count,
                pick(["", "calm", f"note {number}", "=1+1"]),
                pick(["ND", "12O", "300", "", " 131 "]) if chance.random() < 0.1 else str(chance.randrange(85, 190)),
                str(chance.randrange(40, 88)),
                f"{chance.randrange(400, 900) / 10}".replace(".", ","),
                f"{chance.randrange(1, 29):02}-03-2026" if chance.random() < 0.95 else "31-02-2026",
                pick(["", "", "read again"]),
                pick(["", "1.5"]) if visit == "V1" else "",
                f"rested {number} minutes" if chance.random() < 0.2 else "",
            ]
        )
    lines.append(lines[7])
    lines.append([*lines[9][:4], "99", *lines[9][5:]])
    return HEAD + "".join(";".join(line) + "\n" for line in lines)


def make_bench(folder: Path, computed: str = "") -> Bench:
    """A study with rules that read several visits, whose vital signs compute some items, or none."""
    forms = PLAIN.replace("sdtm:\n", f"{CROSS}sdtm:\n").replace("checks:\n", f"{computed}checks:\n", 1)
    functions = plugin("brittle", language_functions=lambda: [BRITTLE])
    return Bench(folder, plugins=functions).make({**FILES, "forms/vs.yaml": forms})


def _break(number: Decimal) -> Decimal:
    if number % 10 == 7:
        raise ArithmeticError(number)
    return number / 2


BRITTLE = Function("brittle", (Kind.NUMBER,), Kind.NUMBER, _break)
"""Half of a number, which fails for some."""


def import_text(engine: Engine, folder: Path, text: str, mapping: str, **options: object) -> SaveOutcome:
    file, rules = folder / "site.csv", folder / "rules.yaml"
    file.write_text(text, encoding="utf-8")
    rules.write_text(mapping, encoding="utf-8")
    return engine.import_file(file, [rules], **options)  # type: ignore[arg-type]  # named as import_file names them


def told(outcome: SaveOutcome) -> tuple[object, ...]:
    """What is said of an import, without the names of queries."""
    asked = [(query.code, query.key, query.item, query.message) for query in outcome.queries_opened]
    records = [(record.key, record.status, record.version, record.items) for record in outcome.records]
    return (
        outcome.stored,
        outcome.storable,
        records,
        outcome.findings,
        outcome.new_subjects,
        sorted(asked, key=repr),
        [note for note in outcome.notes if "imported before" not in note],
        outcome.rows,
    )


def stored(engine: Engine) -> tuple[object, ...]:
    """What stands, and what the journal says of it, in whatever order."""
    said = [(entry.action, entry.key, entry.reason, entry.items, entry.sources) for entry in engine.store.entries()]
    kept = [entry for entry in said if entry[0] not in ("source.add", "import.file", "query.open")]
    return engine.store.records(), engine.store.subjects(), sorted(kept, key=repr)


@pytest.mark.parametrize("on_error", OnError)
@pytest.mark.parametrize(
    ("seed", "blank", "computed"), [(1, Blank.IGNORE, ""), (2, Blank.CLEAR, COMPUTED), (3, Blank.IGNORE, COMPUTED)]
)
def test_import_when_rows_are_kept_as_columns_then_all_is_as_when_each_is_read_alone(
    tmp_path: Path, on_error: OnError, seed: int, blank: Blank, computed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    told_of, stored_of = [], []
    for name in ("columns", "gathered", "each"):
        if name == "gathered":
            monkeypatch.setattr("trialkit.capture.map_rows.is_plain", lambda *_: False)
        if name == "each":
            monkeypatch.setattr("trialkit.model.submitted_rows.SubmittedRows._say", lambda *_: False)
        bench = make_bench(tmp_path / name, computed)
        with bench.open() as engine:
            assert bool(engine.assembly.plans["VS"].derivations) == bool(computed)
            first = import_text(engine, tmp_path, draw_rows(seed), MAPPING, on_error=on_error, blank=blank)
            again = import_text(engine, tmp_path, draw_rows(seed + 10), MAPPING, on_error=on_error, blank=blank)
            assert engine.store.verify().problems == ()
            told_of.append((told(first), told(again)))
            stored_of.append(stored(engine))
    columns, *others = told_of
    for one, *alone in zip(columns, *others, strict=True):
        for mine, *theirs in zip(one, *alone, strict=True):
            assert theirs == [mine, mine]
    assert stored_of == [stored_of[0]] * 3
    if on_error is not OnError.REFUSE:
        statuses = {record[1] for record in columns[0][2]}  # type: ignore[attr-defined]  # a list of tuples
        assert statuses >= {Status.NEW, Status.REFUSED}
        assert columns[0][5]
        codes = {finding.code for finding in columns[0][3]}  # type: ignore[attr-defined]  # a tuple of findings
        assert ("V302" in codes) == bool(computed)


def test_import_when_some_records_are_locked_then_those_rows_are_refused(tmp_path: Path) -> None:
    bench = make_bench(tmp_path / "study")
    text = HEAD + "".join(f"012-{number:04};V1;;;120;80;70;01-03-2026;;;\n" for number in range(1, FEW + 20))
    with bench.open() as engine:
        engine.lock("012-0001", None, None, "cleaned")
        outcome = import_text(engine, tmp_path, text, MAPPING, on_error=OnError.SKIP_RECORD)
        refused = [str(record.key) for record in outcome.records if record.status is Status.REFUSED]
    assert refused == ["012-0001 V1 VS"]
    assert [finding.code for finding in outcome.findings] == ["W103"]
    assert outcome.count(Status.NEW) == FEW + 18


def test_import_when_the_file_changes_meanwhile_then_nothing_is_stored(tmp_path: Path) -> None:
    bench = make_bench(tmp_path / "study")
    file = tmp_path / "site.csv"
    (tmp_path / "rules.yaml").write_text(MAPPING, encoding="utf-8")
    file.write_text(HEAD + "012-0001;V1;;;120;80;70;01-03-2026;;;\n", encoding="utf-8")

    def overwrite(*_: object) -> None:
        file.write_text("other", encoding="utf-8")

    with bench.open() as engine:
        with pytest.raises(SourceFileError, match=r"site\.csv changed while it was imported"):
            engine.importer(None, overwrite).run(ImportOrder(file, (tmp_path / "rules.yaml",)))
        assert engine.store.records() == []
        assert list(engine.store.entries(action="source.add")) == []


def ask(bench: Bench, folder: Path, confirm: Callable[[Engine, SaveOutcome], bool]) -> SaveOutcome:
    """Import some hundred rows, asking somebody before anything is stored."""
    file, rules = folder / "site.csv", folder / "rules.yaml"
    file.write_text(draw_rows(4), encoding="utf-8")
    rules.write_text(MAPPING, encoding="utf-8")
    with bench.open() as engine:
        order = ImportOrder(file, (rules,), on_error=OnError.SKIP_RECORD)
        return engine.importer(None, lambda *_: None).run(order, confirm=lambda shown: confirm(engine, shown))


def test_import_when_somebody_agrees_then_what_was_shown_is_stored(tmp_path: Path) -> None:
    shown: list[SaveOutcome] = []

    def agree(_: Engine, outcome: SaveOutcome) -> bool:
        shown.append(outcome)
        return True

    outcome = ask(bench := make_bench(tmp_path / "study"), tmp_path, agree)
    assert outcome.stored
    assert [(found.key, found.status) for found in outcome.records] == [
        (found.key, found.status) for found in shown[0].records
    ]
    assert outcome.findings == shown[0].findings
    with bench.open() as engine:
        assert len(engine.store.records()) == outcome.count(Status.NEW) > FEW


def test_import_when_somebody_declines_then_nothing_is_stored(tmp_path: Path) -> None:
    outcome = ask(bench := make_bench(tmp_path / "study"), tmp_path, lambda *_: False)
    assert outcome.storable
    assert not outcome.stored
    with bench.open() as engine:
        assert engine.store.records() == []


def test_import_when_something_is_decided_otherwise_after_it_was_shown_then_nothing_is_stored(tmp_path: Path) -> None:
    def lock(engine: Engine, _: SaveOutcome) -> bool:
        engine.lock("012-0001", None, None, "cleaned")
        return True

    bench = make_bench(tmp_path / "study")
    with pytest.raises(ConflictError, match=r"rules answer otherwise now: site\.csv!.* has W103 now"):
        ask(bench, tmp_path, lock)
    with bench.open() as engine:
        assert engine.store.records() == []
