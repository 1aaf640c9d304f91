"""A dataset in, the bytes of a SAS transport file (XPORT version 5) out. Never cuts, never guesses: it refuses.

Source: SAS technical note TS-140, "The Record Layout of a Data Set in SAS Transport (XPORT) Format"; limits of the
FDA Study Data Technical Conformance Guide. One dataset per file; the stamp is an argument, so bytes are reproducible.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NoReturn

from trialkit.errors import UsageError
from trialkit.extension import Writer
from trialkit.model.dataset import Dataset, Datum, Variable, VariableType
from trialkit.model.study import Study

__all__ = ["XPT", "encode_xport", "ibm_double"]

_CARD = 80
_NAMESTR = struct.Struct(">hhhh8s40s8shhh2s8shhl52s")
_NAME = re.compile(r"^[A-Z_][A-Z0-9_]{0,7}$")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MISSING = b"\x2e" + bytes(7)
_LONGEST_TEXT = 200
_LONGEST_LABEL = 40
_MOST_VARIABLES = 9999

Encoder = Callable[[Datum, int], bytes]
"""One field of a row (the value and the row's number, first is 1) to its bytes."""


def encode_xport(dataset: Dataset, study: Study, moment: str) -> bytes:
    """Write one dataset as a SAS transport file, version 5.

    Args:
        dataset: names of 1-8 characters `[A-Z_][A-Z0-9_]*`, labels of at most 40 and texts of at most 200 ASCII
            characters; numbers go to the nearest IEEE double and from there, exactly, to IBM floating point.
        study: not read; transport files do not name their study.
        moment: ISO 8601, stamped as created and modified (to the second, as written, the zone is not kept).

    Raises:
        UsageError: X201-X209 when something can not be written as it is; names dataset, variable and row, no value.
    """
    del study
    _require_sound_head(dataset)
    stamp = _stamp(dataset, moment)
    encoders = [_encoder(dataset, variable) for variable in dataset.variables]
    observations = b"".join(
        encode(datum, number)
        for number, row in enumerate(dataset.rows, start=1)
        for encode, datum in zip(encoders, row, strict=True)
    )
    _require_visible_end(dataset)
    return b"".join(
        (_library(stamp), _member(dataset, stamp), _namestrs(dataset), _observation_header(), _padded(observations))
    )


def ibm_double(number: float) -> bytes:
    """The 8 bytes of an IBM System/360 double with exactly this value. Raises OverflowError outside its range."""
    if number == 0:
        return bytes(8)
    fraction, exponent = math.frexp(abs(number))
    base16, shift = -(-exponent // 4), -exponent % 4
    if not 0 <= base16 + 64 <= 127:
        raise OverflowError("outside the range of IBM floating point")
    mantissa = int(fraction * (1 << 53)) << (3 - shift)
    sign = 0x80 if number < 0 else 0
    return bytes((sign | (base16 + 64),)) + mantissa.to_bytes(7, "big")


def _library(stamp: str) -> bytes:
    first = _text("SAS", 8) + _text("SAS", 8) + _text("SASLIB", 8) + _text("9.4", 8) + _text("TRIALKIT", 8)
    return _header("LIBRARY") + first + _text("", 24) + _text(stamp, 16) + _text(stamp, _CARD)


def _member(dataset: Dataset, stamp: str) -> bytes:
    first = _text("SAS", 8) + _text(dataset.name, 8) + _text("SASDATA", 8) + _text("9.4", 8) + _text("TRIALKIT", 8)
    second = _text(stamp, 16) + _text("", 16) + _text(dataset.label, 40) + _text("", 8)
    return (
        _header("MEMBER", "000000000000000001600000000140")
        + _header("DSCRPTR")
        + first
        + _text("", 24)
        + _text(stamp, 16)
        + second
    )


def _namestrs(dataset: Dataset) -> bytes:
    position, cards = 0, []
    for number, variable in enumerate(dataset.variables, start=1):
        length = _width(variable)
        kind = 1 if variable.type is VariableType.NUM else 2
        name, label = _text(variable.name, 8), _text(variable.label, 40)
        blank = _text("", 8)
        cards.append(
            _NAMESTR.pack(
                kind, 0, length, number, name, label, blank, 0, 0, 0, b"\0\0", blank, 0, 0, position, bytes(52)
            )
        )
        position += length
    return _header("NAMESTR", f"000000{len(dataset.variables):04d}".ljust(30, "0")) + _padded(b"".join(cards))


def _observation_header() -> bytes:
    return _header("OBS")


def _header(name: str, numbers: str = "0" * 30) -> bytes:
    return _text(f"HEADER RECORD*******{name:<8}HEADER RECORD!!!!!!!{numbers}", _CARD)


def _text(text: str, width: int) -> bytes:
    return text.encode("ascii").ljust(width, b" ")


def _padded(content: bytes) -> bytes:
    return content + b" " * (-len(content) % _CARD)


def _width(variable: Variable) -> int:
    return 8 if variable.type is VariableType.NUM else variable.length


def _stamp(dataset: Dataset, moment: str) -> str:
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        _refuse(
            "X209", dataset, "the moment of the export is not an ISO 8601 date-time", "Give it as 2026-11-01T09:30:00Z."
        )
    return f"{at.day:02d}{_MONTHS[at.month - 1]}{at.year % 100:02d}:{at:%H:%M:%S}"


def _encoder(dataset: Dataset, variable: Variable) -> Encoder:
    """The function that writes one column; what was written once is looked up the next time."""
    known: dict[Datum, bytes] = {}
    write = _number if variable.type is VariableType.NUM else _characters

    def encode(datum: Datum, row: int) -> bytes:
        found = known.get(datum)
        if found is None:
            found = known[datum] = write(dataset, variable, datum, row)
        return found

    return encode


def _number(dataset: Dataset, variable: Variable, datum: Datum, row: int) -> bytes:
    if datum is None:
        return _MISSING
    if not isinstance(datum, Decimal) or not datum.is_finite():
        _refuse("X206", dataset, "a numeric variable holds something that is no number", _CORRECT, variable, row)
    nearest = float(datum)
    try:
        if nearest == 0 and datum != 0:
            raise OverflowError
        return ibm_double(nearest)
    except (OverflowError, ValueError):
        _refuse("X207", dataset, "a number is too large or too small for IBM floating point", _CORRECT, variable, row)


def _characters(dataset: Dataset, variable: Variable, datum: Datum, row: int) -> bytes:
    if datum is None:
        return b" " * variable.length
    if not isinstance(datum, str):
        _refuse("X206", dataset, "a text variable holds something that is no text", _CORRECT, variable, row)
    if not _is_printable_ascii(datum):
        _refuse("X205", dataset, "a text holds characters outside printable ASCII", _CORRECT, variable, row)
    if len(datum) > variable.length:
        _refuse("X204", dataset, f"a text is longer than {variable.length} characters", _CORRECT, variable, row)
    return datum.encode("ascii").ljust(variable.length, b" ")


_CORRECT = "Correct the value in its record, or export to Dataset-JSON or CSV instead."


def _require_sound_head(dataset: Dataset) -> None:
    names = [variable.name for variable in dataset.variables]
    if not _NAME.match(dataset.name):
        _refuse(
            "X201", dataset, "its name is not 1 to 8 capitals and digits", "Export it to Dataset-JSON or CSV instead."
        )
    if not names or len(names) > _MOST_VARIABLES or len(set(names)) != len(names):
        _refuse(
            "X202", dataset, "it has no variables, too many, or two of one name", "Correct the dataset's definition."
        )
    if len(dataset.label) > _LONGEST_LABEL or not _is_printable_ascii(dataset.label):
        _refuse("X203", dataset, "its label is not at most 40 ASCII characters", "Shorten the label.")
    for variable in dataset.variables:
        _require_sound_variable(dataset, variable)


def _require_sound_variable(dataset: Dataset, variable: Variable) -> None:
    if not _NAME.match(variable.name):
        shorter = "Shorten the name, or export to Dataset-JSON or CSV instead."
        _refuse("X202", dataset, "the name is not 1 to 8 capitals and digits", shorter, variable)
    if len(variable.label) > _LONGEST_LABEL or not _is_printable_ascii(variable.label):
        _refuse("X203", dataset, "the label is not at most 40 ASCII characters", "Shorten the label.", variable)
    if variable.type is VariableType.CHAR and not 1 <= variable.length <= _LONGEST_TEXT:
        longer = "Split the text over several variables, or export to Dataset-JSON or CSV instead."
        _refuse("X204", dataset, "texts are longer than 200 characters", longer, variable)


def _require_visible_end(dataset: Dataset) -> None:
    """Refuse a last row of blanks: readers can not tell it from the padding of the last card."""
    if not dataset.rows or any(variable.type is VariableType.NUM for variable in dataset.variables):
        return
    if not any(dataset.rows[-1]):
        _refuse("X208", dataset, "its last row is empty, which readers would drop", "Leave out the empty row.")


def _is_printable_ascii(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _refuse(
    code: str, dataset: Dataset, what: str, remedy: str, variable: Variable | None = None, row: int = 0
) -> NoReturn:
    place = f"{dataset.name}.{variable.name}" if variable else f"dataset {dataset.name}"
    at_row = f", row {row}" if row else ""
    raise UsageError(code, f"{place}{at_row} can not be written as a SAS transport file: {what}.", remedy=remedy)


XPT = Writer(name="xpt", suffix=".xpt", encode=encode_xport)
