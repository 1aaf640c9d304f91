"""What a change must meet before it becomes an entry. Each raises with the remedy; none stores anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from operator import attrgetter, ne

from trialkit.errors import ConflictError, UsageError
from trialkit.model.coded_columns import CodedColumn, blank_rows, condense
from trialkit.model.new_rows import NOTHING, NewRows
from trialkit.model.record import ItemChange, Record, RecordChange, RecordKey, Subject, Value
from trialkit.model.study import Study
from trialkit.model.value_views import NewValues
from trialkit.store.block_text import ItemColumns
from trialkit.store.content import Content
from trialkit.store.entry import JournalEntry
from trialkit.store.fold import values_after

_ITEM, _OLD, _NEW = attrgetter("item"), attrgetter("old"), attrgetter("new")


def require_words(text: str | None, message: str) -> None:
    """Raise J201 when a text is blank; the message says what it is needed for."""
    if text is None or not text.strip():
        raise UsageError("J201", message, remedy="Say why, in a few words.")


def require_subject(stored: Subject | None, name: str, site: str) -> Subject:
    """The stored subject. Raises J203 when there is none, J204 when it belongs to another site."""
    if stored is None:
        raise UsageError("J203", f"the study has no subject {name}.", remedy="Add the subject first.")
    if stored.site != site:
        raise UsageError(
            "J204", f"subject {name} belongs to site {stored.site}, not {site}.", remedy="Name the right site."
        )
    return stored


def require_owner(key: RecordKey, stored: Subject | None, study: Study) -> None:
    """Raise J203 or J204 when nobody of the study owns the record: a subject, or for a reference form a site."""
    if stored is not None and stored.site == key.site:
        return
    form = study.forms.get(key.form)
    is_of_a_site = form is not None and form.reference and not key.subject and study.definition.site(key.site)
    if not is_of_a_site:
        require_subject(stored, key.subject, key.site)


def require_asked(key: RecordKey, stored: Subject | None, study: Study) -> None:
    """Raise J203 or J204 when a query would be about nobody of the study: a subject, or a site as a whole."""
    if key.subject or study.definition.site(key.site) is None:
        require_subject(stored, key.subject, key.site)


def require_place(change: RecordChange, items: Collection[str] | None) -> None:
    """Raise J205 when the store has no place for the form or for an item.

    Args:
        change: what is to be stored.
        items: the items that the table of its form has columns for; None when there is no such table.
    """
    require_items(change.key.form, [item.item for item in change.items], items)


def require_items(form: str, named: Iterable[str], items: Collection[str] | None) -> None:
    """Raise J205 when the store has no place for a form or for an item of it that is named; see `require_place`."""
    unknown = [item for item in named if items is None or item not in items]
    if items is None or unknown:
        place = ", ".join([form, *unknown])
        raise UsageError("J205", f"the study defines no {place}.", remedy="Check the form and its items.")


def require_fit(change: RecordChange, names: tuple[str, ...], stored: Record | None) -> dict[str, Value]:
    """The values of the record after a change. Raises J202 when the change says something else than what is stored.

    The journal keeps what was there before: that must be true, whoever built the change. Every item must change, once.

    Args:
        change: what is to be stored.
        names: its items, in its order.
        stored: the record as it stands; None for a new one.
    """
    old, new = list(map(_OLD, change.items)), list(map(_NEW, change.items))
    is_first = not any(old)
    is_each_new = is_first and all(new)
    given = change.values
    # What is made of the changes says what they say, unless an item is named twice.
    is_made_of_them = isinstance(given, NewValues) and given.changes is change.items and is_each_new
    values = dict(zip(names, new, strict=True)) if is_made_of_them else dict(given)
    # New records, nearly always: their values are those of the change and no others, in its order.
    if stored is None and is_each_new and names and tuple(values) == names and list(values.values()) == new:
        return values
    try:
        after = values_after(stored, names, old, new)
    except ValueError as error:
        raise _misfit(change.key) from error
    each_changes = is_each_new if is_first else all(map(ne, old, new))
    if not names or len(set(names)) != len(names) or not each_changes or after != values:
        raise _misfit(change.key)
    return after


def require_new(rows: NewRows) -> ItemColumns:
    """What new records are given. Raises J202 when they are none: each once, of the form of the rows, with an item at
    least, and no item with another name or an old value."""
    form, keys = rows.layout.form, rows.keys
    if len(set(keys)) != len(keys):
        raise _misfit(next(key for key, number in Counter(keys).items() if number > 1))
    other = next((key for key in keys if key.form != form), None)
    if other is not None:
        raise _misfit(other)
    blank = blank_rows(rows.codes) if rows.codes else [0]
    if blank:
        raise _misfit(keys[blank[0]])
    columns: dict[str, CodedColumn[ItemChange | None]] = {}
    for item, codes in zip(rows.items, rows.codes, strict=True):
        found = condense(codes)
        changes = [rows.changes[code] for code in found.values]
        if not _are_new(item, found.values, changes):
            each = zip(found.values, changes, strict=True)
            wrong = next(code for code, change in each if not _are_new(item, [code], [change]))
            raise _misfit(keys[codes.index(wrong)])
        columns[item] = CodedColumn(changes, found.codes)
    if len(columns) != len(rows.items):
        raise _misfit(keys[0])
    return columns


def _are_new(item: str, codes: Sequence[int], changes: Sequence[ItemChange | None]) -> bool:
    """Whether changes give an item its first value, all but the one with the code `NOTHING`."""
    made = list(filter(None, changes))
    if len(made) + (NOTHING in codes) != len(codes):
        return False
    return {*map(_ITEM, made)} <= {item} and not any(map(_OLD, made)) and all(map(_NEW, made))


def _misfit(key: RecordKey) -> UsageError:
    return UsageError(
        "J202",
        f"a change of {key} does not fit the record that is stored.",
        remedy="Read the record again and build the change on it.",
    )


def require_source(digest: str, content: Content) -> None:
    """Raise J213 when a digest is not the SHA-256 of the content, in lower-case hexadecimal."""
    if content.digest() != digest:
        raise UsageError("J213", "the digest of a source file is not that of its bytes.", remedy="Read the file again.")


def conflict(change: RecordChange, version: int, last: JournalEntry | None) -> ConflictError:
    """J301: both versions, and who made the stored one when; no data.

    Args:
        change: what was to be stored.
        version: the version that is stored.
        last: the entry that stored it.
    """
    who = "" if last is None else f": {last.user} changed it at {_to_the_second(last.at)}"
    return ConflictError(
        "J301",
        f"{change.key} is at version {version}, the change is built on {change.base_version}{who}.",
        remedy="Look at the record again, then repeat the change.",
    )


def _to_the_second(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
