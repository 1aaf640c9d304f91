"""What stands in the store, with what is about to be written laid over it: the books that rules read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, tzinfo
from functools import cached_property
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from trialkit.derive import order_unplanned_visits, visit_date, visit_starts
from trialkit.engine.assembly import Assembly
from trialkit.language import Books, Setting
from trialkit.model.form import Form
from trialkit.model.record import Record
from trialkit.model.record_table import RecordTable, lay_over
from trialkit.store import Store

if TYPE_CHECKING:
    from trialkit.language.columnar import Columnar


Changed = Callable[[str], Sequence[Record]]
"""Gives the records of a form that are about to be written."""


def _no_record(_form: str) -> Sequence[Record]:
    return ()


class StandingTables(Mapping[str, RecordTable]):
    """The records of some subjects by form, read when a rule first asks for the form.

    Args:
        store: where they stand.
        forms: the forms of the study.
        subjects: whose records; None is everybody's. The rows of reference forms are always all there.
        changed: gives the records of a form that are about to be written.
    """

    def __init__(
        self,
        store: Store,
        forms: Mapping[str, Form],
        subjects: Sequence[str] | None,
        changed: Changed,
    ) -> None:
        self._store = store
        self._forms = forms
        self._subjects = subjects
        self._changed = changed
        self._read: dict[str, RecordTable] = {}

    def __getitem__(self, form: str) -> RecordTable:
        if form not in self._read:
            subjects = [""] if self._forms[form].reference else self._subjects
            standing = self._store.table(form, subjects)
            changed = self._changed(form)
            self._read[form] = lay_over(standing, changed) if changed else standing
        return self._read[form]

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


@dataclass(frozen=True)
class Casebook:
    """Records and what rules see of them.

    Attributes:
        tables: the records by form.
        setting: what rules see besides.
        books: the records one after another, each with those that go with it.
    """

    tables: Mapping[str, RecordTable]
    setting: Setting
    books: Books

    @cached_property
    def columnar(self) -> Columnar:
        """The same records all at once."""
        from trialkit.language.columnar import Columnar  # late: it brings polars, which few commands need

        return Columnar(self.tables, self.setting, self.books)


def open_casebook(
    assembly: Assembly,
    store: Store,
    moment: datetime,
    subjects: Sequence[str] | None,
    changed: Changed = _no_record,
) -> Casebook:
    """The records of some subjects as they would stand.

    Args:
        assembly: the study.
        store: where its records stand.
        moment: when the rules are asked, in UTC.
        subjects: whose records; None is everybody's.
        changed: gives the records of a form that are about to be written, to be laid over those that stand.
    """
    forms = assembly.study.forms
    tables = StandingTables(store, forms, subjects, changed)
    return casebook_of(assembly, tables, moment, _values_in_use(store, changed))


def casebook_of(
    assembly: Assembly,
    tables: Mapping[str, RecordTable],
    moment: datetime,
    subjects_with: Callable[[str, str], Mapping[str, frozenset[str]]],
) -> Casebook:
    """Tables with all that rules see besides; see `Setting`."""
    study = assembly.study
    setting = Setting(
        forms=study.forms,
        protocol=study.protocol,
        units=study.units,
        typed={name: found.typed for name, found in assembly.types.items()},
        moment=moment,
        local=local_clocks(assembly),
        unplanned={},
        subjects_with=subjects_with,
    )
    placed = replace(setting, unplanned=_place_unplanned(assembly, tables, setting))
    return Casebook(tables, placed, Books(tables, placed))


def local_clocks(assembly: Assembly) -> Callable[[str, datetime], datetime]:
    """Tells what a site's clock shows at a moment, without an offset."""
    definition = assembly.study.definition
    zones: dict[str, tzinfo] = {site.site: ZoneInfo(site.timezone) for site in definition.sites}
    return lambda site, moment: moment.astimezone(zones.get(site, UTC)).replace(tzinfo=None)


def _values_in_use(store: Store, changed: Changed) -> Callable[[str, str], Mapping[str, frozenset[str]]]:
    """Which subjects have which value of an item, those about to be written among them; each asked for once."""
    known: dict[tuple[str, str], Mapping[str, frozenset[str]]] = {}

    def find(form: str, item: str) -> Mapping[str, frozenset[str]]:
        if (form, item) not in known:
            found = {text: set(subjects) for text, subjects in store.subjects_with(form, item).items()}
            for record in changed(form):
                value = record.values.get(item)
                if value is not None and value.text is not None:
                    found.setdefault(value.text, set()).add(record.key.subject)
            known[form, item] = {text: frozenset(subjects) for text, subjects in found.items()}
        return known[form, item]

    return find


def _place_unplanned(
    assembly: Assembly, tables: Mapping[str, RecordTable], setting: Setting
) -> dict[tuple[str, str, int], int]:
    """The order of the visits that nobody planned, by the dates of all visits of those subjects that have some."""
    protocol = assembly.study.protocol
    repeating = {visit.visit for visit in protocol.visits if visit.repeating}
    starts = visit_starts(assembly.study, assembly.types, assembly.functions)
    books = Books(tables, setting)
    dates: dict[str, dict[tuple[str, int], date]] = {}
    for form, start in starts.items():
        table = tables[form]
        unplanned = {subject for subject, visit in zip(table.subject, table.visit, strict=True) if visit in repeating}
        for place in range(len(table)) if unplanned else ():
            if table.subject[place] not in unplanned:
                continue
            day = visit_date(start, books.row(form, place))
            if day is not None:
                visit = table.visit[place], table.visit_repeat[place]
                dates.setdefault(table.subject[place], {})[visit] = day
    return {
        (subject, visit, number): order
        for subject, found in dates.items()
        for (visit, number), order in order_unplanned_visits(protocol, found).items()
    }
