"""The zip container of a workbook: bytes go in, an opened archive that is safe to read comes out, or a refusal.

Nothing is extracted to disk, and no part is inflated beyond what its directory entry and the limits allow.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.disguise import ZIP_MAGIC, is_password_protected, name_disguise

_MOST_ENTRIES = 5_000
_MOST_INFLATED = 2 * 1024 * 1024 * 1024
_MOST_RATIO = 200
_RATIO_COUNTS_FROM = 1024 * 1024
_SEND_AGAIN = "Ask for the file again; it was damaged on its way or while it was saved."
_SAVE_AS_XLSX = "Open the file in a spreadsheet program, save it as .xlsx, and send that."


@contextmanager
def open_package(content: bytes, file: str) -> Iterator[zipfile.ZipFile]:
    """Open the container of a workbook and close it afterwards.

    Args:
        content: the whole file.
        file: the file's name, for messages.

    Raises:
        SourceFileError: S110 to S114: not a workbook, password-protected, damaged, unsafe names, inflates too far.
    """
    _require_zip(content, file)
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError):
        raise SourceFileError(
            "S112", f"{file} is cut off or damaged: its zip directory can not be read.", remedy=_SEND_AGAIN
        ) from None
    with archive:
        _require_sane_entries(archive.infolist(), file)
        _write_slashes(archive)
        yield archive


@contextmanager
def open_part(archive: zipfile.ZipFile, part: str, file: str) -> Iterator[IO[bytes]]:
    """Open one part for reading; damage inside it (checksum, deflate stream) is a refusal, S112."""
    try:
        with archive.open(part) as source:
            yield source
    except NotImplementedError:
        raise SourceFileError(
            "S112", f"{file}: {part} is packed in a way that is not known (no deflate).", remedy=_SAVE_AS_XLSX
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise SourceFileError("S112", f"{file} is damaged inside {part}.", remedy=_SEND_AGAIN) from None


def part_finder(names: Iterable[str]) -> Callable[[str], str]:
    """What finds the name of a part as a container has it, for a name that refers to it.

    Names that differ in upper and lower case are the same (Open Packaging Conventions, ECMA-376-2, 6.2.2), and a
    reference may write a name with percent signs. A name that the container does not have stays as it is.
    """
    known = {name.casefold(): name for name in names}

    def find(part: str) -> str:
        found = known.get(part.casefold())
        if found is None and "%" in part:
            from urllib.parse import unquote  # late: hardly any reference needs it

            found = known.get(unquote(part).casefold())
        return part if found is None else found

    return find


def _write_slashes(archive: zipfile.ZipFile) -> None:
    """Let names have slashes where the container has backslashes, as some old programs write and others read it."""
    for entry in archive.infolist():
        if "\\" in entry.filename:
            del archive.NameToInfo[entry.filename]
            entry.filename = entry.filename.replace("\\", "/")
            archive.NameToInfo[entry.filename] = entry


def _require_zip(content: bytes, file: str) -> None:
    if is_password_protected(content):
        raise SourceFileError(
            "S111", f"{file} is protected with a password.", remedy="Save it without a password and send that."
        )
    if content.startswith(ZIP_MAGIC):
        return
    raise SourceFileError(
        "S110", f"{file} is not an Excel workbook: it is {name_disguise(content)}.", remedy=_SAVE_AS_XLSX
    )


def _require_sane_entries(entries: list[zipfile.ZipInfo], file: str) -> None:
    if len(entries) > _MOST_ENTRIES:
        raise SourceFileError(
            "S114", f"{file} holds {len(entries)} parts, more than {_MOST_ENTRIES}.", remedy=_SAVE_AS_XLSX
        )
    seen: set[str] = set()
    total = 0
    for entry in entries:
        name = entry.filename.replace("\\", "/").casefold()
        if name in seen or name.startswith("/") or ".." in name.split("/"):
            raise SourceFileError("S113", f"{file} has doubled or unsafe part names inside.", remedy=_SAVE_AS_XLSX)
        seen.add(name)
        if entry.flag_bits & 0x1:
            raise SourceFileError(
                "S111", f"{file} is an encrypted zip.", remedy="Save it without a password and send that."
            )
        total += entry.file_size
        _require_sane_size(entry, total, file)


def _require_sane_size(entry: zipfile.ZipInfo, total: int, file: str) -> None:
    """Declared sizes suffice: zipfile stops at the declared size, and the checksum betrays one that lies."""
    too_dense = entry.file_size > _RATIO_COUNTS_FROM and entry.file_size > _MOST_RATIO * max(entry.compress_size, 1)
    if too_dense or total > _MOST_INFLATED:
        raise SourceFileError("S114", f"{file} would unpack to far more than a workbook holds.", remedy=_SAVE_AS_XLSX)
