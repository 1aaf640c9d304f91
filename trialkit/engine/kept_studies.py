"""Compiled studies that are kept on the disk, so that a command need not compile what it has seen before.

Whatever is wrong with the folder or with a file in it, the study is compiled as if nothing were kept. Definitions only
are kept, never data of a subject.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trialkit.define import compiled_bytes, read_compiled
from trialkit.errors import StoreError
from trialkit.model.study import Study, StudyDefinition
from trialkit.whole_file import write_whole

CACHE_VARIABLE = "TRIALKIT_CACHE"
"""The environment variable that names the folder; empty, nothing is kept."""

_MOST = 32
_SUFFIX = ".study"
_OURS = re.compile(r"\.?[0-9a-f]{64}" + re.escape(_SUFFIX) + r"(\..*\.part)?")
"""Names of kept files, and of those that an interrupted command left half written."""


@dataclass(frozen=True, slots=True)
class CompiledStudy:
    """A compiled study and the plugins that it needs."""

    study: Study
    needed: frozenset[str]


def find_kept(key: str, definition: StudyDefinition) -> CompiledStudy | None:
    """The study that was kept under a key; None when there is none, or none that is whole."""
    folder = _folder()
    if folder is None:
        return None
    path = folder / f"{key}{_SUFFIX}"
    try:
        if not _is_private(folder):
            return None
        checksum, _, content = path.read_bytes().partition(b"\n")
    except OSError:
        return None
    if checksum != _checksum(key, content):
        return None
    needed, _, study = content.partition(b"\n")
    try:
        compiled = CompiledStudy(read_compiled(study, definition), frozenset(json.loads(needed)))
    except ValueError:
        return None
    with suppress(OSError):
        os.utime(path)  # what is used stays longest
    return compiled


def keep(key: str, compiled: CompiledStudy) -> None:
    """Keep a study under its key, and let go of those that were not used for longest.

    Does nothing when the folder can not be written, or when the study would not come back as it is.
    """
    folder = _folder()
    study = None if folder is None else compiled_bytes(compiled.study)
    if folder is None or study is None:
        return
    content = json.dumps(sorted(compiled.needed)).encode() + b"\n" + study
    with suppress(OSError, StoreError):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if _is_private(folder):
            write_whole(folder / f"{key}{_SUFFIX}", _checksum(key, content) + b"\n" + content, "J105")
            _let_go(folder)


def _folder() -> Path | None:
    """The folder of kept studies, which need not be there yet; None when nothing is to be kept."""
    told = os.environ.get(CACHE_VARIABLE)
    if told is not None:
        return Path(told) / "studies" if told else None
    import platformdirs

    folder = platformdirs.user_cache_path("trialkit")
    # Without a home the library may answer with a relative path, which would lead into the study's folder.
    return folder / "studies" if folder.is_absolute() else None


def _is_private(folder: Path) -> bool:
    """Whether nobody else can put a study there: its limits and checks would be believed."""
    state = folder.stat()
    return state.st_uid == os.geteuid() and not state.st_mode & 0o022


def _checksum(key: str, content: bytes) -> bytes:
    return hashlib.sha256(key.encode() + b"\n" + content).hexdigest().encode()


def _let_go(folder: Path) -> None:
    ours = [(entry.stat().st_mtime_ns, entry.path) for entry in os.scandir(folder) if _OURS.fullmatch(entry.name)]
    for _, path in sorted(ours, reverse=True)[_MOST:]:
        with suppress(FileNotFoundError):  # another command may have been quicker
            os.unlink(path)
