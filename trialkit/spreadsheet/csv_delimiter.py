"""The delimiter of a CSV file: named by its first line, or recognised by how each candidate cuts the first records.

What can be cut soundly in two ways is read in the likelier one, and that there is another is told.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from trialkit.spreadsheet.csv_records import field_grammar, field_limit, find_stray

DELIMITERS = ("\t", "|", ";", ",")
"""In the order of preference among equals: the rarer a character is in ordinary text, the likelier it separates."""

SAMPLE_CHARACTERS = 512 * 1024
_SAMPLE_RECORDS = 200
_MOST_BROKEN = 20
_SEP_LINE = re.compile(r'"?sep=(.)"?[ \t;,]*(\r\n|\r|\n|$)', re.IGNORECASE)
_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_PROSE = re.compile(r"[,;] |[+-]?[0-9]+,[0-9]+", re.ASCII)
"""What a comma or semicolon may well be in a field: followed by a blank as in prose, or a decimal comma."""


class Recognised(NamedTuple):
    """What a file is cut at.

    Attributes:
        delimiter: None for a file of one column.
        width: how many columns it makes.
        others: further delimiters that the file could as well be cut at, each with how many columns it would make.
    """

    delimiter: str | None
    width: int = 1
    others: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class _Cut:
    """How a candidate cuts the first records.

    Attributes:
        delimiter: the candidate.
        width: the most usual number of fields.
        sound: the share of records with quotes around whole fields only.
        even: the share of records that have the most usual number of fields.
        whole: the share of fields that hold no other candidate; prose and decimal commas count as whole.
    """

    delimiter: str
    width: int
    sound: float
    even: float
    whole: float


def name_delimiter(first_line: str) -> str | None:
    """The delimiter that a first line ``sep=;`` names; None for any other line."""
    match = _SEP_LINE.fullmatch(first_line)
    return match[1] if match else None


def recognise_delimiter(text: str, *, is_whole: bool) -> Recognised:
    """The one of comma, semicolon, tab and pipe that cuts the first records best.

    Best is first a cut with quotes around whole fields only, as RFC 4180 has them; so nothing counts that stands within
    quotes. Then it is one into equally many fields in all records. Among those it is the one whose fields hold the
    fewest other candidates. More fields are no reason: ``1,5;2,5`` makes three at the comma, and two are right.

    Args:
        text: the beginning of the file.
        is_whole: whether it is all of the file; else its last record may be cut off.
    """
    lines = _LINES.findall(text)
    with field_limit():
        found = [_cut(lines, delimiter, is_whole=is_whole) for delimiter in DELIMITERS]
    cuts = [cut for cut in found if cut is not None]
    if not cuts:
        return Recognised(None)
    best = max(cuts, key=lambda cut: (cut.sound, cut.even, cut.whole))  # max keeps the first among equals
    others = tuple((cut.delimiter, cut.width) for cut in cuts if _is_rival(cut, best))
    return Recognised(best.delimiter, best.width, others)


def _is_rival(cut: _Cut, best: _Cut) -> bool:
    """Whether a file could as well be cut so: soundly, and evenly or with fields that are more of a piece.

    A cut whose fields all are of a piece has no rival that leaves others behind.
    """
    if cut is best or cut.sound < best.sound or (best.whole == 1 and cut.whole < 1):
        return False
    return cut.even == 1 or cut.whole > best.whole


def _cut(lines: list[str], delimiter: str, *, is_whole: bool) -> _Cut | None:
    """How a candidate cuts lines; None when it makes one column of most of them."""
    grammar = field_grammar(delimiter)
    records: list[list[str]] = []
    broken = stray = 0
    for text, fields in islice(_records(lines, delimiter, is_whole=is_whole), _SAMPLE_RECORDS):
        if fields is None:
            broken += 1
        elif fields:
            records.append(fields)
            stray += bool('"' in text and find_stray(text, fields, grammar))
    if not records:
        return None
    width, often = Counter(map(len, records)).most_common(1)[0]
    if width < 2:
        return None
    number = len(records) + broken
    sound = 1 - (broken + stray) / number
    return _Cut(delimiter, width, sound, often / number, _share_of_whole(records, delimiter))


def _records(lines: list[str], delimiter: str, *, is_whole: bool) -> Iterator[tuple[str, list[str] | None]]:
    """Each record with its text, None for one with broken quotes, behind which the next line begins anew.

    Where lines are but the beginning of a file, the record that they end in may be cut off, and is left out.
    """
    place = broken = 0
    cut_off_from = len(lines) if is_whole else (len(lines) + 1) // 2
    while place < len(lines) and broken <= _MOST_BROKEN:
        start = place
        reader = csv.reader(islice(lines, start, None), delimiter=delimiter, strict=True)
        try:
            for fields in reader:
                end = start + reader.line_num
                if end == len(lines) and place >= cut_off_from:
                    return
                yield "".join(lines[place:end]), fields
                place = end
        except csv.Error:
            if start + reader.line_num == len(lines) and place >= cut_off_from:
                return
            broken += 1
            yield "", None
            place += 1


def _share_of_whole(records: list[list[str]], delimiter: str) -> float:
    others = re.compile("[" + "".join(other for other in DELIMITERS if other != delimiter) + "]")
    fields = [field for record in records for field in record]
    return sum(others.search(_PROSE.sub("", field)) is None for field in fields) / len(fields)
