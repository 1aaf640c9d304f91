"""The bytes of a CSV file as lines of text. An encoding is recognised by its mark or by valid UTF-8, else it is said.

Nothing is guessed, and no byte is replaced.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from functools import partial
from itertools import islice

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.disguise import name_binary, name_markup

_MARKS = (  # the longer first: a UTF-32 mark begins like a UTF-16 one
    (codecs.BOM_UTF8, "utf-8", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32-be", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16-le", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16-be", "UTF-16"),
)
_LINE_END = re.compile(r"\r\n|\r|\n")
_SAMPLE = 4096
_LONGEST_LINE = 16 * 1024 * 1024
_FIRST_LINES = 8
_MOST_LINES = 4_000
_CHARACTERS_AT_ONCE = 2 * 1024 * 1024
_CUT_OFF = ("truncated data", "unexpected end of data")
"""Why the bytes of wide characters can not be decoded when some are missing at the end."""
_SAY_ENCODING = "say its encoding with --encoding, or with encoding: in the mapping"


class Lines(Iterator[str]):
    """Lines, to be had one by one or many at once."""

    def __init__(self, lists: Iterator[list[str]]) -> None:
        self._lists = lists
        self._at_hand: list[str] = []
        self._place = 0

    def __next__(self) -> str:
        while self._place >= len(self._at_hand):
            self._at_hand, self._place = next(self._lists), 0
        self._place += 1
        return self._at_hand[self._place - 1]

    def take_some(self) -> list[str]:
        """The next lines, as many as are at hand; none at the end."""
        some = self._at_hand[self._place :]
        self._at_hand, self._place = [], 0
        while not some:
            found = next(self._lists, None)
            if found is None:
                return []
            some = found
        return some

    def put_back(self, lines: list[str]) -> None:
        """Put back lines that were taken last."""
        self._at_hand, self._place = lines + self._at_hand[self._place :], 0


class TextFile:
    """A CSV file as text, line by line.

    Attributes:
        encoding: the name of its encoding, for people.
    """

    def __init__(self, content: bytes, file: str, encoding: str | None) -> None:
        """Recognise the encoding.

        Args:
            content: the whole file.
            file: its name, for messages.
            encoding: as Python names it, when somebody said it; None to recognise it.

        Raises:
            SourceFileError: S140 (unknown or contradicted encoding), S146 (not a text file).
        """
        _require_table(name_binary(content), file)
        mark, self._codec, self.encoding = _recognise(content)
        if encoding is not None:
            asked = _look_up(encoding, file)
            if mark and not asked.startswith(self.encoding.lower()):
                raise SourceFileError(
                    "S140",
                    f"{file} begins with a {self.encoding} mark, but {encoding} was asked for.",
                    remedy="Leave the encoding out.",
                )
            self._codec, self.encoding = (self._codec, self.encoding) if mark else (asked, encoding)
        self._content, self._file, self._start = content, file, len(mark)
        _require_table(name_markup(self.sample(_SAMPLE).encode(errors="ignore")), file)

    def lines(self) -> Lines:
        """Every line with its line end.

        Raises, behind the lines before the one at fault:
            SourceFileError: S141 (bytes that are not in the encoding), S142 (NUL or Ctrl-Z), S145 (an endless line).
        """
        return Lines(self._lists())

    def _lists(self) -> Iterator[list[str]]:
        source = io.TextIOWrapper(io.BytesIO(self._content), self._codec, newline="")
        source.buffer.seek(self._start)
        each = iter(partial(source.readline, _LONGEST_LINE), "")
        before, wanted, is_more = 0, _FIRST_LINES, True
        while is_more:
            some: list[str] = []
            is_sound = True
            try:
                some.extend(islice(each, wanted))  # keeps the lines before one that can not be decoded
            except UnicodeDecodeError:
                is_sound = False
            is_more = is_sound and len(some) == wanted
            if before == 0 and some:
                some[0] = some[0].removeprefix("\ufeff")
            yield from self._checked(some, before)
            if not is_sound:
                raise self._refuse_bytes()
            before += len(some)
            wanted = min(_MOST_LINES, 1 + _CHARACTERS_AT_ONCE * len(some) // (1 + sum(map(len, some))))

    def _checked(self, some: list[str], before: int) -> Iterator[list[str]]:
        """The lines, or those before one that is refused; `before` says how many lines are before them."""
        text = "".join(some)
        if "\x00" in text or "\x1a" in text or max(map(len, some), default=0) >= _LONGEST_LINE:
            for place, line in enumerate(some):
                if refusal := self._refuse_line(line, before + place + 1):
                    yield [line for line in some[:place] if line]
                    raise refusal
        yield [line for line in some if line]

    def sample(self, characters: int) -> str:
        """The beginning of the text, for recognising a delimiter; what can not be decoded is left out."""
        start = self._content[self._start : self._start + 4 * characters]
        return start.decode(self._codec, errors="ignore").removeprefix("\ufeff")[:characters]

    def _refuse_line(self, line: str, number: int) -> SourceFileError | None:
        if len(line) >= _LONGEST_LINE and not line.endswith(("\n", "\r")):
            return SourceFileError(
                "S145",
                f"{self._file}: line {number} is longer than 16 million characters.",
                remedy="Look for a missing line end, or split the file.",
            )
        for char, name in (("\x00", "a NUL character"), ("\x1a", "a Ctrl-Z character")):
            if char in line:
                hint = f"; if it is UTF-16 without a mark, {_SAY_ENCODING}" if char == "\x00" else ""
                return SourceFileError(
                    "S142", f"{self._file} holds {name} on line {number}.", remedy=f"Export it again{hint}."
                )
        return None

    def _refuse_bytes(self) -> SourceFileError:
        """Where the first byte stands that is not in the encoding, or that the file was cut off within a character."""
        decoder = codecs.getincrementaldecoder(self._codec)()
        lines, place, ends_in_cr, is_cut_off = 1, self._start, False, False
        while place < len(self._content):
            try:
                text = decoder.decode(self._content[place : place + _SAMPLE], place + _SAMPLE >= len(self._content))
            except UnicodeDecodeError as error:
                is_cut_off = error.reason in _CUT_OFF and self._codec.startswith(("utf-16", "utf-32"))
                before = error.object[: error.start].decode(self._codec, errors="replace")
                lines += len(_LINE_END.findall(before)) - (ends_in_cr and before.startswith("\n"))
                place += error.start - (len(error.object) - len(self._content[place : place + _SAMPLE]))
                break
            lines += len(_LINE_END.findall(text)) - (ends_in_cr and text.startswith("\n"))
            ends_in_cr = text.endswith("\r")
            place += _SAMPLE
        if is_cut_off:
            return SourceFileError(
                "S141",
                f"{self._file} ends in the middle of a character of {self.encoding}, on line {lines}: it was cut off.",
                remedy="Ask for the file again.",
            )
        return SourceFileError(
            "S141",
            f"{self._file} is not {self.encoding}: line {lines}, byte {place} of the file.",
            remedy=f"Save it as UTF-8, or {_SAY_ENCODING}{_propose(self._content)}.",
        )


def _require_table(other: str | None, file: str) -> None:
    if other is not None:
        raise SourceFileError("S146", f"{file} is not a CSV file: it is {other}.", remedy="Rename it, or export CSV.")


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


def _propose(content: bytes) -> str:
    """Which encoding the file may well have, in words for a person; it is never taken unasked."""
    sample = content[:_SAMPLE]
    for codec, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if zeros.count(0) > len(zeros) // 2:
            return f" (it looks like {codec})"
    try:
        content.decode("cp1252")
    except UnicodeDecodeError:
        return ""
    return " (cp1252 is usual for files from Windows)"
