"""Everything stored goes through all rules: portion by portion of subjects, so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from trialkit.codes import load_codes
from trialkit.engine.asking import ask_checks, ask_items, ask_python_checks
from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import Casebook, open_casebook
from trialkit.engine.collector import without_collector
from trialkit.engine.site_checks import ask_site_checks
from trialkit.engine.writing import write_to
from trialkit.model.finding import Finding
from trialkit.model.outcome import CheckOutcome
from trialkit.model.query import Query
from trialkit.model.record import RecordKey
from trialkit.review import query_changes
from trialkit.store import Stamp, Store, Transaction
from trialkit.validate import CheckPlan

PORTION = 1000
"""How many subjects are looked at at a time: their records stand in memory together."""


@dataclass(frozen=True, slots=True)
class CheckScope:
    """What is to be checked; what is None is not narrowed.

    Attributes:
        subject: the records of this subject.
        form: the records of this form.
        rule: what this rule says, and nothing else.
        site: the records of this site.
    """

    subject: str | None = None
    form: str | None = None
    rule: str | None = None
    site: str | None = None

    def takes_key(self, key: RecordKey) -> bool:
        """Whether a record is looked at."""
        return all(
            wanted in (None, given)
            for wanted, given in ((self.subject, key.subject), (self.form, key.form), (self.site, key.site))
        )

    def takes_code(self, code: str) -> bool:
        """Whether what a rule says is wanted."""
        return self.rule in (None, code)


@dataclass(slots=True)
class _Found:
    """What was found so far."""

    findings: list[Finding] = field(default_factory=list)
    checked: int = 0


def check_study(
    assembly: Assembly,
    store: Store,
    stamp: Stamp,
    scope: CheckScope,
    *,
    dry_run: bool = False,
    progress: Callable[[int, int], None] | None = None,
) -> CheckOutcome:
    """Run the rules over what is stored; open queries for new findings, close those whose cause is gone.

    Args:
        assembly: the study.
        store: its records.
        stamp: who asks, and when.
        scope: what is looked at.
        dry_run: look only, open and close nothing.
        progress: told how many of how many subjects are done.

    Returns:
        The findings sorted by place, and the queries opened and closed.
    """
    with without_collector():
        found = _find(assembly, store, stamp, scope, progress)
        findings = tuple(sorted(found.findings, key=lambda finding: finding.sort_key))
    opened, closed = ((), ()) if dry_run else _review(assembly, store, stamp, scope, findings)
    return CheckOutcome(
        findings=findings,
        opened=opened,
        closed=closed,
        checked=found.checked,
        not_evaluated=sum(not finding.evaluated for finding in findings),
    )


def _find(
    assembly: Assembly, store: Store, stamp: Stamp, scope: CheckScope, progress: Callable[[int, int], None] | None
) -> _Found:
    """All that the rules say, portion by portion."""
    found = _Found()
    portions = list(_portions(store, scope))
    for done, portion in enumerate(portions, start=1):
        casebook = open_casebook(assembly, store, stamp.at, portion)
        _check_portion(assembly, casebook, scope, found, is_of_sites=portion == [""])
        if progress is not None:
            progress(done, len(portions))
    if scope.subject is None:
        found.findings += ask_site_checks(assembly, store, stamp, scope.site, scope.form, scope.rule)
    return found


def _portions(store: Store, scope: CheckScope) -> Iterator[list[str]]:
    """Subjects, some at a time, and last the rows that belong to sites."""
    if scope.subject is not None:
        yield [scope.subject]
        return
    subjects = [subject.subject for subject in store.subjects(site=scope.site)]
    for first in range(0, len(subjects), PORTION):
        yield subjects[first : first + PORTION]
    yield [""]


def _check_portion(
    assembly: Assembly, casebook: Casebook, scope: CheckScope, found: _Found, *, is_of_sites: bool
) -> None:
    for form, defined in assembly.study.forms.items():
        if defined.reference is not is_of_sites or scope.form not in (None, form):
            continue
        table = casebook.tables[form]
        places = [place for place in range(len(table)) if scope.site in (None, table.site[place])]
        if places:
            found.checked += len(places)
            found.findings += _check_form(assembly.plans[form].checks, casebook, places, scope)


def _check_form(plan: CheckPlan, casebook: Casebook, places: Sequence[int], scope: CheckScope) -> Iterator[Finding]:
    """What the rules of one form say of some records of its table."""
    form = plan.form.form
    checks = [check for check in (*plan.checks, *plan.cross_checks) if scope.takes_code(check.check.check)]
    yield from (finding for several in ask_checks(casebook, form, checks, places).values() for finding in several)
    others = ask_python_checks(plan, casebook, places)
    yield from (finding for _, finding in others if scope.takes_code(finding.code))
    if scope.rule is None or scope.rule in load_codes():
        of_items = ask_items(plan, casebook, places)
        yield from (finding for _, finding in of_items if scope.takes_code(finding.code))


def _review(
    assembly: Assembly, store: Store, stamp: Stamp, scope: CheckScope, findings: Sequence[Finding]
) -> tuple[tuple[Query, ...], tuple[Query, ...]]:
    """Open and close queries, all in one transaction."""
    by_key: dict[RecordKey, list[Finding]] = {}
    for finding in findings:
        if finding.key is not None:
            by_key.setdefault(finding.key, []).append(finding)
    opened: list[Query] = []
    closed: list[Query] = []
    with write_to(assembly, store, stamp) as transaction:
        waiting = _waiting(transaction, scope)
        for key in sorted({*by_key, *waiting}):
            to_open, to_close = query_changes(
                waiting.get(key, ()), by_key.get(key, ()), is_stored=True, rules=_rules(assembly)
            )
            opened += [transaction.open_query(finding) for finding in to_open]
            closed += [transaction.close_query(query.query, words) for query, words in to_close]
    return tuple(opened), tuple(closed)


def _waiting(transaction: Transaction, scope: CheckScope) -> Mapping[RecordKey, Sequence[Query]]:
    """The queries that are not closed and that this check can settle."""
    found: dict[RecordKey, list[Query]] = {}
    for query in transaction.queries(subject=scope.subject):
        if not query.is_closed and scope.takes_key(query.key) and scope.takes_code(query.code):
            found.setdefault(query.key, []).append(query)
    return found


def _rules(assembly: Assembly) -> frozenset[str]:
    """The codes that can still be found in this study."""
    return assembly.known_rules | frozenset(load_codes())
