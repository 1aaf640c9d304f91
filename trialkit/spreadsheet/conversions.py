"""From what a workbook stores for a cell to its text, kind and format: one converter for each type and format.

A converter takes the stored characters and gives the text, when the cell is just what its type says, or else a
`Made` cell with everything that is different about it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from trialkit.model.source import CellKind
from trialkit.spreadsheet.book_parts import pick_string
from trialkit.spreadsheet.cell_text import (
    NotReadableError,
    decode_escapes,
    is_beyond_precision,
    pick_plain_numbers,
    write_iso,
    write_moment,
    write_number,
)
from trialkit.spreadsheet.format_sections import Clock, Section, Shown
from trialkit.spreadsheet.number_formats import GENERAL_FORMAT, NumberFormat
from trialkit.spreadsheet.text_looks import Look, is_ordinary, is_seen_ordinary, look_at

_ERRORS = frozenset(
    [
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#GETTING_DATA",
        "#SPILL!",
        "#CALC!",
        "#FIELD!",
        "#BLOCKED!",
        "#UNKNOWN!",
        "#CONNECT!",
        "#BUSY!",
        "#PYTHON!",
        "#EXTERNAL!",
    ]
)
_MOST_REMEMBERED = 100_000
_MOST_TYPES = 10_000
_LONGEST_INDEX = 9
_LOOSE: Look = ("S218", "a time with a fraction of a second, which is left out of its text")
_PERCENTAGE: Look = ("S220", "shown as a percentage; read as the share that the file stores, so that 85 % is 0.85")
_UNKNOWN: Look = ("S238", "names a cell format that the file does not have, so a date may stand as a number")
_ANY_DAY = Decimal(45_000)
_SHOWN: dict[Shown, tuple[Look, ...]] = {
    "": (),
    "nothing": (("S233", "formatted so that nothing of it is shown"),),
    "words": (("S239", "formatted so that words are shown in its place; read as the file stores it"),),
    "sign": (("S239", "shown with a sign such as < before it; read without it, as the file stores it"),),
    "scaled": (("S239", "shown in thousands or millions; read whole, as the file stores it"),),
}
"""What is odd about a cell of which a person sees this."""
_CONTRADICTS = "what the file holds for this cell is not of the type that it says"


@dataclass(frozen=True, slots=True)
class Made:
    """A cell that is not quite what its type says: its kind, text, raw characters and what is odd about it."""

    kind: CellKind
    text: str
    raw: str | None = None
    looks: tuple[Look, ...] = ()


Converter = Callable[[str], str | Made]
ManyConverter = Callable[[Collection[str]], dict[str, str]]
"""Gives the texts of those stored characters of which it is seen at once that nothing is odd, and leaves out others."""


class _Memory(dict[str, "str | Made"]):
    """What a converter gave before, by what it was given: looking it up costs a tenth of converting again."""

    def __init__(self, convert: Converter) -> None:
        super().__init__()
        self._convert = convert

    def __missing__(self, raw: str) -> str | Made:
        if len(self) >= _MOST_REMEMBERED:
            self.clear()
        found = self[raw] = self._convert(raw)
        return found


@dataclass(frozen=True, slots=True)
class CellType:
    """How the cells of one type and format come out.

    Attributes:
        kind: what they ordinarily are.
        convert: from the stored characters to the text.
        recall: the same, remembering what it gave before where that is faster.
        has_raw: whether the text is ordinarily another writing than the stored characters.
        number_format: the format code; empty for the general one.
        looks: what is odd about each of them.
        convert_many: a faster way for many that were not converted before; None where there is none.
    """

    kind: CellKind
    convert: Converter
    recall: Converter
    has_raw: bool
    number_format: str
    looks: tuple[Look, ...] = ()
    convert_many: ManyConverter | None = None


class Conversions:
    """The cell types of one workbook; `odd_texts` gathers every text that is odd by itself.

    Args:
        strings: the shared strings.
        formats: the number format behind each style number; None for one that the file does not have.
        from_1904: whether dates count from 1904.
        where: file and sheet, for messages.
    """

    def __init__(self, strings: list[str], formats: list[NumberFormat | None], *, from_1904: bool, where: str) -> None:
        self._strings = strings
        self._formats = formats
        self._from_1904 = from_1904
        self._where = where
        self.odd_texts: dict[str, tuple[Look, ...]] = {}
        self._shared = _Memory(self._pick).__getitem__
        self._number = _Memory(_number).__getitem__
        self._types: dict[tuple[str, str], CellType] = {}

    def cell_type(self, letter_type: str, style: str) -> CellType:
        """The type of cells that say ``t="letter_type"`` and ``s="style"``; for the same words the same object."""
        found = self._types.get((letter_type, style))
        if found is None:
            if len(self._types) >= _MOST_TYPES:
                self._types.clear()
            found = self._types[letter_type, style] = self._make_type(letter_type, style)
        return found

    def _make_type(self, letter_type: str, style: str) -> CellType:
        found = self._format(style)
        form = found or GENERAL_FORMAT
        if letter_type in ("n", ""):
            return self._number_type(form) if found else replace(self._number_type(form), looks=(_UNKNOWN,))
        day = form.section(_ANY_DAY)
        looks = _SHOWN[day.shown if letter_type == "d" else form.of_text.shown]
        if letter_type == "s":
            return CellType(CellKind.TEXT, self._pick, self._shared, False, form.code, looks, self._pick_many)
        plain: dict[str, tuple[CellKind, Converter, bool]] = {
            "str": (CellKind.TEXT, self._own_text, False),
            "inlineStr": (CellKind.TEXT, self._own_text, False),
            "b": (CellKind.BOOLEAN, _boolean, True),
            "e": (CellKind.ERROR, _error, False),
            "d": (CellKind.DATE, partial(_iso, clock=day.clock), True),
        }
        kind, convert, has_raw = plain.get(letter_type, (CellKind.ERROR, _unknown_type, False))
        return CellType(kind, convert, convert, has_raw, form.code, looks)

    def _format(self, style: str) -> NumberFormat | None:
        """The format of a style number; None when the file does not have it. Files that have no formats are plain.

        A cell that names no style has style 0, which a file can give any format (ECMA-376 part 1, 18.3.1.4).
        """
        number = style or "0"
        if number == "0" and not self._formats:
            return GENERAL_FORMAT
        is_number = number.isascii() and number.isdigit() and len(number) < 8
        return self._formats[int(number)] if is_number and int(number) < len(self._formats) else None

    def _number_type(self, form: NumberFormat) -> CellType:
        """The type of numbers. Where a format shows some as it shows others not, each is looked at by itself."""
        types = {section: self._section_type(form.code, section) for _, section in form.branches}
        usual = types[form.section(_ANY_DAY)]
        if len(types) == 1:
            return usual
        convert = partial(_by_section, form=form, types=types, usual=usual)
        return CellType(usual.kind, convert, _Memory(convert).__getitem__, usual.has_raw, form.code)

    def _section_type(self, code: str, section: Section) -> CellType:
        if section.clock:
            moment = partial(_moment, clock=section.clock, from_1904=self._from_1904)
            return CellType(CellKind.DATE, moment, _Memory(moment).__getitem__, True, code)
        looks = (*_SHOWN[section.shown], *((_PERCENTAGE,) if section.is_percent else ()))
        if section.zeros or section.is_mask:
            padded = partial(_padded, zeros=section.zeros, is_mask=section.is_mask)
            return CellType(CellKind.NUMBER, padded, padded, False, code, looks)
        return CellType(CellKind.NUMBER, _number, self._number, False, code, looks, _numbers)

    def _pick(self, index: str) -> str:
        text = pick_string(self._strings, index, self._where)
        self._remember(text)
        return text

    def _pick_many(self, indexes: Collection[str]) -> dict[str, str]:
        joined = "".join(indexes)
        if not (joined.isascii() and joined.isdigit()) or max(map(len, indexes)) > _LONGEST_INDEX:
            return {}
        places = list(map(int, indexes))
        if max(places) >= len(self._strings):
            return {}
        texts = map(self._strings.__getitem__, places)
        return {index: text for index, text in zip(indexes, texts, strict=True) if is_seen_ordinary(text)}

    def _own_text(self, text: str) -> str | Made:
        decoded = decode_escapes(text)
        self._remember(decoded)
        return decoded if decoded == text else Made(CellKind.TEXT, decoded, text)

    def _remember(self, text: str) -> None:
        if not is_ordinary(text) and (looks := look_at(text)):
            self.odd_texts[text] = looks


def _number(raw: str) -> str | Made:
    try:
        text = write_number(raw)
    except NotReadableError as error:
        return Made(CellKind.ERROR, error.shown, raw, ((error.code, error.reason),))
    if text is raw:
        return text
    looks: tuple[Look, ...] = ()
    if is_beyond_precision(text):
        looks = (("S219", "a number of over 15 digits: spreadsheet programs lose the last ones of an identifier"),)
    return Made(CellKind.NUMBER, text, None if text == raw else raw, looks)


def _numbers(raws: Collection[str]) -> dict[str, str]:
    plain = pick_plain_numbers(raws)
    return dict(zip(plain, plain, strict=True))


def _by_section(raw: str, form: NumberFormat, types: Mapping[Section, CellType], usual: CellType) -> str | Made:
    """A number whose format shows it as that section says which is for such numbers."""
    try:
        own = types[form.section(Decimal(write_number(raw)))]
    except NotReadableError:
        return _number(raw)
    made = own.convert(raw)
    if isinstance(made, Made):
        return replace(made, looks=(*made.looks, *own.looks))
    if own.kind is usual.kind and not own.looks:
        return made
    return Made(own.kind, made, raw if own.has_raw else None, own.looks)


def _padded(raw: str, zeros: int, *, is_mask: bool) -> str | Made:
    made = _number(raw)
    text = made if isinstance(made, str) else made.text
    if is_mask:
        phrase = "shown with zeros or characters of an identifier; read as the number that the file stores"
    elif len(text.partition(".")[0].lstrip("-")) < zeros:
        phrase = f"shown with leading zeros, {zeros} digits in all; read as the number that the file stores"
    else:
        return made
    kind, kept, before = (CellKind.NUMBER, None, ()) if isinstance(made, str) else (made.kind, made.raw, made.looks)
    return Made(kind, text, kept, (*before, ("S221", phrase)))


def _moment(raw: str, clock: Clock, *, from_1904: bool) -> str | Made:
    try:
        text, is_loose = write_moment(raw, clock, from_1904=from_1904)
    except NotReadableError as error:
        return Made(CellKind.ERROR, error.shown, raw, ((error.code, error.reason),))
    return Made(CellKind.DATE, text, raw, (_LOOSE,)) if is_loose else text


def _iso(raw: str, clock: Clock) -> str | Made:
    try:
        text, is_loose = write_iso(raw, clock)
    except NotReadableError as error:
        return Made(CellKind.ERROR, error.shown, raw, ((error.code, error.reason),))
    return Made(CellKind.DATE, text, raw, (_LOOSE,)) if is_loose else text


def _boolean(raw: str) -> str | Made:
    if raw in ("1", "0", "true", "false"):
        return "TRUE" if raw in ("1", "true") else "FALSE"
    return Made(CellKind.ERROR, raw, None, (("S215", _CONTRADICTS),))


def _error(raw: str) -> Made:
    return Made(CellKind.ERROR, raw, None, (("S208", f"the error {raw}" if raw in _ERRORS else "an error"),))


def _unknown_type(raw: str) -> Made:
    return Made(CellKind.ERROR, raw, None, (("S215", "the file gives it a type that does not exist"),))
