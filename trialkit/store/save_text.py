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
        pieces = [self._begin, quote(change.form_version), ',"items":{']
        _add_items(pieces, order, change.items, change.sources)
        pieces += (
            f'}},"version":{change.base_version + 1}}},"id":{quote(entry_id)},"key":{{"form":{quote(key.form)},',
            f'"repeat":{key.repeat},"timepoint":{quote(key.timepoint)},"visit":{quote(key.visit)},',
            f'"visit_repeat":{key.visit_repeat}}},"reason":{_text(reason)},"seq":{seq},"site":{quote(key.site)}',
            self._study,
            quote(key.subject),
            self._end,
        )
        return "".join(pieces)

    def _order(self, names: tuple[str, ...]) -> _Order:
        found = self._orders.get(names)
        if found is None:
            if len(self._orders) >= _MOST_ORDERS:
                self._orders.clear()
            places = sorted(range(len(names)), key=names.__getitem__)
            commas = ("", *[","] * len(names))
            found = [
                (place, f'{comma}{quote(names[place])}:{{"new":') for comma, place in zip(commas, places, strict=False)
            ]
            self._orders[names] = found
        return found


def _add_items(
    pieces: list[str], order: _Order, items: Sequence[ItemChange], sources: Mapping[str, CellReference]
) -> None:
    # One list of short pieces that is joined once takes two thirds of the time of texts made of texts.
    file = sheet = None
    in_file = ""
    for place, begin in order:
        change = items[place]
        new, old, source = change.new, change.old, sources.get(change.item)
        if new is None:
            pieces += (begin, "null")
        else:
            missing, raw, text, unit = new.missing, new.raw, new.text, new.unit
            pieces += (
                begin,
                '{"missing":null,"raw":' if missing is None else f'{{"missing":{quote(missing.value)},"raw":',
                "null" if raw is None else quote(raw),
                ',"text":',
                "null" if text is None else quote(text),
                ',"unit":',
                "null}" if unit is None else f"{quote(unit)}}}",
            )
        pieces.append(',"old":null,"source":' if old is None else f',"old":{_value(old)},"source":')
        if source is None:
            pieces.append("null}")
            continue
        # Cells of one record lie in one sheet as a rule.
        if source.file is not file or source.sheet is not sheet:
            file, sheet = source.file, source.sheet
            in_file = f',"file":{quote(file)},"sheet":{quote(sheet)}}}}}'
        pieces += ('{"cell":', quote(source.address), in_file)


def _value(value: Value) -> str:
    reason = None if value.missing is None else value.missing.value
    return (
        f'{{"missing":{_text(reason)},"raw":{_text(value.raw)},"text":{_text(value.text)},"unit":{_text(value.unit)}}}'
    )


def _text(text: str | None) -> str:
    return "null" if text is None else quote(text)
