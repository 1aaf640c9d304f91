"""The code that a study is compiled with, as a few lines that change whenever a file of it does."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from types import ModuleType

_HOUSE = "trialkit"

_LIBRARIES = ("lark", "pydantic", "tzdata", "yaml")
"""Libraries that have a say in how definitions are understood. One file of each tells when it is exchanged."""

_BEGAN = time.time_ns()
_MARGIN = 2_000_000_000
"""Nanoseconds that clocks of file systems are coarse by, and that pass before this module is loaded."""


class UnstampedError(Exception):
    """Why no stamp can be told: some code lies in no file, or its files may not be what this process runs."""


def stamp_code(plugins: Iterable[object], *, began: int = _BEGAN) -> str:
    """The state of trialkit's code and of that of the plugins.

    A plugin stands for the whole of its top-level package: what it imports from its neighbours counts, and so do data
    files among them.

    Args:
        plugins: the modules of the plugins, as the registry knows them.
        began: when this process loaded its code, in nanoseconds since the epoch.

    Returns:
        A line with path, size and times for each file; and the version of Python.

    Raises:
        UnstampedError: when a plugin is no module that was imported from files, and when a file is younger than this
            process: what it compiles would be taken for the work of code that it never ran.
        OSError: when a file can not be looked at.
    """
    tops = {_HOUSE, *(_top_level(plugin) for plugin in plugins)}
    lines = [sys.version]
    newest = 0
    for path in [*map(_library_file, _LIBRARIES), *(path for top in sorted(tops) for path in _files_of(top))]:
        state = os.stat(path)
        newest = max(newest, state.st_mtime_ns)
        # A copy that keeps size and time of modification still changes the third.
        lines.append(f"{path} {state.st_size} {state.st_mtime_ns} {state.st_ctime_ns}")
    if newest > began - _MARGIN:
        raise UnstampedError("a file is younger than this process")
    return "\n".join(lines)


def _top_level(plugin: object) -> str:
    """The name of the top-level package that a plugin belongs to."""
    if not isinstance(plugin, ModuleType) or sys.modules.get(plugin.__name__) is not plugin:
        raise UnstampedError("a plugin is no imported module")
    return plugin.__name__.partition(".")[0]


def _library_file(name: str) -> str:
    found = find_spec(name)
    if found is None or found.origin is None:
        raise UnstampedError(f"{name} lies in no file")
    return found.origin


def _files_of(top: str) -> Iterator[str]:
    """The files of a top-level package or module, in a steady order."""
    module = sys.modules.get(top)
    folders = getattr(module, "__path__", None)
    if folders is not None:
        for folder in folders:
            yield from _files_below(folder)
        return
    file = getattr(module, "__file__", None)
    if file is None:
        raise UnstampedError(f"{top} lies in no file")
    yield file


def _files_below(folder: str) -> Iterator[str]:
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name == "__pycache__" or entry.name.startswith("."):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _files_below(entry.path)
        elif entry.is_file():
            yield entry.path
        else:
            raise UnstampedError(f"{entry.path} is neither a file nor a folder")  # a link to a folder may lead anywhere
