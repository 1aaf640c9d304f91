"""Chooses the reader of a file by its suffix and hands back what it read. Opens nothing that is not a plain file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from trialkit.errors import SourceFileError
from trialkit.extension import Reader, ReadOptions
from trialkit.missing_file import require_there
from trialkit.model.source import SourceFile, SourceSheet
from trialkit.spreadsheet import ZIP_MAGIC, is_findings_title, name_disguise, name_other_package
from trialkit.wording import speakable

_HEAD, _TAIL = 8 * 1024, 64 * 1024


def read_source(path: Path, readers: Sequence[Reader], options: ReadOptions) -> SourceFile:
    """Read a file that somebody sent.

    Args:
        path: the file.
        readers: the readers there are; the first that claims the suffix is taken.
        options: encoding and delimiter, where somebody said them.

    Raises:
        SourceFileError: S101 (not there), S102 (not a file), S103 (can not be opened), S104 (unknown suffix), and
            whatever the reader refuses.
    """
    _require_file(path)
    suffix = path.suffix.lower()
    reader = next((reader for reader in readers if suffix in reader.suffixes), None)
    try:
        if reader is None:
            raise _unknown_suffix(path, {suffix for reader in readers for suffix in reader.suffixes})
        source = _without_lists(reader.read(path, options))
    except OSError as error:
        raise _can_not_open(path, error) from None
    name = speakable(source.name)
    return source if name == source.name else replace(source, name=name)


def _without_lists(source: SourceFile) -> SourceFile:
    """The file without the list of findings that a correction workbook carries; that it was passed over is said."""
    lists = [sheet.name for sheet in source.sheets if _is_list(sheet)]
    if not lists or len(lists) == len(source.sheets):
        return source
    notes = (f"sheet {name} is trialkit's own list of findings, not read" for name in lists)
    sheets = tuple(sheet for sheet in source.sheets if sheet.name not in lists)
    about_lists = tuple(f"sheet {name}: " for name in lists)
    others = (note for note in source.notes if not note.startswith(about_lists))
    oddities = tuple(oddity for oddity in source.oddities if oddity.sheet not in lists)
    return replace(source, sheets=sheets, notes=(*others, *notes), oddities=oddities)


def _is_list(sheet: SourceSheet) -> bool:
    first = next(iter(sheet.rows), None)
    return bool(sheet.name and first is not None and first.cells and is_findings_title(first.cells[0].text))


def _unknown_suffix(path: Path, suffixes: set[str]) -> SourceFileError:
    """The refusal of a file that no reader claims; it says what the file is by its content."""
    with path.open("rb") as source:
        head = source.read(_HEAD)
        source.seek(max(0, path.stat().st_size - _TAIL))  # where a zip container names all that it holds
        other = name_other_package(head + source.read(_TAIL))
    what = name_disguise(head) if other is None else other.what
    known = ", ".join(sorted(suffixes))
    save = "If it is a workbook, rename it to .xlsx; else save" if head.startswith(ZIP_MAGIC) else "Save"
    return SourceFileError(
        "S104",
        f"{path.name}: no reader knows the suffix {path.suffix!r:.20}; by its content it is {what}.",
        remedy=f"{save} it as one of {known}." if other is None else other.remedy,
    )


def _require_file(path: Path) -> None:
    require_there(path)
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not a plain file"
        raise SourceFileError("S102", f"{path} is {what}.", remedy="Name the file itself.")


def _can_not_open(path: Path, error: OSError) -> SourceFileError:
    reason = error.strerror or type(error).__name__
    return SourceFileError(
        "S103", f"{path.name} can not be opened: {reason}.", remedy="Look at the rights of the file."
    )
