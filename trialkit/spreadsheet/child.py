"""The child process that reads one file: the file is its standard input, lines of JSON go to its standard output.

It is given no path and opens nothing: whatever a file makes of its reader, it holds this one file and a pipe.
"""

from __future__ import annotations

import gc
import hashlib
import json
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import IO

from trialkit.errors import SourceFileError
from trialkit.spreadsheet.assembly import Ending, ReadingFacts
from trialkit.spreadsheet.limits import OUT_OF_MEMORY, limit_this_process
from trialkit.spreadsheet.wire import LineWriter

Told = dict[str, str | None]
Read = Callable[[LineWriter], None]


def run_child(arguments: list[str], find_reader: Callable[[Told], Read]) -> int:
    """Read the file on standard input and say what is in it on standard output.

    Args:
        arguments: one JSON text with ``reader``, ``name``, ``encoding``, ``delimiter``, ``cpu_seconds``, ``memory``.
        find_reader: what reads the file; imports what it needs, before the limits are set.

    Returns:
        The exit code: 0 when the file was read or refused, `OUT_OF_MEMORY`.
    """
    told = json.loads(arguments[0])
    read = find_reader(told)
    with _own_output() as target:
        limit_this_process(told["cpu_seconds"], told["memory"])
        writer = LineWriter(target)
        try:
            read(writer)
        except SourceFileError as error:
            writer.refuse(error)
        except MemoryError:
            return OUT_OF_MEMORY
    return 0


def main() -> None:
    """The entry point of the child for trialkit's own readers."""
    gc.disable()  # our readers leave no cycles behind, and looking for some among millions of texts takes a fifth
    code = run_child(sys.argv[1:], _find_own_reader)
    os._exit(code)  # what is in memory need not be taken down cell by cell


def _own_output() -> IO[bytes]:
    """Standard output for the parent alone: whatever prints in this process from now on, prints into nothing."""
    target = os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.close(nothing)
    return target


def _find_own_reader(told: Told) -> Read:
    """The reader of workbooks or of CSV files, with only the modules that it needs."""
    facts = ReadingFacts(str(told["name"]), told["encoding"], told["delimiter"])
    if told["reader"] == "csv":
        from trialkit.spreadsheet.csv_reading import read_csv_into

        return partial(_read, read_csv_into, facts)
    from trialkit.spreadsheet.reading import read_workbook_into

    return partial(_read, read_workbook_into, facts)


def _read(reader: Callable[[bytes, ReadingFacts, LineWriter], Ending], facts: ReadingFacts, writer: LineWriter) -> None:
    content = sys.stdin.buffer.read()
    digest = hashlib.sha256(content).hexdigest()
    writer.end(digest, reader(content, facts, writer))
