"""The bytes of a CSV file as text. An encoding is recognised by its mark or by valid UTF-8, else it must be said.

Nothing is guessed, and no byte is replaced.
"""

from __future__ import annotations

import codecs
import re

from trialkit.errors import SourceFileError
from trialkit.spreadsheet import name_binary

_MARKS = (  # the longer first: a UTF-32 mark begins like a UTF-16 one
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_SAY_ENCODING = "say its encoding with --encoding, or with encoding: in the mapping"


def decode_text(content: bytes, file: str, encoding: str | None) -> tuple[str, str]:
    """Decode a file.

    Args:
        content: the whole file.
        file: its name, for messages.
        encoding: as Python names it, when somebody said it; None to recognise it.

    Returns:
        The text without a byte order mark, and the name of the encoding for people.

    Raises:
        SourceFileError: S140 (unknown or contradicted encoding), S141 (bytes that are not in it), S142 (NUL or
            Ctrl-Z), S146 (not a text file).
    """
    if what := name_binary(content):
        raise SourceFileError("S146", f"{file} is not a CSV file: it is {what}.", remedy="Rename it, or export CSV.")
    mark, codec, shown = _recognise(content)
    if encoding is not None:
        asked = _look_up(encoding, file)
        if mark and not asked.startswith(shown.lower()):
            raise SourceFileError(
                "S140",
                f"{file} begins with a {shown} mark, but {encoding} was asked for.",
                remedy="Leave the encoding out.",
            )
        codec, shown = (codec, shown) if mark else (asked, encoding)
    text = _decode(content, len(mark), codec, shown, file)
    _refuse_controls(text, file)
    return text, shown


def line_of(text: str, position: int) -> int:
    """The number of the line on which a position of the text lies, first is 1."""
    return len(_LINE_END.findall(text, 0, position)) + 1


def line_ends(text: str) -> set[str]:
    """The line ends that the text uses: some of LF, CR LF and CR."""
    return set(_LINE_END.findall(text))


def _recognise(content: bytes) -> tuple[bytes, str, str]:
    for mark, codec, shown in _MARKS:
        if content.startswith(mark):
            return mark, codec, shown
    return b"", "utf-8", "UTF-8"


def _look_up(encoding: str, file: str) -> str:
    try:
        name = codecs.lookup(encoding).name
        b"    ".decode(name, errors="replace")  # some codecs are no text encodings, which only shows in use
    except (LookupError, ValueError):
        raise SourceFileError(
            "S140",
            f"{file}: there is no encoding called {encoding!r:.40}.",
            remedy="Use utf-8, cp1252, latin-1, utf-16, or another name that Python knows.",
        ) from None
    return name


def _decode(content: bytes, start: int, codec: str, shown: str, file: str) -> str:
    try:
        return content[start:].decode(codec).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = content[start : start + error.start].decode(codec, errors="replace")
        raise SourceFileError(
            "S141",
            f"{file} is not {shown}: line {line_of(before, len(before))}, byte {start + error.start} of the file.",
            remedy=f"Save it as UTF-8, or {_SAY_ENCODING}{_propose_windows(content)}.",
        ) from None


def _propose_windows(content: bytes) -> str:
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return " (cp1252 is usual for files from Windows)"


def _refuse_controls(text: str, file: str) -> None:
    for char, name in (("\x00", "a NUL character"), ("\x1a", "a Ctrl-Z character")):
        position = text.find(char)
        if position >= 0:
            hint = f"; if it is UTF-16 without a mark, {_SAY_ENCODING}" if char == "\x00" else ""
            raise SourceFileError(
                "S142", f"{file} holds {name} on line {line_of(text, position)}.", remedy=f"Export it again{hint}."
            )
