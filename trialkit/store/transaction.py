"""One transaction: each change becomes a journal entry and its rows, and all of them are stored or none.

Made by `Store.transaction`, which holds the writer lock from before BEGIN until after COMMIT.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from pathlib import Path

from trialkit.errors import ConflictError, UsageError
from trialkit.model.new_rows import NewRows
from trialkit.model.record import Record, RecordChange, RecordKey, Subject
from trialkit.model.study import Study
from trialkit.store import entry as actions
from trialkit.store.block_text import BlockTexts
from trialkit.store.canonical import plain_details
from trialkit.store.content import Content
from trialkit.store.desk import Desk
from trialkit.store.fold import record_after
from trialkit.store.lock_writer import LockWriter
from trialkit.store.projection import rebuild_projections
from trialkit.store.requirements import (
    conflict,
    require_fit,
    require_items,
    require_new,
    require_owner,
    require_place,
    require_source,
    require_subject,
    require_words,
)
from trialkit.store.save_text import Names, SaveTexts
from trialkit.store.stamp import Stamp
from trialkit.store.tables import layout_fits, study_layout

_PORTION = 1_000
_MOST_PLACED = 1_000
_ITEM = attrgetter("item")


class Transaction(LockWriter):
    """Changes that are stored together, under one stamp. Reading sees the transaction's own changes.

    Args:
        desk: the state it works on.
        stamp: who and when.
        study: the definition in force.
        new_id: makes the identifier of each entry, a UUID.
    """

    def __init__(self, desk: Desk, stamp: Stamp, study: Study, new_id: Callable[[], str]) -> None:
        super().__init__(desk, stamp, study, new_id)
        self._texts: SaveTexts | None = None
        self._blocks: BlockTexts | None = None
        self._placed: set[tuple[str, Names]] = set()

    def read_ahead(self, keys: Collection[RecordKey]) -> None:
        """Read what stands about some records, their subjects and queries in one go: saving them reads no more.

        What comes of it is the same without; for many records this is many times as fast. Name some thousands at once:
        what was read for others before may be forgotten, and is read again when it is needed.
        """
        self._open_desk().read_ahead(keys)

    def add_subject(self, subject: Subject) -> None:
        """Enrol a subject.

        Raises:
            UsageError: J203 when the study has a subject of this name.
        """
        desk = self._open_desk()
        if desk.subject(subject.subject) is not None:
            raise UsageError(
                "J203", f"subject {subject.subject} is in the study already.", remedy="Use the subject that is there."
            )
        details = {"number": subject.number, "status": subject.status}
        self._write(actions.SUBJECT_ADD, details, subject=subject, touched=("subject", subject.subject))
        desk.note_new_subject(subject.subject)

    def add_subjects(self, subjects: Sequence[Subject]) -> None:
        """Enrol subjects, one after the other; see `add_subject`."""
        self._open_desk().load_subjects([subject.subject for subject in subjects])
        for subject in subjects:
            self.add_subject(subject)

    def withdraw_subject(self, subject: Subject, reason: str) -> Subject:
        """Note that a subject has left the study; the data stay.

        Raises:
            UsageError: J203 when the study has no such subject or it has left already, J201 without a reason.
        """
        stored = require_subject(self._open_desk().subject(subject.subject), subject.subject, subject.site)
        if stored.status == "withdrawn":
            raise UsageError(
                "J203", f"subject {stored.subject} was withdrawn already.", remedy="Look at the subject's history."
            )
        require_words(reason, "a withdrawal needs a reason.")
        details = {"status": "withdrawn"}
        touched = ("subject", stored.subject)
        self._write(actions.SUBJECT_WITHDRAW, details, subject=stored, touched=touched, reason=reason)
        return self._desk.state.subjects[stored.subject]

    def save_record(self, change: RecordChange, reason: str | None) -> Record:
        """Store a new record or a new version of one.

        Args:
            change: built on the version that was read; `old` of each item is what stands there.
            reason: why; needed when a value that was given before is changed or cleared.

        Returns:
            The record as it now stands.

        Raises:
            LockedError: J302 when the record is locked.
            ConflictError: J301 when the stored version is another than `base_version`.
            UsageError: J201 without the reason that is needed, J202 when the change does not fit the stored record,
                J203 and J204 for an unknown subject or another site, J205 for a form or item that the store has no
                place for.
        """
        desk, key = self._open_desk(), change.key
        require_owner(key, desk.subject(key.subject), self._study)
        self._require_unlocked(key)
        names = tuple(map(_ITEM, change.items))
        if (key.form, names) not in self._placed:
            require_place(change, desk.items_of(key.form))
            self._note_placed(key.form, names)
        stored = desk.record(key)
        if change.base_version != (0 if stored is None else stored.version):
            raise self._conflict(change, stored)
        values = require_fit(change, names, stored)
        if stored is not None and change.needs_reason:
            require_words(reason, "a changed value needs a reason.")
        given = reason if reason is not None and reason.strip() else None
        record = record_after(stored, key, change.form_version, values, self._stamp.at, self._stamp.user)
        text = self._save_texts().write(desk.next_seq, self._new_id(), change, names, given)
        desk.append_save(text, record, self._stamp.at)
        return record

    def save_new_rows(self, rows: NewRows, reason: str | None) -> None:
        """Store new records of one form, in one go, as one block of the journal.

        Every record has its own entry all the same: who reads the journal finds what `save_record` writes of one after
        the other.

        Args:
            rows: the records; none of them stands.
            reason: why, for those of which their source does not say it.

        Raises:
            what `save_record` raises, for the first record that is not as it should be; then nothing of them is stored.
        """
        if not len(rows):
            return
        desk, form = self._open_desk(), rows.layout.form
        self.read_ahead(rows.keys)
        owners = {(key.site, key.subject): key for key in rows.keys}
        for key in owners.values():
            require_owner(key, desk.subject(key.subject), self._study)
        for key in rows.keys if desk.load_locks() else ():
            self._require_unlocked(key)
        require_items(form, rows.items, desk.items_of(form))
        columns = require_new(rows)
        stored = desk.first_standing(rows.keys)
        if stored is not None:
            raise self._conflict(rows.change(stored), desk.record(rows.keys[stored]))
        reasons = [given if given and given.strip() else reason for given in rows.reasons]
        said = [given if given is not None and given.strip() else None for given in reasons]
        last = desk.next_seq + len(rows) - 1
        text = self._block_texts().write(last, self._new_id(), rows, columns, said)
        desk.append_new(text, rows, columns, self._stamp.at, self._stamp.user)

    def save_records(self, changes: Iterable[RecordChange], reason: str | None) -> None:
        """Store many records, one after the other; see `save_record`, which raises the same.

        Args:
            changes: taken in portions, so that there may be any number of them.
            reason: why; needed when a value that was given before is changed or cleared.
        """
        waiting = iter(changes)
        while portion := list(islice(waiting, _PORTION)):
            self.read_ahead([change.key for change in portion])
            for change in portion:
                self.save_record(change, reason)

    def add_source(self, name: str, digest: str, content: bytes | Path, kind: str) -> bool:
        """Keep an imported file.

        Args:
            name: the file's name without its folder.
            digest: SHA-256 of the content, 64 lower-case hexadecimal digits.
            content: the bytes as they came, or the file that holds them: it is read piece by piece.
            kind: the reader that read it.

        Returns:
            Whether it was added; False when a file of this digest is kept already.

        Raises:
            UsageError: J213 when the digest is not that of the content.
        """
        desk = self._open_desk()
        given = Content(content)
        require_source(digest, given)
        desk.load_sources()
        if digest in desk.state.sources:
            return False
        details = {"digest": digest, "name": name, "kind": kind, "size": given.size}
        self._write(actions.SOURCE_ADD, details, touched=("source", digest))
        desk.keep_content(digest, given)
        desk.flush()  # while the file is what it was
        return True

    def register_definition(self, study: Study) -> bool:
        """Note the definition that data are captured under from here on, keep its text, make room for its forms.

        Returns:
            Whether it was noted; False when it is the one that was noted last.
        """
        desk = self._open_desk()
        desk.flush()
        if not layout_fits(desk.tables.layout, study_layout(study)):
            desk.use_tables(rebuild_projections(desk.connection, desk.tables, study_layout(study)))
        self._study = study
        last = self._newest(actions.DEFINITION_REGISTER)
        if last is not None and last.details["digest"] == study.digest:
            return False
        forms = {name: form.version for name, form in study.forms.items()}
        details = {"digest": study.digest, "protocol": study.protocol.protocol, "forms": forms}
        text = Content(study.text.encode("ascii"))
        self._write(actions.DEFINITION_REGISTER, {**details, "kept": bool(study.text)})
        if study.text and not desk.has_content(study.digest):
            require_source(study.digest, text)
            desk.keep_content(study.digest, text)
        return True

    def log(self, action: str, details: Mapping[str, object]) -> None:
        """Note something that changes no data: that a study was created, an export written, an import finished.

        Args:
            action: lower-case words with dots between, for example ``export.write``.
            details: texts, whole numbers, truth values, lists and mappings of these.

        Raises:
            UsageError: J207 for other details, or an action that is the store's own.
        """
        if actions.ACTION.match(action) is None or action in actions.OWN_ACTIONS:
            raise UsageError(
                "J207", f"{action!r} can not be logged as an action.", remedy="Use words such as export.write."
            )
        self._write(action, plain_details(details))

    def subject(self, subject: str) -> Subject | None:
        """The subject as it stands, or None."""
        return self._open_desk().subject(subject)

    def record(self, key: RecordKey) -> Record | None:
        """The record as it stands, or None."""
        return self._open_desk().record(key)

    def _save_texts(self) -> SaveTexts:
        if self._texts is None or self._texts.definition != self._study.digest:
            self._texts = SaveTexts(self._stamp, self._desk.study, self._study.digest)
        return self._texts

    def _block_texts(self) -> BlockTexts:
        if self._blocks is None or self._blocks.definition != self._study.digest:
            self._blocks = BlockTexts(self._stamp, self._desk.study, self._study.digest)
        return self._blocks

    def _note_placed(self, form: str, names: Names) -> None:
        """Remember that a form has a place for items: most changes of a form name the same ones."""
        if len(self._placed) >= _MOST_PLACED:
            self._placed.clear()
        self._placed.add((form, names))

    def _conflict(self, change: RecordChange, stored: Record | None) -> ConflictError:
        version = 0 if stored is None else stored.version
        return conflict(change, version, self._newest(actions.RECORD_SAVE, change.key))
