"""Importing: a file is decided on, shown, planned or applied. What is shown is what is stored, or nothing is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from trialkit.engine.assembly import Assembly
from trialkit.engine.collector import without_collector
from trialkit.engine.import_plan import (
    Decided,
    ImportPlan,
    Plain,
    digest_of,
    first_difference,
    make_plan,
)
from trialkit.engine.importing import (
    Delivery,
    ImportOrder,
    find_imports,
    make_batch,
    receive,
    source_keeper,
)
from trialkit.engine.intake import Batch, write_batch
from trialkit.engine.proposals import Proposals
from trialkit.engine.proposing import Progress
from trialkit.errors import ConflictError
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.outcome import SaveOutcome
from trialkit.model.source import SourceFile
from trialkit.store import JournalEntry, Stamp, Store, Transaction

_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Importer:
    """Imports files into one study.

    Attributes:
        assembly: the study.
        store: its store.
        stamp: who and when, for entries about these sites.
        progress: told how many of how many submissions are done.
        on_read: shown a file as it was read, and its mappings, before anything is made of it.
    """

    assembly: Assembly
    store: Store
    stamp: Callable[[Iterable[str]], Stamp]
    progress: Progress | None = None
    on_read: Callable[[SourceFile, Sequence[ColumnMapping]], None] | None = None

    def run(
        self, order: ImportOrder, *, dry_run: bool = False, confirm: Callable[[SaveOutcome], bool] | None = None
    ) -> SaveOutcome:
        """Import a file, all of it in one transaction.

        Args:
            order: the file, and how it is to be read.
            dry_run: decide everything and write nothing.
            confirm: is shown what would be stored, when something would, and says whether it shall be.

        Raises:
            ConflictError: W201 when the data moved while `confirm` was asked; then nothing is stored.
        """
        position = self.store.head().seq
        delivery, batch = self._read(order)
        if dry_run or confirm is None:
            return self._write(replace(batch, before=source_keeper(delivery), dry_run=dry_run))
        shown = Decided()
        outcome = self._write(replace(batch, witness=shown.take, dry_run=True))
        if not outcome.storable or not confirm(outcome):
            return outcome
        guard = self._guard(position, shown.touched(), source_keeper(delivery))
        return self._write(replace(batch, witness=_watch(shown.is_as, shown.plain), before=guard))

    def plan(self, order: ImportOrder) -> tuple[ImportPlan, SaveOutcome]:
        """Decide on a file and write nothing. Returns the plan, and what applying it would come to."""
        delivery, batch = self._read(order)
        decided = Decided()
        head = self.store.head()
        outcome = self._write(replace(batch, witness=decided.take, dry_run=True))
        made = {
            "by": self.stamp([]).user,
            "position": head.seq,
            "head": head.hash,
            "file": order.file.as_posix(),
            "mappings": [path.as_posix() for path in order.mappings],
        }
        return self._lay_down(delivery, decided, made), outcome

    def apply(self, plan: ImportPlan, order: ImportOrder) -> SaveOutcome | JournalEntry:
        """Do what was planned, or nothing.

        Args:
            plan: the plan.
            order: its own order, with the files where they are now.

        Returns:
            What became of it; or, when it was applied already, the entry of the journal that says so.

        Raises:
            ConflictError: W201 when records moved since, W202 when a file did, W203 when definitions did, W204 when
                the rules answer otherwise now.
        """
        applied = find_imports(self.store, plan=plan.digest)
        if applied:
            return applied[-1]
        self._require_same_study(plan)
        delivery = self._receive(order)
        _require_same_files(plan, delivery)
        position = self._require_unmoved(plan)
        batch = self._make_batch(delivery)
        keep = source_keeper(delivery, plan.digest)
        guard = self._guard(position, Decided(batch, batch.proposals).touched(), keep)
        parts = {name: plan.content[name] for name in ("enrol", "records", "findings")}
        agreed = digest_of(parts)
        watch = _watch(lambda decided: digest_of(decided.plain()) == agreed, lambda: parts)
        return self._write(replace(batch, before=guard, witness=watch))

    def _read(self, order: ImportOrder) -> tuple[Delivery, Batch]:
        delivery = self._receive(order)
        return delivery, self._make_batch(delivery)

    def _make_batch(self, delivery: Delivery) -> Batch:
        with without_collector():
            return make_batch(self.assembly, self.store, delivery, self.stamp(()).at, self.progress)

    def _receive(self, order: ImportOrder) -> Delivery:
        delivery = receive(self.assembly, order)
        if self.on_read is not None:
            self.on_read(delivery.source, delivery.layouts)
        return delivery

    def _write(self, batch: Batch) -> SaveOutcome:
        sites = {key.site for key in batch.proposals.keys}
        with without_collector():
            return write_batch(self.assembly, self.store, batch, self.stamp(sites))

    def _lay_down(self, delivery: Delivery, decided: Decided, made: dict[str, object]) -> ImportPlan:
        study = self.assembly.study
        versions = self.store.versions(decided.touched())
        return make_plan(study.definition.study, study.digest, delivery, decided, versions, made)

    def _require_same_study(self, plan: ImportPlan) -> None:
        study = self.assembly.study
        if plan.content["study"] != study.definition.study:
            raise ConflictError(
                "W203",
                f"The plan is of study {plan.content['study']}, not of {study.definition.study}.",
                remedy="Apply it in the folder of its own study.",
            )
        if plan.content["definitions"] != study.digest:
            raise ConflictError(
                "W203",
                "The definitions of the study (forms, rules, protocol) changed since the plan was made.",
                remedy="Make the plan again; trialkit form diff FORM says what changed in a form.",
            )

    def _require_unmoved(self, plan: ImportPlan) -> int:
        """Raise when a record that the plan was decided on is another now. Returns where the journal ends."""
        position = self.store.head().seq
        before = plan.standing
        now = {str(key): (key, version) for key, version in self.store.versions(plan.content["subjects"]).items()}
        moved = [found for record, found in sorted(now.items()) if before.get(record, 0) != found[1]]
        gone = [record for record in before if record not in now]
        if not moved and not gone:
            return position
        told = [f"{key} is at version {version} now ({self._who(key.subject, str(key))})" for key, version in moved]
        told += [f"{record} is gone" for record in gone]
        more = f", and {len(told) - _SHOWN} more" if len(told) > _SHOWN else ""
        raise ConflictError(
            "W201",
            f"The data moved since the plan was made: {'; '.join(told[:_SHOWN])}{more}.",
            remedy="Make the plan again, and look at what it would change.",
        )

    def _who(self, subject: str, record: str) -> str:
        entries = self.store.history(subject)
        last = next((entry for entry in reversed(entries) if entry.key is not None and str(entry.key) == record), None)
        return "nobody knows by whom" if last is None else _by(last)

    def _guard(
        self, position: int, subjects: frozenset[str], keep: Callable[[Transaction], None]
    ) -> Callable[[Transaction], None]:
        """Writes what an import writes first, unless somebody was faster since an entry of the journal."""

        def before(transaction: Transaction) -> None:
            moved = [entry for entry in transaction.data_since(position) if entry.subject in subjects]
            if moved:
                last = moved[-1]
                raise ConflictError(
                    "W201",
                    f"The data moved meanwhile: {last.key or last.subject or last.site} ({_by(last)}).",
                    remedy="Import again, and look at what it would change.",
                )
            keep(transaction)

        return before


def _by(entry: JournalEntry) -> str:
    return f"{entry.user}, {entry.at.strftime('%Y-%m-%d %H:%M:%S UTC')}"


def _require_same_files(plan: ImportPlan, delivery: Delivery) -> None:
    planned = plan.content
    if delivery.source.digest != planned["source"]["digest"]:
        raise ConflictError(
            "W202",
            f"{delivery.source.name} is another file than the plan was made of (SHA-256 "
            f"{delivery.source.digest[:12]}…, planned {planned['source']['digest'][:12]}…).",
            remedy="Name the file that was planned, or make the plan again.",
        )
    now: dict[str, str] = delivery.mapping_digests
    changed = sorted(name for name in {*now, *planned["mappings"]} if now.get(name) != planned["mappings"].get(name))
    if changed:
        raise ConflictError(
            "W202",
            f"The mapping {changed[0]} is another than the plan was made with.",
            remedy="Name the mapping that was planned, or make the plan again.",
        )


def _watch(agrees: Callable[[Decided], bool], agreed: Callable[[], Plain]) -> Callable[[Batch, Proposals], None]:
    """Looks at what was decided, and refuses when it is not what somebody agreed to.

    Args:
        agrees: whether it is.
        agreed: what that is, as it stands in a plan; asked for when it is not.
    """

    def look(batch: Batch, proposals: Proposals) -> None:
        decided = Decided(batch, proposals)
        if not agrees(decided):
            raise ConflictError(
                "W204",
                f"The rules answer otherwise now: {first_difference(agreed(), decided.plain())}.",
                remedy="Make the plan again, and look at what it would change.",
            )

    return look
