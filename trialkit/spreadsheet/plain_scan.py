"""Reads a part that is one element after another of a kind, most of them plain: these as text, the rest by parser.

Two proofs stand before elements are offered as text:

- the parser has just seen the end of such an element, or of the tag that they stand in, with the usual namespace as
  the default one and with nothing pending;
- the text has no control character, no ``]]>`` and no character that XML can not hold.

Whoever takes the text proves the rest, element by element. What is not taken goes to the parser, which never sees the
elements that were taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import IO

from trialkit.spreadsheet.names import MAIN, STRICT_MAIN
from trialkit.spreadsheet.safe_xml import PartParser

_CHUNK = 256 * 1024
_LONGEST_ELEMENT = 2 * 1024 * 1024
_DECLARED_UTF8 = re.compile(
    rb"(\xef\xbb\xbf)?(<\?xml[^>]*encoding=[\"'][uU][tT][fF]-8[\"'][^>]*\?>|<\?xml(?![^>]*encoding)[^>]*\?>|<(?!\?))"
)
_CONTROLS = bytes(byte for byte in range(32) if byte not in b"\t\n\r")
_NO_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")
"""U+FFFE and U+FFFF."""


class PlainScan:
    """Scans one part. Whoever knows the elements says how they are taken, in `take_text` and `take_one`.

    Args:
        parser: reads what is not taken; its walker calls `note_edge` where elements begin and behind each.
        head: the tag that the elements stand in.
        name: the name of the elements.
    """

    def __init__(self, parser: PartParser, head: re.Pattern[bytes], name: str) -> None:
        self.parser = parser
        self.end_tag = f"</{name}>"
        self._head, self._end = head, self.end_tag.encode()
        self._edge: int | None = None

    def take_text(self, text: str) -> bool:
        """Take a text of whole elements, or some of them; whether the parser stands between two elements afterwards."""
        return self.take_each(text.split(self.end_tag)[:-1], is_clean=True)

    def take_one(self, text: str) -> bool:
        """Take one element, without its end tag, or leave it and say so."""
        raise NotImplementedError

    def take_each(self, texts: Iterable[str], *, is_clean: bool) -> bool:
        """Take elements one by one; `is_clean` and what is returned say whether the parser stands between two."""
        for text in texts:
            if not (is_clean and self.take_one(text)):
                is_clean = self._feed(f"{text}{self.end_tag}".encode())
        return is_clean

    def note_edge(self) -> None:
        """The walker is at the end of a tag behind which elements may begin."""
        self._edge = self.parser.place()

    def run(self, source: IO[bytes]) -> None:
        """Read the whole part. Raises what the parser, its walker and the takers raise."""
        rest = self._read_head(source)
        is_clean = rest is not None
        buffer = rest or b""
        while chunk := source.read(_CHUNK):
            buffer += chunk
            end = buffer.rfind(self._end)
            if end < 0 and len(buffer) < _LONGEST_ELEMENT:
                continue
            cut = end + len(self._end) if end >= 0 else len(buffer)
            is_clean = self._take(buffer[:cut], is_clean=is_clean)
            buffer = buffer[cut:]
        end = buffer.rfind(self._end)
        if end >= 0:
            self._take(buffer[: end + len(self._end)], is_clean=is_clean)
            buffer = buffer[end + len(self._end) :]
        self.parser.feed(buffer)
        self.parser.finish()

    def _read_head(self, source: IO[bytes]) -> bytes | None:
        """Feed the parser up to the first element; what was read behind it, or None when none can be taken."""
        head = source.read(_CHUNK)
        found = self._head.search(head)
        if found is None or not _DECLARED_UTF8.match(head):
            self.parser.feed(head)
            return None
        is_clean = self._feed(head[: found.end()], len(found[0]))
        if not is_clean:
            self.parser.feed(head[found.end() :])
        return head[found.end() :] if is_clean else None

    def _take(self, piece: bytes, *, is_clean: bool) -> bool:
        """Take whole elements, or a piece of a long one; whether the parser stands between two afterwards."""
        text = _decode(piece) if is_clean and piece.endswith(self._end) else None
        return self._feed(piece) if text is None else self.take_text(text)

    def _feed(self, piece: bytes, tag: int | None = None) -> bool:
        """Give a piece that ends in a tag to the parser; whether that tag is an edge, with nothing pending behind."""
        self._edge = None
        self.parser.feed(piece)
        is_edge = self._edge is not None and self._edge == self.parser.fed - (tag or len(self._end))
        return is_edge and self.parser.namespace("") in (MAIN, STRICT_MAIN)


def _decode(piece: bytes) -> str | None:
    if len(piece.translate(None, _CONTROLS)) != len(piece) or b"]]>" in piece:
        return None
    if not piece.isascii() and any(found in piece for found in _NO_CHARACTERS):
        return None
    try:
        text = piece.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
