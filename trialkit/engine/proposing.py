"""Many submissions through normalise, derive and validate: the rules of a form are asked of all its records at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import islice

from trialkit.engine.asking import FEW, ask_checks, ask_items, ask_python_checks
from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import Casebook, casebook_of, local_clocks
from trialkit.engine.new_records import NewRecords
from trialkit.engine.proposal import Draft, Proposal, conclude, draft_record, read_record
from trialkit.model.finding import Finding
from trialkit.model.record import Record, RecordKey
from trialkit.model.record_table import table_of_values
from trialkit.model.submission import Submission
from trialkit.normalise import Normaliser
from trialkit.validate import validate_record

_PORTION = 5_000
"""So many are asked at once: rules that read one record need no others, and a file may have a million."""

Progress = Callable[[int, int], None]
"""Told how many of how many submissions are done."""


def propose_all(
    assembly: Assembly,
    submissions: Iterable[Submission],
    total: int,
    standing: Mapping[RecordKey, Record],
    moment: datetime,
    progress: Progress | None = None,
) -> list[Proposal]:
    """What each of many submissions would do: what `propose` says of one after another.

    Args:
        assembly: the study.
        submissions: raw values of records, each record once. They are taken in portions, and let go of.
        total: how many they are.
        standing: the stored records of their forms.
        moment: when the rules are asked, in UTC; each site has its own date then.
        progress: told how many of how many submissions are done.
    """
    drafters = _Drafters(assembly, local_clocks(assembly), moment)
    proposals: list[Proposal] = []
    waiting = iter(submissions)
    while drafts := [drafters.draft(found, standing.get(found.key)) for found in islice(waiting, _PORTION)]:
        found = _judge(assembly, drafts, drafters.day, moment)
        proposals += [conclude(assembly.plans[draft.key.form], draft, found.get(draft.key, ())) for draft in drafts]
        if progress is not None:
            progress(len(proposals), total)
    return proposals


class _Drafters:
    """Drafts submissions, keeping for each form what was made of its raw values."""

    def __init__(self, assembly: Assembly, local: Callable[[str, datetime], datetime], moment: datetime) -> None:
        self._assembly, self._local, self._moment = assembly, local, moment
        self._normalisers: dict[str, Normaliser] = {}
        self._new: dict[str, NewRecords] = {}
        self._days: dict[str, date] = {}

    def draft(self, submission: Submission, standing: Record | None) -> Draft:
        """See `draft_record`."""
        if standing is not None:
            return self._draft(submission, standing)
        form = submission.key.form
        new = self._new.get(form)
        if new is None:
            new = self._new[form] = NewRecords(self._assembly.plans[form], self._normaliser(form), self._draft)
        return new.draft(submission)

    def _draft(self, submission: Submission, standing: Record | None = None) -> Draft:
        key = submission.key
        return draft_record(self._assembly, self._normaliser(key.form), submission, standing, self.day(key.site))

    def _normaliser(self, form: str) -> Normaliser:
        found = self._normalisers.get(form)
        if found is None:
            assembly = self._assembly
            found = Normaliser(assembly.plans[form].form, assembly.study, assembly.types)
            self._normalisers[form] = found
        return found

    def day(self, site: str) -> date:
        """The date at a site."""
        if site not in self._days:
            self._days[site] = self._local(site, self._moment).date()
        return self._days[site]


def _judge(
    assembly: Assembly, drafts: Sequence[Draft], day: Callable[[str], date], moment: datetime
) -> dict[RecordKey, Sequence[Finding]]:
    """What the rules that read one record say of each draft that says something."""
    by_form: dict[str, list[Draft]] = {}
    for draft in drafts:
        if not draft.says_nothing:
            by_form.setdefault(draft.key.form, []).append(draft)
    found: dict[RecordKey, Sequence[Finding]] = {}
    for form, several in by_form.items():
        if len(several) > FEW:
            found |= _judge_at_once(assembly, form, several, moment)
        else:
            found |= {draft.key: _judge_one(assembly, draft, day(draft.key.site)) for draft in several}
    return found


def _judge_one(assembly: Assembly, draft: Draft, today: date) -> Sequence[Finding]:
    row = read_record(assembly, draft.key, draft.values, today)
    plan = assembly.plans[draft.key.form]
    return validate_record(plan.checks, draft.key, draft.values, row, draft.sources)


def _judge_at_once(
    assembly: Assembly, form: str, drafts: Sequence[Draft], moment: datetime
) -> dict[RecordKey, Sequence[Finding]]:
    casebook = _casebook(assembly, form, drafts, moment)
    plan = assembly.plans[form].checks
    places = range(len(drafts))
    found: dict[int, list[Finding]] = ask_checks(casebook, form, plan.checks, places)
    for place, finding in (*ask_python_checks(plan, casebook, places), *ask_items(plan, casebook, places)):
        found.setdefault(place, []).append(finding)
    by_key = {draft.key: draft for draft in drafts}
    table = casebook.tables[form]
    return {key: _placed(by_key[key], findings) for place, findings in found.items() if (key := table.key(place))}


def _placed(draft: Draft, findings: Sequence[Finding]) -> Sequence[Finding]:
    """Findings with the cells of their items, sorted as those of one record are."""
    cells = draft.sources
    placed = [
        replace(finding, source=cells[finding.item]) if finding.item in cells else finding for finding in findings
    ]
    return sorted(placed, key=lambda finding: finding.sort_key)


def _casebook(assembly: Assembly, form: str, drafts: Sequence[Draft], moment: datetime) -> Casebook:
    """The drafts as a table of their own: rules that read one record see no other."""
    records = [(draft.submission.key, draft.values) for draft in drafts]
    tables = {name: table_of_values(name, records if name == form else ()) for name in assembly.study.forms}
    return casebook_of(assembly, tables, moment, lambda _form, _item: {})
