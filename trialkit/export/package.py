"""Files in, a folder out, whole or not at all; and a folder in, what no longer agrees with its manifest out."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trialkit.errors import StoreError, UsageError
from trialkit.export.manifest import MANIFEST_NAME

__all__ = ["PackageFault", "verify_package", "write_package"]

_PART = re.compile(r"^[A-Za-z0-9_][A-Za-z0-9._-]*$", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class PackageFault:
    """A file of a package that is not as the manifest says: ``missing``, ``changed`` or ``not listed``."""

    file: str
    reason: str


def write_package(folder: Path, files: Mapping[str, bytes], *, force: bool = False) -> None:
    """Write the files of a package into a folder, which is made when it is not there.

    Everything is written and flushed beside the folder first. A new folder appears in one rename. In a folder that
    holds an older package, its manifest goes first and the new one comes last, so that an interrupted
    exchange never passes for a package; files of the older package that the new one lacks are removed.

    Args:
        folder: where the package goes; its parent must exist.
        files: name (forward slashes, no ``..``) to content; `manifest.json` among them makes it verifiable.
        force: also write where files of others lie; those are left alone unless they have the name of a new file.

    Raises:
        UsageError: X301 the folder holds files that no package left there, X302 a name is unsound,
            X303 it is no folder.
        StoreError: X304 the disk refused.
    """
    for name in files:
        _require_sound_name(name)
    if folder.exists() and not folder.is_dir():
        raise UsageError("X303", f"{folder} is a file, not a folder.", remedy="Name a folder for the package.")
    present = _files_in(folder)
    listed = _listed_in(folder)
    ours = listed.keys() | {MANIFEST_NAME} if listed else set()
    foreign = sorted(present - ours)
    if foreign and not force:
        message = f"{folder} holds {len(foreign)} file(s) that no package left there, for example {foreign[0]}."
        raise UsageError("X301", message, remedy="Name an empty folder, or use force to write beside them.")
    try:
        _exchange(folder, files, stale=listed.keys() - files.keys())
    except OSError as error:
        reason = error.strerror or type(error).__name__
        remedy = "Free space or correct the permissions, then export again."
        raise StoreError("X304", f"The package could not be written to {folder}: {reason}.", remedy=remedy) from error


def verify_package(folder: Path) -> tuple[PackageFault, ...]:
    """Compare a folder with its manifest.

    Returns:
        What does not agree, sorted by file; empty when every file is there, unchanged, and none is too many.

    Raises:
        UsageError: X305 when there is no readable manifest.
    """
    listed = _listed_in(folder)
    present = _files_in(folder) - {MANIFEST_NAME}
    if not (folder / MANIFEST_NAME).is_file() or not listed:
        message = f"{folder} holds no readable {MANIFEST_NAME} that lists files."
        raise UsageError("X305", message, remedy="Name the folder of a package, or export it again.")
    faults = [PackageFault(name, "not listed") for name in present - listed.keys()]
    faults += [PackageFault(name, "missing") for name in listed.keys() - present]
    faults += [
        PackageFault(name, "changed") for name in listed.keys() & present if _sha256(folder / name) != listed[name]
    ]
    return tuple(sorted(faults))


def _exchange(folder: Path, files: Mapping[str, bytes], stale: Iterable[str]) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        staging.chmod(0o755)
        for name, content in files.items():
            _write_flushed(staging / name, content)
        _flush_folder(staging)
        if not _files_in(folder):
            _remove_empty(folder)
            staging.rename(folder)
        else:
            _replace_one_by_one(staging, folder, files, stale)
        _flush_folder(folder.parent)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def _replace_one_by_one(staging: Path, folder: Path, files: Mapping[str, bytes], stale: Iterable[str]) -> None:
    for name in (MANIFEST_NAME, *sorted(stale)):
        (folder / name).unlink(missing_ok=True)
    _flush_folder(folder)
    for name in sorted(files, key=lambda name: (name == MANIFEST_NAME, name)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (staging / name).replace(folder / name)
        _flush_folder((folder / name).parent)


def _write_flushed(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _remove_empty(folder: Path) -> None:
    """Remove a folder that holds no files, and the empty folders in it; nothing to do when it is not there."""
    if not folder.is_dir():
        return
    for inner in sorted(folder.rglob("*"), reverse=True):
        inner.rmdir()
    folder.rmdir()


def _require_sound_name(name: str) -> None:
    parts = PurePosixPath(name).parts
    if not parts or "/".join(parts) != name or not all(_PART.match(part) for part in parts):
        message = f"{name!r} is no name for a file in a package."
        raise UsageError(
            "X302", message, remedy="Use letters, digits, dot, hyphen and underscore; slashes for folders."
        )


def _files_in(folder: Path) -> set[str]:
    """Every file below the folder, with forward slashes; links count as files and are not followed."""
    if not folder.is_dir():
        return set()
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()}


def _listed_in(folder: Path) -> dict[str, str]:
    """File name to SHA-256 as the manifest says; empty when there is no manifest or it is none of ours."""
    try:
        content = json.loads((folder / MANIFEST_NAME).read_bytes())
        listed = {entry["name"]: entry["sha256"] for entry in content["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return {name: digest for name, digest in listed.items() if isinstance(name, str) and _is_inside(name)}


def _is_inside(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return bool(parts) and all(_PART.match(part) for part in parts)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
