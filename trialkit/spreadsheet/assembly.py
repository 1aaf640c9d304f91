"""What a reader hands over while it reads, and how a source file is made of it, here or across a pipe."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from trialkit.model.source import Oddity, SourceFile, SourceSheet
from trialkit.spreadsheet.blocks import PackedRows, PlainRoom
from trialkit.spreadsheet.encoded_blocks import EncodedBlock

_SHOWN = 5
_SAID_BY_TYPES = frozenset(
    {"S206", "S212", "S213", "S218", "S220", "S222", "S223", "S224", "S225", "S227", "S230", "S239"}
)
"""Looks of single values: an import judges these where it knows the item, so its notes do not repeat them."""


@dataclass(frozen=True, slots=True)
class ReadingFacts:
    """What is known of a file before it is read: its name, and encoding and delimiter when somebody said them."""

    name: str
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class Ending:
    """What a reader says at the end: which reader it was, what it recognised, and what is odd."""

    kind: str
    recognised: tuple[str, ...]
    oddities: tuple[Oddity, ...]


class Sink(Protocol):
    """Takes a file while it is read: each sheet, and then its rows in blocks."""

    def begin_sheet(self, name: str, visible: bool) -> None:
        """A sheet begins."""

    def add_rows(self, block: EncodedBlock) -> None:
        """Rows of the sheet that began last."""


class Assembler:
    """A sink that makes a `SourceFile`."""

    def __init__(self) -> None:
        self._sheets: list[tuple[str, bool, PackedRows]] = []
        self._room = PlainRoom()

    def begin_sheet(self, name: str, visible: bool) -> None:
        """See `Sink`."""
        self._sheets.append((name, visible, PackedRows(self._room)))

    def add_rows(self, block: EncodedBlock) -> None:
        """See `Sink`. Raises NonsenseError when it is no block."""
        self._sheets[-1][2].add(block)

    def finish(self, name: str, digest: str, ending: Ending) -> SourceFile:
        """The file, when the reader came to its end."""
        sheets = tuple(SourceSheet(sheet, rows, visible) for sheet, visible, rows in self._sheets)
        notes = (*ending.recognised, *summarise_oddities(ending.oddities))
        return SourceFile(name, digest, ending.kind, sheets, notes, ending.oddities)


def summarise_oddities(oddities: Sequence[Oddity]) -> Iterable[str]:
    """One line for each code and sheet: what it is, how many there are, and where the first ones stand.

    How single values look is left out: whoever knows their item judges that better.
    """
    from trialkit.codes import load_codes  # late: the child process reads files and says nothing

    grouped: dict[tuple[str, str], list[Oddity]] = {}
    for oddity in oddities:
        if oddity.code not in _SAID_BY_TYPES:
            grouped.setdefault((oddity.sheet, oddity.code), []).append(oddity)
    for (sheet, code), found in grouped.items():
        places = [oddity.cell for oddity in found if oddity.cell]
        if not places:
            yield from (f"sheet {sheet}: {oddity.text}" if sheet else oddity.text for oddity in found)
            continue
        title = load_codes()[code].title
        count = sum(oddity.count for oddity in found)
        more = f" and {len(places) - _SHOWN} more places" if len(places) > _SHOWN else ""
        counted = f" ({count:,})" if count > 1 else ""
        shown = f"{title[0].lower()}{title[1:]}{counted}: {', '.join(places[:_SHOWN])}{more}"
        yield f"sheet {sheet}: {shown}" if sheet else shown
