"""The readers of files, those of plugins behind the trust border: their files are read in a process of their own, too.

As the start of such a process, this module loads the installed plugins and lets one of their readers read. What that
takes is imported when it is done: every command knows the readers, and most read no file.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from trialkit.errors import SourceFileError
from trialkit.extension import Reader, ReadOptions
from trialkit.model.source import SourceFile
from trialkit.registry import GROUP, HOUSE, Registry, load_registry

if TYPE_CHECKING:
    from trialkit.spreadsheet.wire import LineWriter

_START = "import sys; sys.path[:] = sys.argv.pop(1).split('\\n'); from trialkit.engine.foreign import main; main()"


def known_readers(registry: Registry) -> dict[str, Reader]:
    """The readers that plugins hand in, by name. Those of installed strangers read in a child process.

    A plugin that was handed over as a module is not installed: no other process could find it, so it reads here.
    """
    found = registry.collect_named("trialkit_capture_readers", Reader, lambda reader: str(reader.name))
    installed = {point.name for point in entry_points(group=GROUP)} - {HOUSE}
    return {name: _guard(reader) if origin.plugin in installed else reader for name, (reader, origin) in found.items()}


def main() -> None:
    """The entry point of the child for readers of plugins."""
    from trialkit.spreadsheet.child import run_child

    sys.exit(run_child(sys.argv[1:], _find_reader))


def _guard(reader: Reader) -> Reader:
    return replace(reader, read=partial(_read_guarded, reader.name))


def _read_guarded(reader: str, path: Path, options: ReadOptions) -> SourceFile:
    from trialkit.spreadsheet.border import run_guarded

    told = {
        "reader": reader,
        "name": path.name,
        "path": str(path.resolve()),
        "encoding": options.encoding,
        "delimiter": options.delimiter,
    }
    folders = "\n".join(folder for folder in sys.path if folder)
    return run_guarded(path, (_START, folders), told, limits=None, with_site=True)


def _find_reader(told: dict[str, str | None]) -> Callable[[LineWriter], None]:
    """Load the plugins, find the reader and import what writes, before any limit is set."""
    from trialkit.spreadsheet.source_writer import write_source

    registry = load_registry()
    found = registry.collect("trialkit_capture_readers", Reader)
    reader = next(reader for reader, _ in found if reader.name == told["reader"])
    return partial(_read, reader, told, write_source)


def _read(
    reader: Reader, told: dict[str, str | None], write: Callable[[SourceFile, LineWriter], None], writer: LineWriter
) -> None:
    try:
        source = reader.read(Path(str(told["path"])), ReadOptions(told["encoding"], told["delimiter"]))
    except (SourceFileError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # a stranger's code may raise anything
        raise SourceFileError(
            "S163",
            f"{told['name']} made the reader {reader.name} fail ({type(error).__name__}).",
            remedy="Look whether the file is whole, or tell the author of the plugin.",
        ) from None
    write(source, writer)
