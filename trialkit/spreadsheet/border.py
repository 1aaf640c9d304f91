"""The trust border: a file is read in a child process under limits, and what comes back is checked.

A file can hang, crash or take over whatever parses it. So the parser runs in a process of its own that holds the file
and one pipe, and that ends when it takes too long or too much.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Timer

from trialkit.errors import SourceFileError
from trialkit.model.source import SourceFile
from trialkit.spreadsheet.encoded_blocks import NonsenseError
from trialkit.spreadsheet.limits import MOST_BYTES, OUT_OF_MEMORY, Limits, limits_for
from trialkit.spreadsheet.wire import CutOffError, receive

_ROOT = str(Path(__file__).resolve().parents[2])
_START = "import sys; sys.path[:] += sys.argv.pop(1).split('\\n'); from trialkit.spreadsheet.child import main; main()"
_SEND = "Save it again in a spreadsheet program and send that; if it fails again, ask for it as CSV."


def read_guarded(
    path: Path, reader: str, *, encoding: str | None = None, delimiter: str | None = None, limits: Limits | None = None
) -> SourceFile:
    """Read a workbook or CSV file in a child process.

    The child starts without the site's packages and without any environment, so that it starts fast and knows nothing.

    Args:
        path: an existing file.
        reader: ``xlsx`` or ``csv``.
        encoding, delimiter: when somebody said them.
        limits: by the size of the file when left out.

    Raises:
        SourceFileError: what the reader refuses; S106 (too large), S160 (no child), S161 (too long), S162 (too much
            memory), S163 (crashed), S164 (said nonsense).
        OSError: the file can not be opened.
    """
    told = {"reader": reader, "name": path.name, "encoding": encoding, "delimiter": delimiter}
    return run_guarded(path, (_START, _ROOT), told, limits=limits, with_site=False)


def run_guarded(
    path: Path, start: tuple[str, str], told: dict[str, str | None], *, limits: Limits | None, with_site: bool
) -> SourceFile:
    """Start a child on a file and receive what it says. See `read_guarded`.

    Args:
        path: the file, which becomes the child's standard input.
        start: the code that starts the child, and the folders of modules that it adds to its own, one a line.
        told: what the child is told beside its limits.
        limits: by the size of the file when left out.
        with_site: whether the child sees installed packages.
    """
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise SourceFileError("S106", f"{path.name} is larger than 256 MiB.", remedy="Split the file.")
    given = limits or limits_for(size)
    words = json.dumps({**told, "cpu_seconds": given.cpu_seconds, "memory": given.memory})
    flags = ["-I", "-B"] if with_site else ["-I", "-B", "-S"]
    with path.open("rb") as source:
        child = _start([*flags, "-c", *start, words], source.fileno(), path.name)
    clock = Timer(given.wall_seconds, child.kill)
    clock.start()
    try:
        return _receive(child, path.name)
    except NonsenseError:
        raise _explain(0, path.name, too_late=False) from None
    except CutOffError:
        raise _explain(child.wait(), path.name, too_late=not clock.is_alive()) from None
    finally:
        clock.cancel()
        child.kill()
        child.wait()


def _start(arguments: Sequence[str], source: int, name: str) -> subprocess.Popen[bytes]:
    kept = {key: os.environ[key] for key in ("SYSTEMROOT", "SystemRoot") if key in os.environ}  # Windows needs it
    try:
        return subprocess.Popen(  # noqa: S603  # our own interpreter with our own words, and no shell
            [sys.executable, *arguments],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=kept,
            close_fds=True,
        )
    except (OSError, ValueError, IndexError) as error:
        raise SourceFileError(
            "S160",
            f"{name} can not be read: no process could be started for it ({type(error).__name__}).",
            remedy="Close other programs and try again; trialkit doctor looks at this machine.",
        ) from None


def _receive(child: subprocess.Popen[bytes], name: str) -> SourceFile:
    assert child.stdout is not None  # noqa: S101  # it was asked for
    with child.stdout as pipe:
        return receive(pipe, name)


def _explain(outcome: int, name: str, *, too_late: bool) -> SourceFileError:
    """Why a child said no sound ending, in words for whoever sent the file."""
    if too_late or outcome == -_signal("SIGXCPU"):
        return SourceFileError("S161", f"{name} takes too long to read, so reading was stopped.", remedy=_SEND)
    if outcome == OUT_OF_MEMORY:
        return SourceFileError("S162", f"{name} takes more memory to read than a file may.", remedy="Split the file.")
    if outcome != 0:
        return SourceFileError("S163", f"{name} made its reader fail, so nothing of it is used.", remedy=_SEND)
    return SourceFileError("S164", f"{name} made its reader say what no reader says.", remedy=_SEND)


def _signal(name: str) -> int:
    import signal

    return int(getattr(signal, name, 0)) or sys.maxsize
