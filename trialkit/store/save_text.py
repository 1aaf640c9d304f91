"""The canonical text of ``record.save`` entries, straight from the change: what is typed, above all.

Byte for byte what `write_payload` makes of `change_to_plain`, without the mappings between. Keys are sorted, as there.
Pieces that come again are kept: what is said of a change of an item, and of the cells of a sheet.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import TypeVar

from trialkit.model.record import ItemChange, RecordChange, Value
from trialkit.store.canonical import moment_text, quote
from trialkit.store.entry import RECORD_SAVE
from trialkit.store.source_text import SourceTexts
from trialkit.store.stamp import Stamp

_MOST_PIECES = 50_000
_MOST_ORDERS = 1_000

Names = tuple[str, ...]
"""The items of a change, in its order."""

T = TypeVar("T")
_Sorted = Callable[[Sequence[T]], Sequence[T]]


class SaveFrame:
    """What all ``record.save`` entries of one transaction say alike, in the pieces between which the rest stands.

    Args:
        stamp: who and when.
        study: STUDYID.
        definition: digest of the study's definition in force.

    Attributes:
        begin: up to the version of the form.
        study: from the study up to the subject.
        end: behind the subject.
    """

    def __init__(self, stamp: Stamp, study: str, definition: str) -> None:
        self.begin = (
            f'{{"action":{quote(RECORD_SAVE)},"at":{quote(moment_text(stamp.at))},'
            f'"details":{{"definition":{quote(definition)},"form_version":'
        )
        self.study = f',"study":{quote(study)},"subject":'
        self.end = f',"user":{quote(stamp.user)},"zone":{quote(stamp.zone)}}}'


class SaveTexts:
    """Writes the entries of one transaction, which share most of what they say.

    Args:
        stamp: who and when.
        study: STUDYID.
        definition: digest of the study's definition in force.
    """

    def __init__(self, stamp: Stamp, study: str, definition: str) -> None:
        self.definition = definition
        self._frame = SaveFrame(stamp, study, definition)
        self._orders: dict[Names, _Sorted[ItemChange]] = {}
        # Changes are known by their place in memory, which is theirs as long as they are kept here.
        self._pieces: dict[int, str] = {}
        self._kept: list[ItemChange] = []
        self._sources = SourceTexts()

    def write(self, seq: int, entry_id: str, change: RecordChange, names: Names, reason: str | None) -> str:
        """The text of an entry.

        Args:
            seq: its place.
            entry_id: its identifier.
            change: what is written; each item once.
            names: its items, in its order.
            reason: why, or None.
        """
        key, version = change.key, change.base_version + 1
        items, cells = self._items(names, change.items), self._sources.write(names, change.sources)
        why = "null" if reason is None else quote(reason)
        return (
            f'{self._frame.begin}{quote(change.form_version)},"items":{{{items}}}'
            f'{cells},"version":{version}}},'
            f'"id":{quote(entry_id)},"key":{{"form":{quote(key.form)},"repeat":{key.repeat},"timepoint":{quote(key.timepoint)},'
            f'"visit":{quote(key.visit)},"visit_repeat":{key.visit_repeat}}},"reason":{why},"seq":{seq},'
            f'"site":{quote(key.site)}{self._frame.study}{quote(key.subject)}{self._frame.end}'
        )

    def _items(self, names: Names, items: Sequence[ItemChange]) -> str:
        order = self._orders.get(names)
        if order is None:
            if len(self._orders) >= _MOST_ORDERS:
                self._orders.clear()
            order = self._orders[names] = _in_order(names)
        ordered = order(items)
        try:
            return ",".join(map(self._pieces.__getitem__, map(id, ordered)))
        except KeyError:
            return self._new_pieces(ordered)

    def _new_pieces(self, ordered: Sequence[ItemChange]) -> str:
        if len(self._pieces) >= _MOST_PIECES:
            self._pieces.clear()
            self._kept.clear()
        pieces = []
        for change in ordered:
            piece = self._pieces.get(id(change))
            if piece is None:
                piece = self._pieces[id(change)] = _item_text(change)
                self._kept.append(change)
            pieces.append(piece)
        return ",".join(pieces)


def _in_order(names: Names) -> _Sorted[T]:
    """Takes a sequence, one thing for each name, and gives it in the order of the names."""
    places = sorted(range(len(names)), key=names.__getitem__)
    if places == list(range(len(names))):
        return tuple
    return itemgetter(*places)


def _item_text(change: ItemChange) -> str:
    old, new = change.old, change.new
    if old is None and new is not None:
        return f"{quote(change.item)}:{value_text(new)}"
    sides = [f'"{side}":{value_text(value)}' for side, value in (("new", new), ("old", old)) if value is not None]
    return f"{quote(change.item)}:{{{','.join(sides)}}}"


def value_text(value: Value) -> str:
    """The text of a value, as `encode_payload` writes what `value_to_plain` makes of it."""
    missing, raw, text, unit = value.missing, value.raw, value.text, value.unit
    if missing is None and unit is None and raw is None and text is not None:
        return quote(text)
    parts = [
        f'"{name}":{quote(part)}'
        for name, part in (("missing", missing and missing.value), ("raw", raw), ("text", text), ("unit", unit))
        if part is not None
    ]
    return f"{{{','.join(parts)}}}"
