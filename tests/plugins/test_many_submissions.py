"""Many submissions at once come to what each of them comes to alone: in the three protocols, on every form."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from trialkit import Engine, Form, Item, Site, StudyDefinition
from trialkit.engine import create_study
from trialkit.engine.asking import FEW
from trialkit.engine.proposal import Proposal, propose
from trialkit.engine.proposed_rows import ProposedRows
from trialkit.engine.proposing import propose_all
from trialkit.model.coded_columns import code_column
from trialkit.model.outcome import RecordOutcomes
from trialkit.model.record import CellReference, RawValue, Record, RecordKey, Value
from trialkit.model.record_table import RecordTable, table_of
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import RowLayout, SubmittedRows

MOMENT = datetime(2026, 6, 1, 22, 30, tzinfo=UTC)
"""Late in the evening in Greenwich, so that it is tomorrow already at one of the sites."""
_SITES = (Site(site="01", timezone="Europe/Amsterdam"), Site(site="02", timezone="America/New_York"))
_TODAY = {"01": date(2026, 6, 2), "02": date(2026, 6, 1)}
_MANY = FEW + 30
_WORDS = ("", " ", "abc", "1,5", "<5", ".ND", ".UNK", ".nd", "-1", "9999999", "2026-06-02", "2026-06-01", "25:10", "Y")


OTHERS = [pytest.param(name, marks=pytest.mark.slow) for name in ("nasal", "oral")]


@pytest.fixture(scope="module", params=["iv", *OTHERS])
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """An empty study of a protocol with two sites."""
    definition = StudyDefinition(study="MANY", title="Many", protocol=request.param, sites=_SITES)
    folder: Path = tmp_path_factory.mktemp("many") / request.param
    with create_study(folder, definition, "test", lambda: MOMENT) as opened:
        yield opened


def _text(item: Item, dice: random.Random, engine: Engine) -> str:
    codelist = engine.assembly.study.codelists.get(item.codelist or "")
    if dice.random() < 0.15:
        return dice.choice(_WORDS)
    if codelist is not None:
        return dice.choice([*codelist.codes, codelist.terms[0].display])
    if item.hard is not None:
        low, high = float(item.hard.low or 0), float(item.hard.high or 500)
        return f"{dice.uniform(low - 1, high + 1):.{item.decimals or 0}f}"
    if "date" in item.type:
        day = date(2026, 6, 3) - timedelta(days=dice.randrange(400))
        return f"{day}T09:30" if item.type == "datetime" else str(day)
    return f"{dice.randrange(24):02}:{dice.randrange(60):02}" if item.type == "time" else f"words {dice.randrange(9)}"


def _submission(form: Form, number: int, dice: random.Random, engine: Engine) -> Submission:
    site = dice.choice(_SITES).site
    visit = engine.assembly.study.protocol.visits[0].visit
    key = RecordKey(site, site if form.reference else f"{site}-{number:04}", visit, 1, form.form, "", 1)
    values = {
        item.item: RawValue(
            _text(item, dice, engine),
            unit=dice.choice([None, *item.accepted_units]),
            decimal_comma=dice.random() < 0.1,
        )
        for item in form.items
        if item.derive is None and dice.random() < 0.9
    }
    cells = {name: CellReference("f.xlsx", "S", f"{dice.choice('ABC')}{number + 2}") for name in values}
    return Submission(key, values, cells, row=number + 2)


class Kept:
    """Records that stand, as a store gives them."""

    def __init__(self, records: Mapping[RecordKey, Record]) -> None:
        self._records = records

    def records_at(self, form: str, keys: Iterable[RecordKey]) -> list[Record]:
        return [self._records[key] for key in keys if key in self._records and key.form == form]

    def table_at(self, form: str, keys: Iterable[RecordKey], items: Collection[str]) -> RecordTable:
        found = sorted(self.records_at(form, keys), key=lambda record: record.key)
        read = [
            replace(record, values={item: value for item, value in record.values.items() if item in items})
            for record in found
        ]
        return replace(table_of(form, read), version=[record.version for record in found])


def _alone(engine: Engine, submissions: list[Submission], standing: dict[RecordKey, Record]) -> list[Proposal]:
    return [propose(engine.assembly, found, standing.get(found.key), _TODAY[found.key.site]) for found in submissions]


def test_many_submissions_when_proposed_at_once_then_each_comes_to_what_it_comes_to_alone(engine: Engine) -> None:
    dice = random.Random(7)  # noqa: S311  # a seed, not a secret
    forms = [form for form in engine.assembly.study.forms.values() if not form.reference]
    chosen = dice.sample(forms, 3)
    submissions = [_submission(form, number, dice, engine) for form in chosen for number in range(_MANY)]
    few = [_submission(form, number, dice, engine) for form in forms if form not in chosen for number in range(2)]
    told: list[tuple[int, int]] = []

    every = [*submissions, *few]
    proposed = propose_all(engine.assembly, every, len(every), Kept({}), MOMENT, lambda *done: told.append(done))

    expected = _alone(engine, [*submissions, *few], {})
    assert list(proposed) == expected
    assert sum(len(proposal.findings) for proposal in proposed) > len(submissions)
    assert len({proposal.status for proposal in proposed}) >= 2
    assert told[-1] == (len(expected), len(expected))


def test_many_submissions_when_records_stand_then_what_changes_is_the_same_as_alone(engine: Engine) -> None:
    dice = random.Random(11)  # noqa: S311  # a seed, not a secret
    form = engine.assembly.study.forms["VS"]
    first = [_submission(form, number, dice, engine) for number in range(2 * _MANY)]
    standing = {
        proposal.key: Record(proposal.key, proposal.change.values, version=3)
        for proposal in _alone(engine, first, {})
        if proposal.change is not None
    }
    second = [
        replace(found, values={**found.values, **_submission(form, number, dice, engine).values})
        if number % 3
        else found
        for number, found in enumerate(first)
    ]

    proposed = propose_all(engine.assembly, second, len(second), Kept(standing), MOMENT)

    assert list(proposed) == _alone(engine, second, standing)
    assert {str(proposal.status) for proposal in proposed} >= {"changed", "refused"}


def _rows(form: Form, first: int, count: int, dice: random.Random, engine: Engine) -> SubmittedRows:
    """Submissions of a form as rows; what two rows say alike is one object, and one row in ten was read alone."""
    several = [_submission(form, number, dice, engine) for number in range(first, first + count)]
    items = [item.item for item in form.items if item.derive is None]
    dice.shuffle(items)
    layout = RowLayout("f.xlsx", "S", form.form, {name: f"C{'ABC'[at % 3]}" for at, name in enumerate(items)}, ("A",))
    shared: dict[tuple[str, RawValue], RawValue] = {}
    raws = [
        code_column(
            None if (raw := found.values.get(name)) is None else shared.setdefault((name, raw), raw)
            for found in several
        )
        for name in items
    ]
    rows = SubmittedRows(
        layout, [found.row for found in several], raws, [dice.choice(["", "read again"]) for _ in several]
    )
    for place, found in enumerate(several):
        if not found.values or dice.random() < 0.1:
            rows.take_alone(place, found)
        elif dice.random() < 0.95:
            rows.take(place, found.key)
    rows.close()
    return rows


def _stood(values: Mapping[str, Value], number: int) -> dict[str, Value]:
    """What stands of a record: the same as a row says in other writing, or with something less, more, or other."""
    stood = {item: replace(value, raw=f" {value.text}" if value.text else value.raw) for item, value in values.items()}
    if number % 3 == 1:
        del stood[next(iter(stood))]
    if number % 7 == 2:
        stood["LEGACY"] = Value("an item that the form has no longer")
    if number % 5 == 3:
        item = list(stood)[-1] if stood else "LEGACY"
        stood[item] = Value("something else")
    return stood


def test_many_rows_when_proposed_by_columns_then_each_comes_to_what_it_comes_to_alone(engine: Engine) -> None:
    dice = random.Random(5)  # noqa: S311  # a seed, not a secret
    plans = engine.assembly.plans
    forms = [form for name, form in engine.assembly.study.forms.items() if not form.reference]
    plain = dice.sample([form for form in forms if not plans[form.form].derivations], 4)
    computed = dice.sample([form for form in forms if plans[form.form].derivations], 4)
    parts: list[Submission | SubmittedRows] = []
    for form in (*plain, *computed):
        parts += [_rows(form, 0, _MANY, dice, engine), _rows(form, _MANY, 20, dice, engine)]
        parts.append(_submission(form, _MANY + 20, dice, engine))
    few = _rows(plain[0], 2 * _MANY, 20, dice, engine)
    submissions = [found for part in (*parts, few) for found in ([part] if isinstance(part, Submission) else part)]
    standing = {
        proposal.key: Record(proposal.key, _stood(proposal.change.values, number), version=number % 5 + 1)
        for number, proposal in enumerate(_alone(engine, submissions[::3], {}))
        if proposal.change is not None
    }
    expected = _alone(engine, submissions, standing)

    proposed = propose_all(engine.assembly, [*parts, few], len(submissions), Kept(standing), MOMENT)

    by_columns = {part.new.layout.form for part in proposed.parts if isinstance(part, ProposedRows)}
    assert by_columns == {form.form for form in (*plain, *computed)}
    assert list(proposed) == expected
    assert len(proposed) == len(expected)
    assert list(proposed.keys) == [proposal.key for proposal in expected]
    assert list(proposed.statuses) == [proposal.status for proposal in expected]
    wanted = {found.key: found.change for found in expected if found.is_wanted}
    assert {change.key: change for change in proposed.changes} == wanted
    assert len(proposed.changes) == len(wanted)
    assert list(proposed.told) == [proposal for proposal in expected if proposal.findings]
    assert set(proposed.rows) == {row for proposal in expected for row in proposal.rows}
    for stored in (False, True):
        outcomes = RecordOutcomes(proposed.outcomes(stored=stored))
        assert list(outcomes) == sorted(
            (proposal.outcome(stored=stored) for proposal in expected), key=lambda outcome: outcome.key
        )
    assert {str(status) for status in proposed.statuses} == {"new", "changed", "unchanged", "refused"}
    assert any(part.unchanged for part in proposed.parts if isinstance(part, ProposedRows))
