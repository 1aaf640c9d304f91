"""Many submissions through normalise, derive and validate: the rules of a form are asked of all its records at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from operator import attrgetter

from trialkit.engine.asking import FEW, ask_checks, ask_items, ask_python_checks
from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import casebook_of, local_clocks
from trialkit.engine.collector import collect_young
from trialkit.engine.new_records import DraftedRows, NewRecords
from trialkit.engine.proposal import Draft, Proposal, conclude, draft_record, read_record
from trialkit.engine.proposals import Proposals
from trialkit.engine.proposed_rows import ProposedRows
from trialkit.engine.row_table import RowTable
from trialkit.engine.standing import Standing, StandingRows, read_standing
from trialkit.language import Row
from trialkit.model.finding import Finding
from trialkit.model.new_rows import NewRows
from trialkit.model.record import CellReference, Record, RecordKey, Value
from trialkit.model.record_table import RecordTable, table_of_values
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import SubmittedRows, join_rows
from trialkit.normalise import Normaliser
from trialkit.validate import validate_record

_PORTION = 5_000
"""So many are asked at once: rules that read one record need no others, and a file may have a million."""

_ROWS = 20_000
"""So many where they stay columns, which take little memory."""

_IN_ORDER = attrgetter("sort_key")

Progress = Callable[[int, int], None]
"""Told how many of how many submissions are done."""


def propose_all(
    assembly: Assembly,
    submissions: Iterable[Submission | SubmittedRows],
    total: int,
    standing: Standing,
    moment: datetime,
    progress: Progress | None = None,
) -> Proposals:
    """What each of many submissions would do: what `propose` says of one after another.

    Args:
        assembly: the study.
        submissions: raw values of records, each record once. They are taken in portions; rows forget what they give.
        total: how many they are.
        standing: what stands.
        moment: when the rules are asked, in UTC; each site has its own date then.
        progress: told how many of how many submissions are done.
    """
    proposing = _Proposing(assembly, standing, moment)
    proposed: list[Proposal | ProposedRows] = []
    done = 0
    for portion in _portions(submissions):
        proposed += proposing.propose(portion)
        done += sum(1 if isinstance(part, Submission) else len(part) for part in portion)
        collect_young()
        if progress is not None:
            progress(done, total)
    return Proposals(proposed)


_Part = Submission | SubmittedRows


def _portions(submissions: Iterable[_Part]) -> Iterator[Sequence[_Part]]:
    """Submissions that follow each other, some thousands at a time: one by one, or rows of one layout."""
    portion: list[_Part] = []
    size, layout = 0, None
    for part in submissions:
        own = None if isinstance(part, Submission) else part.layout
        if portion and (size >= (_PORTION if layout is None else _ROWS) or own is not layout):
            yield portion
            portion, size = [], 0
        portion.append(part)
        size, layout = size + (1 if isinstance(part, Submission) else len(part)), own
    if portion:
        yield portion


class _Proposing:
    """Takes submissions through their stations, keeping for each form what was made of its raw values."""

    def __init__(self, assembly: Assembly, standing: Standing, moment: datetime) -> None:
        self._assembly, self._standing, self._moment = assembly, standing, moment
        self._local = local_clocks(assembly)
        self._normalisers: dict[str, Normaliser] = {}
        self._new: dict[str, NewRecords] = {}
        self._days: dict[str, date] = {}

    def propose(self, portion: Sequence[_Part]) -> Sequence[Proposal | ProposedRows]:
        """What a portion would do, in its order; rows forget what they give."""
        rows = [part for part in portion if isinstance(part, SubmittedRows)]
        if rows and sum(map(len, rows)) > FEW and self._new_records(rows[0].layout.form).stay_columns:
            return [self._propose_rows(join_rows(rows))]
        return self._propose_each(
            [found for part in portion for found in ([part] if isinstance(part, Submission) else part)]
        )

    def _propose_each(self, submissions: Sequence[Submission]) -> list[Proposal]:
        proposed: list[Proposal] = []
        for first in range(0, len(submissions), _PORTION):
            some = submissions[first : first + _PORTION]
            standing = read_standing(self._standing, (submission.key for submission in some))
            drafts = [self._draft(submission, standing.get(submission.key)) for submission in some]
            found, plans = self._judge(drafts), self._assembly.plans
            proposed += [conclude(plans[draft.key.form], draft, found.get(draft.key, ())) for draft in drafts]
        return proposed

    def _propose_rows(self, rows: SubmittedRows) -> ProposedRows:
        """Records as columns that are new or stay what they are; those of which there is more to say, one by one."""
        layout = rows.layout
        new, version = self._new_records(layout.form), self._assembly.plans[layout.form].form.version
        draft = new.draft_rows(rows)
        refused = new.refusals(rows, draft.silent)
        apart = {*rows.alone, *draft.failed, *(place for place, found in refused.items() if not found)}
        unchanged, changed = self._part_standing(rows, draft, apart)
        apart |= changed
        others = dict(zip(sorted(apart), self._propose_each([rows[place] for place in sorted(apart)]), strict=True))
        table = RowTable(rows, draft, {*apart, *unchanged})
        of_rules = {table.origin(at): found for at, found in self._ask(layout.form, table.table).items()}
        asked = rows.asked
        new_rows = NewRows(
            layout, version, rows.keys, rows.numbers, rows.reasons, draft.items, draft.changes, draft.codes
        )
        found = {
            place: (*_findings(new_rows, place, draft.silent.get(place, ()), refused, of_rules), *asked.get(place, ()))
            for place in sorted({*refused, *of_rules, *asked} - apart - unchanged.keys())
        }
        hard = frozenset(place for place, several in found.items() if any(finding.is_hard for finding in several))
        rows.let_go()
        return ProposedRows(new_rows, found, hard, draft.silent, others, unchanged)

    def _part_standing(
        self, rows: SubmittedRows, draft: DraftedRows, apart: Collection[int]
    ) -> tuple[dict[int, int], set[int]]:
        """Of some rows the places of records that stand and stay what they are, each with its version, and of others.

        Those that are `apart` are not asked about.
        """
        form, closed = rows.layout.form, self._new_records(rows.layout.form).closed
        standing = StandingRows(self._standing.table_at(form, rows.keys, {*draft.items, *closed}))
        places = standing.places(rows.keys)
        asked = {place: at for place, at in places.items() if place not in apart and place not in draft.silent}
        alike = standing.alike(asked, dict(zip(draft.items, draft.codes, strict=True)), draft.changes, closed)
        unchanged = {place: standing.version(asked[place]) for place in alike}
        return unchanged, places.keys() - unchanged.keys()

    def _draft(self, submission: Submission, standing: Record | None) -> Draft:
        """See `draft_record`."""
        if standing is not None:
            return self._draft_record(submission, standing)
        return self._new_records(submission.key.form).draft(submission)

    def _draft_record(self, submission: Submission, standing: Record | None = None) -> Draft:
        key = submission.key
        return draft_record(self._assembly, self._normaliser(key.form), submission, standing, self._day(key.site))

    def _new_records(self, form: str) -> NewRecords:
        found = self._new.get(form)
        if found is None:
            plan = self._assembly.plans[form]
            found = NewRecords(plan, self._normaliser(form), self._draft_record, self._read, self._day)
            self._new[form] = found
        return found

    def _normaliser(self, form: str) -> Normaliser:
        found = self._normalisers.get(form)
        if found is None:
            assembly = self._assembly
            found = Normaliser(assembly.plans[form].form, assembly.study, assembly.types)
            self._normalisers[form] = found
        return found

    def _read(self, key: RecordKey, values: Mapping[str, Value]) -> Row:
        """A record with some values as rules see it."""
        return read_record(self._assembly, key, values, self._day(key.site))

    def _day(self, site: str) -> date:
        """The date at a site."""
        if site not in self._days:
            self._days[site] = self._local(site, self._moment).date()
        return self._days[site]

    def _judge(self, drafts: Sequence[Draft]) -> dict[RecordKey, Sequence[Finding]]:
        """What the rules that read one record say of each draft that says something."""
        by_form: dict[str, list[Draft]] = {}
        for draft in drafts:
            if not draft.says_nothing:
                by_form.setdefault(draft.key.form, []).append(draft)
        found: dict[RecordKey, Sequence[Finding]] = {}
        for form, several in by_form.items():
            if len(several) > FEW:
                found |= self._judge_at_once(form, several)
            else:
                found |= {draft.key: self._judge_one(draft) for draft in several}
        return found

    def _judge_one(self, draft: Draft) -> Sequence[Finding]:
        row = self._read(draft.key, draft.values)
        plan = self._assembly.plans[draft.key.form]
        return validate_record(plan.checks, draft.key, draft.values, row, draft.sources)

    def _judge_at_once(self, form: str, drafts: Sequence[Draft]) -> dict[RecordKey, Sequence[Finding]]:
        by_key = {draft.key: draft for draft in drafts}
        table = table_of_values(form, [(draft.submission.key, draft.values) for draft in drafts])
        judged = self._ask(form, table)
        return {
            key: _placed(by_key[key].sources, findings, by_key[key].key)
            for place, findings in judged.items()
            if (key := table.key(place))
        }

    def _ask(self, form: str, table: RecordTable) -> dict[int, list[Finding]]:
        """What the rules that read one record say, by the places of a table of its own: they see no other record."""
        if not len(table):
            return {}
        assembly = self._assembly
        tables = {name: table if name == form else table_of_values(name, ()) for name in assembly.study.forms}
        casebook = casebook_of(assembly, tables, self._moment, lambda _form, _item: {})
        plan, places = assembly.plans[form].checks, range(len(table))
        found: dict[int, list[Finding]] = ask_checks(casebook, form, plan.checks, places)
        for place, finding in (*ask_python_checks(plan, casebook, places), *ask_items(plan, casebook, places)):
            found.setdefault(place, []).append(finding)
        return found


def _findings(
    rows: NewRows,
    place: int,
    silent: Collection[str],
    refused: Mapping[int, Mapping[str, Finding]],
    of_rules: Mapping[int, Sequence[Finding]],
) -> tuple[Finding, ...]:
    """What was found at a place: why items are refused, then what rules say of the others."""
    own, key, number = refused.get(place, {}), rows.keys[place], rows.numbers[place]

    def cell(item: str) -> CellReference | None:
        return rows.layout.cell(item, number) if rows.gives(place, item) or item in silent else None

    fired = (finding for finding in of_rules.get(place, ()) if finding.item not in own)
    placed = [finding.at(key, cell(finding.item) or finding.source, finding.message) for finding in fired]
    return *own.values(), *(sorted(placed, key=_IN_ORDER) if len(placed) > 1 else placed)


def _placed(cells: Mapping[str, CellReference], findings: Sequence[Finding], key: RecordKey) -> Sequence[Finding]:
    """Findings of a record with the cells of their items, sorted; the key is one and the same object for all."""
    placed = [finding.at(key, cells.get(finding.item, finding.source), finding.message) for finding in findings]
    return sorted(placed, key=lambda finding: finding.sort_key)
