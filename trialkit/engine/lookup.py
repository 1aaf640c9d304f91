"""What is there: forms, records and the history of values, by the names that people use."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

from trialkit.capture import find_form, find_visit, site_itself
from trialkit.codes import load_codes
from trialkit.engine.assembly import Assembly
from trialkit.errors import UsageError, unknown_name
from trialkit.model.history import ValueChange
from trialkit.model.record import CellReference, Record, RecordKey, Subject
from trialkit.model.study import Site, Study
from trialkit.store import JournalEntry, Store
from trialkit.wording import did_you_mean

_LAST = Decimal("Infinity")


def find_subject(store: Store, name: str) -> Subject:
    """The subject of this identifier. Raises UsageError U102 with the nearest."""
    found = store.subject(name)
    if found is None:
        raise unknown_name("U102", "subject", name, [subject.subject for subject in store.subjects()])
    return found


def find_site(study: Study, name: str) -> Site:
    """The site of this identifier. Raises UsageError U101 with the nearest."""
    found = study.definition.site(name)
    if found is None:
        raise unknown_name("U101", "site", name, [site.site for site in study.definition.sites])
    return found


def find_rule(assembly: Assembly, name: str) -> str:
    """The rule of this code: a check of the study, or a code of the house for values.

    Raises UsageError U152 with the nearest, or with the reason why a rule of the house has no meaning in this study.
    """
    reason = assembly.set_aside.get(name)
    if reason is not None:
        remedy = "trialkit rule list --all shows every rule that is set aside."
        raise UsageError("U152", f"The rule {name} is set aside in this study: {reason}", remedy=remedy)
    if name not in assembly.known_rules and name not in load_codes():
        nearest = did_you_mean(name, sorted(assembly.known_rules))
        raise UsageError("U152", f"No rule {name}.", remedy=f"{nearest}trialkit rule list shows them all.")
    return name


def is_site(study: Study, store: Store, name: str) -> bool:
    """Whether a name is that of a site and of no subject."""
    return study.definition.site(name) is not None and store.subject(name) is None


def find_owner(study: Study, store: Store, name: str, form: str) -> Subject:
    """The subject whose record it is, or the site of a row of a reference form. Raises UsageError for another."""
    return site_itself(study, name) if find_form(study, form).reference else find_subject(store, name)


def find_records(
    study: Study, store: Store, subject: str, visit: str | None = None, form: str | None = None
) -> list[Record]:
    """The records of a subject, narrowed to a visit and a form, in the order in which the protocol has them.

    In the place of a subject a site may stand: then these are its rows of reference forms.

    Raises UsageError for a subject, visit or form that nobody knows.
    """
    if is_site(study, store, subject):
        name = None if form is None else find_form(study, form).form
        return [found for found in store.records(subject="", form=name) if found.key.site == subject]
    found = store.records(
        subject=find_subject(store, subject).subject,
        visit=None if visit is None else find_visit(study, visit).visit,
        form=None if form is None else find_form(study, form).form,
    )
    return sorted(found, key=lambda record: _place_in_protocol(study, record.key))


def _place_in_protocol(study: Study, key: RecordKey) -> tuple[Decimal, int, str, Decimal, int, str]:
    """Visit number, form, timepoint number, row; what the protocol does not have comes last, by name."""
    visit = study.protocol.visit(key.visit)
    point = study.protocol.timepoint(key.timepoint)
    number = _LAST if visit is None else visit.number
    moment = Decimal(0) if not key.timepoint else _LAST if point is None else point.number
    return number, key.visit_repeat, key.form, moment, key.repeat, key.visit + key.timepoint


def find_changes(
    study: Study, store: Store, subject: str, visit: str | None, form: str | None, item: str | None
) -> list[ValueChange]:
    """Every change of every value of a subject, narrowed as far as it is said, oldest first.

    Raises UsageError for a subject, visit, form or item that nobody knows.
    """
    named_visit = None if visit in (None, "-") else find_visit(study, visit or "").visit
    named_form = None if form is None else find_form(study, form)
    if named_form is not None and item is not None and named_form.item(item) is None:
        raise unknown_name("U117", "item", item, named_form.item_names)
    form_name = None if named_form is None else named_form.form
    site = subject if is_site(study, store, subject) else None
    owner = "" if site is not None else find_subject(store, subject).subject
    history = store.history(owner, named_visit, form_name, item)
    entries = [entry for entry in history if entry.action == "record.save" and site in (None, entry.site)]
    digests = _digests(store.entries(action="source.add"))
    return [change for entry in entries for change in _changes(study, entry, digests, item)]


def _changes(
    study: Study, entry: JournalEntry, digests: Sequence[tuple[int, str, str]], wanted: str | None
) -> list[ValueChange]:
    if entry.key is None:
        return []
    form = study.forms.get(entry.key.form)
    changes = []
    sources = entry.sources
    for change in entry.changes:
        if wanted not in (None, change.item):
            continue
        source = sources.get(change.item)
        definition = form.item(change.item) if form else None
        changes.append(
            ValueChange(
                seq=entry.seq,
                at=entry.at,
                zone=entry.zone,
                user=entry.user,
                key=entry.key,
                item=change.item,
                old=change.old,
                new=change.new,
                reason=entry.reason,
                source=source,
                source_digest=_digest_of(source, entry.seq, digests),
                derived=definition is not None and definition.derive is not None,
            )
        )
    return changes


def _digests(entries: Iterable[JournalEntry]) -> list[tuple[int, str, str]]:
    """Entry, file name and digest of each source, oldest first."""
    return [(entry.seq, str(entry.details["name"]), str(entry.details["digest"])) for entry in entries]


def _digest_of(source: CellReference | None, seq: int, digests: Sequence[tuple[int, str, str]]) -> str:
    """The digest of the newest file of that name that was taken in before the value was."""
    if source is None:
        return ""
    fitting = [digest for at, name, digest in digests if name == source.file and at <= seq]
    return fitting[-1] if fitting else ""
