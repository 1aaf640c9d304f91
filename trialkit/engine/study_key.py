"""Everything that a compiled study depends on, as one key: the same key, the same study."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from trialkit.define import files_in
from trialkit.engine.code_stamp import UnstampedError, stamp_code
from trialkit.engine.gathering import HandedIn, Sources
from trialkit.extension import Function, ItemType
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.study import StudyDefinition
from trialkit.registry import Registry


def study_key(
    folder: Path,
    definition: StudyDefinition,
    handed_in: HandedIn,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    registry: Registry,
) -> str | None:
    """The key of a study as it stands on the disk at this moment.

    Args:
        folder: the study's folder, whose definition files count byte by byte.
        definition: what was read of its `study.yaml`.
        handed_in: what the plugins hand in; their files count byte by byte, too.
        types: item types by name.
        functions: functions of the expression language by name.
        registry: the plugins, broken ones included.

    Returns:
        SHA-256 (hex), or None when something has a say that can not be told: a plugin that lies in no file, a format
        of a plugin's own, which may read what it likes, or a file that can not be read.
    """
    digest = hashlib.sha256()
    try:
        for part in _parts(folder, definition, handed_in, types, functions, registry):
            digest.update(b"%d:" % len(part))  # so that no two lists of parts read alike
            digest.update(part)
    except (UnstampedError, OSError, ValueError):  # the last: a plugin's object that has no JSON
        return None
    return digest.hexdigest()


def _parts(
    folder: Path,
    definition: StudyDefinition,
    handed_in: HandedIn,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    registry: Registry,
) -> Iterator[bytes]:
    yield stamp_code(plugin.module for plugin in registry.plugins.values()).encode("utf-8", "surrogateescape")
    plugins = [(plugin.contribution.plugin, plugin.contribution.version) for plugin in registry.plugins.values()]
    yield repr((plugins, sorted(registry.broken))).encode()
    yield repr([(name, found.kind) for name, found in types.items()]).encode()
    yield repr(
        [(name, found.takes, found.gives, found.takes_missing, found.repeats_last) for name, found in functions.items()]
    ).encode()
    yield definition.model_dump_json().encode()
    for sources in (handed_in.forms, handed_in.protocols):
        yield from _handed_in_parts(sources)
    for file in files_in(folder):
        yield file.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        yield file.read_bytes()


def _handed_in_parts(sources: Sources) -> Iterator[bytes]:
    for source, origin in sources.handed_in:
        yield origin.plugin.encode()
        if not isinstance(source, Path):
            yield from _object_parts(source)
            continue
        for file in sources.files_of(source):
            if sources.foreign_format(file) is not None:
                raise UnstampedError("a plugin's format may read other files, too")
            yield file.relative_to(source.parent).as_posix().encode("utf-8", "surrogateescape")
            yield file.read_bytes()


def _object_parts(thing: Form | CodeList | Protocol) -> Iterator[bytes]:
    if type(thing) not in (Form, CodeList, Protocol):
        raise UnstampedError("a class of a plugin's own may hold more than its fields")
    yield thing.model_dump_json(warnings=False).encode()
    if isinstance(thing, Protocol):
        for visit in thing.other_visits:
            yield visit.model_dump_json(warnings=False).encode()
