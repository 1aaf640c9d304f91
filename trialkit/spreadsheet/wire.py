"""What a child process says to its parent: one JSON text a line, and the texts of cells, all checked when they arrive.

A child that reads a hostile file may have been taken over by it, so nothing of what it says is taken on trust, and
nothing that it could say is ever executed: no pickle, no code, no path.

Lines: ``["sheet", name, visible]``, ``["rows", header, texts, raws, codes]``, ``["refusal", code, message, remedy]``,
and at last ``["end", kind, digest, recognised, oddities]``. A line of rows says how many bytes of texts, of raw
characters and of codes come behind it.
"""

from __future__ import annotations

import json
import re
from typing import IO, Any

from trialkit.errors import SourceFileError
from trialkit.model.source import Oddity, SourceFile
from trialkit.spreadsheet.assembly import Assembler, Ending
from trialkit.spreadsheet.encoded_blocks import EncodedBlock, NonsenseError

LONGEST_LINE = 64 * 1024 * 1024
_MOST_SAID = 1024 * 1024 * 1024
_MOST_SHEETS = 5_000
_ROWS = re.compile(r'\["rows",(\[.*\]),([0-9]{1,10}),([0-9]{1,10}),([0-9]{1,10})\]\n', re.ASCII)
_CODE = re.compile(r"S[12][0-9]{2}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LONGEST_WORDS = 40_000
_SURROGATE = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")
"""The escape of half a pair, and not a backslash, written twice, before such letters."""


class CutOffError(Exception):
    """A child stopped before it said that it came to the end."""


class LineWriter:
    """A sink that writes lines for the parent."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target

    def begin_sheet(self, name: str, visible: bool) -> None:
        """See `Sink`."""
        self._write(["sheet", name, visible])

    def add_rows(self, block: EncodedBlock) -> None:
        """See `Sink`."""
        header, *parts = block
        self._target.write(f'["rows",{header},{",".join(str(len(part)) for part in parts)}]\n'.encode())
        self._target.writelines(parts)

    def end(self, digest: str, ending: Ending) -> None:
        """The reading came to its end."""
        oddities = [[found.code, found.text, found.sheet, found.cell, found.count] for found in ending.oddities]
        self._write(["end", ending.kind, digest, list(ending.recognised), oddities])

    def refuse(self, error: SourceFileError) -> None:
        """The file is refused."""
        from trialkit.wording import speakable  # late: hardly any file is refused

        words = (speakable(text) for text in (error.message, error.remedy))
        self._write(["refusal", error.code, *words])

    def _write(self, parts: list[object]) -> None:
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        self._target.write(text.encode("utf-8", errors="backslashreplace") + b"\n")
        self._target.flush()


def receive(source: IO[bytes], name: str) -> SourceFile:
    """Make a source file of what a child says.

    Args:
        source: the pipe.
        name: the file's name without its folder.

    Raises:
        SourceFileError: the child refuses the file.
        NonsenseError: it says anything else than what our child says.
        CutOffError: it stops before its end.
    """
    assembler = Assembler()
    sheets: set[str] = set()
    said = 0
    while line := source.readline(LONGEST_LINE):
        said += len(line)
        if said > _MOST_SAID:
            raise NonsenseError
        if not line.endswith(b"\n"):
            raise NonsenseError if len(line) == LONGEST_LINE else CutOffError
        try:
            text = _plain(line.decode("utf-8"))
            rows = _ROWS.fullmatch(text) if sheets else None
            parts = None if rows else json.loads(text)
        except (ValueError, RecursionError):
            raise NonsenseError from None
        if rows:
            sizes = [int(size) for size in rows.groups()[1:]]
            said += sum(sizes)
            if said > _MOST_SAID:
                raise NonsenseError
            assembler.add_rows(EncodedBlock(rows[1], *(_read(source, size) for size in sizes)))
            continue
        found = _take(parts, name, assembler, sheets)
        if found is not None:
            if source.read(1):
                raise NonsenseError
            return found
    raise CutOffError


def _read(source: IO[bytes], size: int) -> bytes:
    found = source.read(size)
    if len(found) < size:
        raise CutOffError
    return found


def _plain(text: str) -> str:
    """Our child writes characters as they are; half a pair of surrogates could only come as an escape."""
    if _SURROGATE.search(text):
        raise NonsenseError
    return text


def _take(parts: Any, name: str, assembler: Assembler, sheets: set[str]) -> SourceFile | None:  # Any: as it arrives
    match parts:
        case ["sheet", str(title), bool(visible)] if title not in sheets and len(sheets) < _MOST_SHEETS:
            sheets.add(title)
            assembler.begin_sheet(title, visible)
            return None
        case ["refusal", str(code), str(message), str(remedy)] if _is_code(code) and _are_words([message, remedy]):
            raise SourceFileError(code, message, remedy=remedy)
        case ["end", str(kind), str(digest), list(recognised), list(oddities)]:
            if _DIGEST.fullmatch(digest) and _are_words([kind, *recognised]) and kind.isprintable():
                ending = Ending(kind, tuple(recognised), tuple(_oddity(entry) for entry in oddities))
                return assembler.finish(name, digest, ending)
    raise NonsenseError


def _oddity(parts: Any) -> Oddity:  # Any: as it arrives
    match parts:
        case [str(code), str(text), str(sheet), str(cell), int(count)] if _is_code(code) and type(count) is int:
            if _are_words([text, sheet, cell]):
                return Oddity(code, text, sheet, cell, count)
    raise NonsenseError


def _is_code(code: str) -> bool:
    from trialkit.codes import load_codes  # late: the child knows no codes

    return _CODE.fullmatch(code) is not None and code in load_codes()


def _are_words(texts: list[Any]) -> bool:  # Any: as it arrives
    return all(isinstance(text, str) and len(text) <= _LONGEST_WORDS for text in texts)
