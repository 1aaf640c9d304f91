"""Two people write at the same moment: what their records mean together is never missed, whoever comes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import Barrier, Thread

import pytest
from engine_sample import FILES, Bench, enter, entries, plugin

from trialkit.engine.intake import Batch, write_batch
from trialkit.engine.proposal import propose
from trialkit.engine.proposals import Proposals
from trialkit.extension import Veto
from trialkit.model.import_options import OnError
from trialkit.model.outcome import SaveOutcome, Status
from trialkit.model.record import RawValue, RecordChange, RecordKey
from trialkit.model.submission import Submission
from trialkit.store import Stamp

RISE = "  - {{check: VS902, when: SYSBP - prev(SYSBP) > 40, severity: {}, items: [SYSBP], message: Rose too much.}}\n"
PAIRS = 8


def files(severity: str) -> dict[str, str]:
    """The small study with a rule that reads the reading before."""
    return {**FILES, "forms/vs.yaml": FILES["forms/vs.yaml"].replace("sdtm:\n", RISE.format(severity) + "sdtm:\n")}


class Colleague:
    """A plugin in whose hook somebody else writes: after the rules were asked, before the transaction begins."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked = 0
        self.text = ""

    def before_write(self, changes: Sequence[RecordChange]) -> Iterable[Veto]:
        """Write once; has nothing against anything."""
        self.asked += bool(changes)
        text, self.text = self.text, ""
        if text:
            with Bench(self.folder).open("bob") as other:
                assert enter(other, text, "V1").stored
        return []

    def bench(self, severity: str) -> Bench:
        """A study in which the colleague is about to write."""
        modules = plugin("mine", before_write=lambda changes: self.before_write(changes))
        return Bench(self.folder, plugins=modules).make(files(severity))


@pytest.fixture
def colleague(tmp_path: Path) -> Colleague:
    return Colleague(tmp_path / "study")


def enter_at(bench: Bench, text: str, visit: str = "V2") -> SaveOutcome:
    """Enter one record on VS, as ann."""
    with bench.open() as engine:
        return enter(engine, text, visit)


def test_entry_when_a_colleague_was_faster_then_the_rule_sees_both_records(colleague: Colleague) -> None:
    bench = colleague.bench("soft")
    colleague.text = "SYSBP=110"

    outcome = enter_at(bench, "SYSBP=160")

    assert outcome.stored
    assert [(query.code, query.key.visit) for query in outcome.queries_opened] == [("VS902", "V2")]
    assert [finding.code for finding in outcome.findings] == ["VS902"]


def test_entry_when_both_records_together_are_refused_then_the_second_is_not_stored(colleague: Colleague) -> None:
    bench = colleague.bench("hard")
    colleague.text = "SYSBP=110"

    outcome = enter_at(bench, "SYSBP=160")

    assert (outcome.stored, [record.status for record in outcome.records]) == (False, [Status.REFUSED])
    assert [finding.code for finding in outcome.findings] == ["VS902"]
    with bench.open() as engine:
        assert [action for _, action in entries(engine)][-1:] == [
            "record.save"
        ]  # of the colleague, and nothing behind it
        assert [record.key.visit for record in engine.records("012-0001")] == ["V1"]
        engine.store.rebuild()
        assert engine.store.verify().problems == ()


def test_entry_when_what_a_colleague_wrote_changes_nothing_then_it_is_stored_as_it_was_judged(
    colleague: Colleague,
) -> None:
    bench = colleague.bench("hard")
    colleague.text = "SYSBP=150"

    outcome = enter_at(bench, "SYSBP=160")

    assert (outcome.stored, outcome.findings) == (True, ())
    assert colleague.asked == 1  # plugins are never asked while others wait


def test_batch_when_one_record_does_not_fit_the_colleagues_then_the_clean_ones_are_stored(colleague: Colleague) -> None:
    bench = colleague.bench("hard")
    colleague.text = "SYSBP=110"
    with bench.open() as engine:
        proposals = Proposals(
            propose(engine.assembly, Submission(key, {"SYSBP": RawValue(systolic)}), None, bench.clock().date())
            for key, systolic in ((_key("V2"), "160"), (_key("UNS"), "130"))
        )
        batch, stamp = Batch(proposals, on_error=OnError.SKIP_RECORD), Stamp("ann", bench.clock(), "Europe/Amsterdam")
        outcome = write_batch(engine.assembly, engine.store, batch, stamp)
        stored = [record.key.visit for record in engine.records("012-0001")]

    statuses = {record.key.visit: record.status for record in outcome.records}
    assert (outcome.stored, statuses) == (True, {"V2": Status.REFUSED, "UNS": Status.NEW})
    assert stored == ["V1", "UNS"]


def _key(visit: str) -> RecordKey:
    return RecordKey("012", "012-0001", visit, 1, "VS")


def test_entry_when_nobody_else_wrote_then_rules_are_asked_once(
    colleague: Colleague, monkeypatch: pytest.MonkeyPatch
) -> None:
    from trialkit.engine import intake

    asked: list[bool] = []
    cross_check = intake.cross_check

    def counted(*arguments: object, **options: object) -> object:
        asked.append(True)
        return cross_check(*arguments, **options)  # type: ignore[arg-type]  # handed on as they came

    bench = colleague.bench("soft")
    monkeypatch.setattr(intake, "cross_check", counted)

    assert enter_at(bench, "SYSBP=160").stored
    assert len(asked) == 1


def test_entries_when_two_people_write_at_once_again_and_again_then_no_pair_passes(tmp_path: Path) -> None:
    subjects = [("012", f"{number:04}") for number in range(PAIRS)]
    bench = Bench(tmp_path / "study").make(files("soft"), subjects)
    start = Barrier(2, timeout=60)
    stored: list[bool] = []

    def write(visit: str, text: str) -> None:
        with Bench(bench.folder).open() as engine:
            for site, number in subjects:
                start.wait()
                stored.append(enter(engine, text, visit, f"{site}-{number}").stored)

    writers = [Thread(target=write, args=("V1", "SYSBP=110")), Thread(target=write, args=("V2", "SYSBP=160"))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(timeout=120)

    assert stored == [True] * 2 * PAIRS
    with bench.open() as engine:
        found = [(query.key.subject, query.code) for query in engine.store.queries(state="open")]
        assert sorted(found) == [(f"{site}-{number}", "VS902") for site, number in subjects]
        assert engine.check(dry_run=True).findings != ()
        assert engine.store.verify().problems == ()
