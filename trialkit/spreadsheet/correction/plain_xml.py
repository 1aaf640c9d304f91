"""XML in plain form, in which every ``<`` begins a tag: no comment, no CDATA, no processing instruction, UTF-8.

expat proves a part plain while it is scanned. One that is not is written anew in plain form, its content the same.
"""

from __future__ import annotations

from xml.parsers import expat

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.correction.marks import NotPatchableError

_LONGEST_TOKEN = 4 * 1024 * 1024
_SAVE_AGAIN = "Open the file in a spreadsheet program, save it again as .xlsx, and send that."
_TEXT = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;"})
_VALUE = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "\r": "&#13;", "\n": "&#10;", "\t": "&#9;"}
)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


class NotPlainError(Exception):
    """A part is sound XML, but not in plain form."""


class PlainProof:
    """Takes a part chunk by chunk and proves that it is well-formed and plain.

    Args:
        part: its name, for messages.
    """

    def __init__(self, part: str) -> None:
        self._part = part
        self._fed = 0
        self._bindings: dict[str, set[str]] = {}
        self._parser = expat.ParserCreate(namespace_separator=" ")
        self._parser.XmlDeclHandler = _require_utf8
        self._parser.CommentHandler = _refuse_construct
        self._parser.ProcessingInstructionHandler = _refuse_construct
        self._parser.StartCdataSectionHandler = _refuse_construct
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype
        self._parser.StartNamespaceDeclHandler = self._bind

    def feed(self, chunk: bytes) -> None:
        """Take a chunk.

        Raises:
            NotPlainError: sound so far, but not plain.
            SourceFileError: S115 for a document type, S116 for broken XML or a token over 4 MiB.
        """
        if not self._fed and chunk[:2] in (b"\xff\xfe", b"\xfe\xff"):
            raise NotPlainError
        self._parse(chunk, is_last=False)
        self._fed += len(chunk)
        if self._fed - max(self._parser.CurrentByteIndex, 0) > _LONGEST_TOKEN:
            raise SourceFileError("S116", f"{self._part} holds a single XML token of over 4 MiB.", remedy=_SAVE_AGAIN)

    def finish(self, prefix: str) -> None:
        """See the end. The prefix (empty for none) must mean one namespace, and its namespace have one prefix.

        Raises as `feed`, and NotPatchableError.
        """
        self._parse(b"", is_last=True)
        meant = self._bindings.get(prefix, set())
        others = [found for found, several in self._bindings.items() if found != prefix and several & meant]
        if len(meant) > 1 or others:
            raise NotPatchableError(f"{self._part} gives its names several prefixes")

    def _parse(self, chunk: bytes, *, is_last: bool) -> None:
        try:
            self._parser.Parse(chunk, is_last)
        except expat.ExpatError as error:
            raise _damaged(self._part, error) from None

    def _bind(self, prefix: str | None, uri: str) -> None:
        self._bindings.setdefault(prefix or "", set()).add(uri)

    def _refuse_doctype(self, *_declaration: object) -> None:
        raise _doctype(self._part)


def make_plain(content: bytes, part: str, prefix: str | None = None) -> bytes:
    """A part in plain form: itself when it is plain.

    Args:
        content: the part.
        part: its name, for messages.
        prefix: that must mean one namespace, see `PlainProof.finish`; None when it does not matter.

    Raises as `PlainProof`, but not NotPlainError.
    """
    try:
        return _prove(content, part, prefix)
    except NotPlainError:
        return _prove(_rewrite(content, part), part, prefix)


def require_sound(content: bytes, part: str) -> None:
    """Raise SourceFileError S115 for a part that declares a document type, S116 for one that is no sound XML."""

    def refuse(*_declaration: object) -> None:
        raise _doctype(part)

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise _damaged(part, error) from None


def _prove(content: bytes, part: str, prefix: str | None) -> bytes:
    proof = PlainProof(part)
    step = 1024 * 1024
    for start in range(0, len(content), step):
        proof.feed(content[start : start + step])
    if prefix is None:
        proof._parse(b"", is_last=True)
    else:
        proof.finish(prefix)
    return content.removeprefix(b"\xef\xbb\xbf")


def _rewrite(content: bytes, part: str) -> bytes:
    written: list[str] = [_HEAD]

    def start(name: str, attributes: dict[str, str]) -> None:
        written.append(f"<{name}" + "".join(f' {key}="{_value(text)}"' for key, text in attributes.items()) + ">")

    def refuse(*_declaration: object) -> None:
        raise _doctype(part)

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = lambda name: written.append(f"</{name}>")
    parser.CharacterDataHandler = lambda text: written.append(text.translate(_TEXT))
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise _damaged(part, error) from None
    return "".join(written).encode()


def escape_text(text: str) -> str:
    """Text for between tags."""
    return text.translate(_TEXT)


def escape_value(text: str) -> str:
    """Text for between double quotes."""
    return text.translate(_VALUE)


_value = escape_value


def _require_utf8(_version: str, encoding: str | None, _standalone: int) -> None:
    if (encoding or "utf-8").lower() not in ("utf-8", "utf8", "us-ascii"):
        raise NotPlainError


def _refuse_construct(*_content: object) -> None:
    raise NotPlainError


def _doctype(part: str) -> SourceFileError:
    return SourceFileError(
        "S115", f"{part} declares an XML document type, which a workbook never needs.", remedy=_SAVE_AGAIN
    )


def _damaged(part: str, error: expat.ExpatError) -> SourceFileError:
    reason = expat.ErrorString(error.code)
    return SourceFileError("S116", f"{part} is damaged on line {error.lineno}: {reason}.", remedy=_SAVE_AGAIN)
