"""One XML part under limits, on expat: no document type, no entity, no depth, no token without end.

A part goes in as a stream, its elements come out through an `ElementWalker`. Nothing is kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO
from xml.parsers import expat

from trialkit.errors import SourceFileError

_CHUNK = 64 * 1024
_DEEPEST = 256
_LONGEST_TOKEN = 4 * 1024 * 1024
_SAVE_AGAIN = "Open the file in a spreadsheet program, save it again as .xlsx, and send that."


class ElementWalker:
    """Sees every element of a part; names are ``namespace local``. The base sees that nesting stays sane."""

    def __init__(self) -> None:
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Called for each start tag."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooDeepError
        self.open(name, attributes)

    def end(self, name: str) -> None:
        """Called for each end tag."""
        self._depth -= 1
        self.close(name)

    def open(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""

    def close(self, name: str) -> None:
        """An element ends."""

    text: Callable[[str], None] | None = None
    """Called with character data, when it is set."""


class _TooDeepError(Exception):
    pass


class _DoctypeError(Exception):
    pass


class PartParser:
    """Feeds one part to a walker piece by piece, for readers that look at the pieces themselves."""

    def __init__(self, part: str, walker: ElementWalker) -> None:
        self._part = part
        self._parser = _make_parser(walker)
        self.fed = 0
        self._namespaces: dict[str, list[str]] = {}
        self._parser.StartNamespaceDeclHandler = self._declare
        self._parser.EndNamespaceDeclHandler = self._forget

    def feed(self, piece: bytes) -> None:
        """Parse the next bytes.

        Raises:
            SourceFileError: S115 for a document type, S116 for broken XML, deep nesting or a token over 4 MiB.
                expat before 2.6.0 takes quadratic time over one long token (CVE-2023-52425).
        """
        for start in range(0, len(piece), _CHUNK):
            chunk = piece[start : start + _CHUNK]
            with self._refusals():
                self._parser.Parse(chunk, False)
            self.fed += len(chunk)
            if self.fed - max(self._parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
                raise SourceFileError(
                    "S116", f"{self._part} holds a single XML token of over 4 MiB.", remedy=_SAVE_AGAIN
                )

    def finish(self) -> None:
        """Say that no more comes. Raises SourceFileError S116 when the part is cut off."""
        with self._refusals():
            self._parser.Parse(b"", True)

    def place(self) -> int:
        """Where among the bytes that were fed the event at hand begins; asked while it is handled."""
        return self._parser.CurrentByteIndex

    def namespace(self, prefix: str) -> str | None:
        """What a prefix stands for where the parser is, an empty one for the default namespace; None for nothing."""
        meanings = self._namespaces.get(prefix)
        return (meanings[-1] or None) if meanings else None

    def _declare(self, prefix: str | None, name: str | None) -> None:
        self._namespaces.setdefault(prefix or "", []).append(name or "")

    def _forget(self, prefix: str | None) -> None:
        self._namespaces[prefix or ""].pop()

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        part = self._part
        try:
            yield
        except _DoctypeError:
            raise SourceFileError(
                "S115", f"{part} declares an XML document type, which a workbook never needs.", remedy=_SAVE_AGAIN
            ) from None
        except _TooDeepError:
            raise SourceFileError(
                "S116", f"{part} is nested over {_DEEPEST} elements deep.", remedy=_SAVE_AGAIN
            ) from None
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise SourceFileError("S116", f"{part} is damaged: {reason}.", remedy=_SAVE_AGAIN) from None


def walk_part(source: IO[bytes], part: str, walker: ElementWalker) -> None:
    """Feed a whole part to the walker, chunk by chunk. Raises as `PartParser` does."""
    parser = PartParser(part, walker)
    while chunk := source.read(_CHUNK):
        parser.feed(chunk)
    parser.finish()


def _make_parser(walker: ElementWalker) -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = walker.start
    parser.EndElementHandler = walker.end
    parser.StartDoctypeDeclHandler = _refuse_doctype
    if walker.text is not None:
        parser.CharacterDataHandler = walker.text
    return parser


def _refuse_doctype(*_declaration: object) -> None:
    raise _DoctypeError
