"""A file that somebody named and that is not there: one error, with the file beside it that was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from trialkit.errors import SourceFileError
from trialkit.wording import find_nearest

_MOST_LOOKED_AT = 5_000


def require_there(path: Path) -> None:
    """Raise SourceFileError S101 when there is nothing of this name; what is there may still be no file."""
    try:
        is_there = path.exists()
    except (OSError, ValueError):  # a name that no disk can have
        is_there = False
    if is_there:
        return
    meant = _find_meant(path)
    question = "" if meant is None else f"Did you mean {(path.parent / meant).as_posix()}? "
    raise SourceFileError("S101", f"There is no file {path}.", remedy=f"{question}Look at the name and the folder.")


def _find_meant(path: Path) -> str | None:
    """The file beside it with nearly this name and the same suffix, or this name and another suffix."""
    beside = list(islice(_names(path.parent), _MOST_LOOKED_AT))
    alike = {Path(name).stem: name for name in beside if Path(name).suffix.lower() == path.suffix.lower()}
    near = find_nearest(path.stem, alike)
    if near is not None:
        return alike[near]
    return next((name for name in beside if Path(name).stem.casefold() == path.stem.casefold()), None)


def _names(folder: Path) -> Iterator[str]:
    """The names of the files in a folder, in order; none where there is no such folder or nobody may look into it."""
    try:
        yield from sorted(found.name for found in folder.iterdir() if found.is_file() and found.name[0] != ".")
    except (OSError, ValueError):
        return
