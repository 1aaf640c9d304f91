"""The canonical text of ``record.save`` entries, straight from the change: nearly all that a store ever writes.

Byte for byte what `write_payload` makes of `change_to_plain`, without the mappings between. Keys are sorted, as there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from trialkit.model.record import CellReference, ItemChange, RecordChange, Value
from trialkit.store.canonical import moment_text, quote
from trialkit.store.entry import RECORD_SAVE
from trialkit.store.stamp import Stamp

_MOST_ORDERS = 1_000

_Order = Sequence[tuple[int, str]]
"""Items sorted by name: the place of each in its change, and how its text begins."""


class SaveTexts:
    """Writes the entries of one transaction, which share most of what they say.

    Args:
        stamp: who and when.
        study: STUDYID.
        definition: digest of the study's definition in force.
    """

    def __init__(self, stamp: Stamp, study: str, definition: str) -> None:
        self.definition = definition
        self._begin = (
            f'{{"action":{quote(RECORD_SAVE)},"at":{quote(moment_text(stamp.at))},'
            f'"details":{{"definition":{quote(definition)},"form_version":'
        )
        self._study = f',"study":{quote(study)},"subject":'
        self._end = f',"user":{quote(stamp.user)},"zone":{quote(stamp.zone)}}}'
        self._orders: dict[tuple[str, ...], _Order] = {}

    def write(self, seq: int, entry_id: str, change: RecordChange, reason: str | None) -> str:
        """The text of an entry.

        Args:
            seq: its place.
            entry_id: its identifier.
            change: what is written; each item once.
            reason: why, or None.
        """
        key = change.key
        order = self._order(tuple([item.item for item in change.items]))
        return (
            f'{self._begin}{quote(change.form_version)},"items":{{{_items(order, change.items, change.sources)}}},'
            f'"version":{change.base_version + 1}}},"id":{quote(entry_id)},'
            f'"key":{{"form":{quote(key.form)},"repeat":{key.repeat},"timepoint":{quote(key.timepoint)},'
            f'"visit":{quote(key.visit)},"visit_repeat":{key.visit_repeat}}},'
            f'"reason":{_text(reason)},"seq":{seq},"site":{quote(key.site)}{self._study}{quote(key.subject)}{self._end}'
        )

    def _order(self, names: tuple[str, ...]) -> _Order:
        found = self._orders.get(names)
        if found is None:
            if len(self._orders) >= _MOST_ORDERS:
                self._orders.clear()
            found = [
                (place, f'{quote(names[place])}:{{"new":') for place in sorted(range(len(names)), key=names.__getitem__)
            ]
            self._orders[names] = found
        return found


def _items(order: _Order, items: Sequence[ItemChange], sources: Mapping[str, CellReference]) -> str:
    texts = []
    # Cells of one record lie in one sheet as a rule.
    file = sheet = place_of_file = None
    for place, begin in order:
        change = items[place]
        source = sources.get(change.item)
        old = "null" if change.old is None else _value(change.old)
        new = "null" if change.new is None else _value(change.new)
        if source is None:
            texts.append(f'{begin}{new},"old":{old},"source":null}}')
            continue
        if source.file is not file or source.sheet is not sheet:
            file, sheet = source.file, source.sheet
            place_of_file = f'"file":{quote(file)},"sheet":{quote(sheet)}'
        texts.append(f'{begin}{new},"old":{old},"source":{{"cell":{quote(source.address)},{place_of_file}}}}}')
    return ",".join(texts)


def _value(value: Value) -> str:
    missing, raw, text, unit = value.missing, value.raw, value.text, value.unit
    if missing is None and raw is None and text is not None:
        return f'{{"missing":null,"raw":null,"text":{quote(text)},"unit":{"null" if unit is None else quote(unit)}}}'
    reason = None if missing is None else missing.value
    return f'{{"missing":{_text(reason)},"raw":{_text(raw)},"text":{_text(text)},"unit":{_text(unit)}}}'


def _text(text: str | None) -> str:
    return "null" if text is None else quote(text)
