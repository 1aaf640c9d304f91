"""The zip container of a workbook: bytes go in, an opened archive that is safe to read comes out, or a refusal.

Nothing is extracted to disk, and no part is inflated beyond what its directory entry and the limits allow.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
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
        yield archive


@contextmanager
def open_part(archive: zipfile.ZipFile, part: str, file: str) -> Iterator[IO[bytes]]:
    """Open one part for reading; damage inside it (checksum, deflate stream) is a refusal, S112."""
    try:
        with archive.open(part) as source:
            yield source
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise SourceFileError("S112", f"{file} is damaged inside {part}.", remedy=_SEND_AGAIN) from None


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
