"""The canonical text of a block: entries that save new records of one form, as one link of the chain, by columns.

A block says what an entry says, in the same places. What differs from record to record is a column: all that is said,
in the order in which it is said first, and for each record the place of what it says. What all say alike stands there
once, as in an entry.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from trialkit.model.coded_columns import CodedColumn, code_column, recode, write_codes
from trialkit.model.new_rows import NewRows
from trialkit.model.record import ItemChange
from trialkit.store.canonical import quote
from trialkit.store.save_text import SaveFrame, value_text
from trialkit.store.stamp import Stamp

_MOST_PIECES = 50_000
_NOTHING = "null"

ItemColumns = Mapping[str, CodedColumn[ItemChange | None]]
"""Item to what each of many new records says of it: only what is said, in the order in which it is said first."""

T = TypeVar("T")


class BlockTexts:
    """Writes the blocks of one transaction, which share most of what they say.

    Args:
        stamp: who and when.
        study: STUDYID.
        definition: digest of the study's definition in force.
    """

    def __init__(self, stamp: Stamp, study: str, definition: str) -> None:
        self.definition = definition
        self._frame = SaveFrame(stamp, study, definition)
        # Changes are known by their place in memory, which is theirs as long as they are kept here.
        self._pieces: dict[int, str] = {}
        self._kept: list[ItemChange | None] = []

    def write(self, seq: int, block_id: str, rows: NewRows, columns: ItemColumns, reasons: Sequence[str | None]) -> str:
        """The text of a block.

        Args:
            seq: the place of its last entry.
            block_id: its identifier.
            rows: the records; at least one.
            columns: what they are given.
            reasons: why each is written, or None.
        """
        site, subject, visit, visit_repeat, _, timepoint, repeat = zip(*rows.keys, strict=True)
        layout = rows.layout
        items = {item: text for item in sorted(columns) if (text := self._item(columns[item])) != _NOTHING}
        letters = ",".join([quote(layout.letters[item]) if item in layout.letters else _NOTHING for item in items])
        sheet = f',"sheet":{quote(layout.sheet)}' if layout.sheet else ""
        return (
            f'{self._frame.begin}{quote(rows.form_version)},"items":{{'
            f"{','.join([f'{quote(item)}:{text}' for item, text in items.items()])}}},"
            f'"source":{{"columns":[{letters}],"file":{quote(layout.file)},'
            f'"row":[{",".join(map(str, rows.numbers))}]{sheet}}},"version":1}},'
            f'"entries":{len(rows)},"id":{quote(block_id)},'
            f'"key":{{"form":{quote(layout.form)},"repeat":{_column(repeat, str)},'
            f'"timepoint":{_column(timepoint, quote)},'
            f'"visit":{_column(visit, quote)},"visit_repeat":{_column(visit_repeat, str)}}},'
            f'"reason":{_column(reasons, _reason)},"seq":{seq},"site":{_column(site, quote)}'
            f"{self._frame.study}{_column(subject, quote)}{self._frame.end}"
        )

    def _item(self, column: CodedColumn[ItemChange | None]) -> str:
        try:
            pieces = list(map(self._pieces.__getitem__, map(id, column.values)))
        except KeyError:
            pieces = list(map(self._new_piece, column.values))
        if len(set(pieces)) == len(pieces):
            return _coded(pieces, column.codes)
        known: dict[str, int] = {}
        places = [known.setdefault(piece, len(known)) for piece in pieces]
        return _coded(list(known), recode(places, column.codes))

    def _new_piece(self, change: ItemChange | None) -> str:
        piece = self._pieces.get(id(change))
        if piece is None:
            if len(self._pieces) >= _MOST_PIECES:
                self._pieces.clear()
                self._kept.clear()
            piece = _NOTHING if change is None or change.new is None else value_text(change.new)
            self._pieces[id(change)] = piece
            self._kept.append(change)
        return piece


def _column(each: Sequence[T], write: Callable[[T], str]) -> str:
    if each.count(each[0]) == len(each):
        return write(each[0])
    column = code_column(each)
    return _coded([write(said) for said in column.values], column.codes)


def _coded(values: Sequence[str], codes: array[int]) -> str:
    """A column of texts that are JSON already."""
    if len(values) == 1:
        return values[0]
    return f'{{"codes":[{write_codes(codes)}],"values":[{",".join(values)}]}}'


def _reason(text: str | None) -> str:
    return _NOTHING if text is None else quote(text)
