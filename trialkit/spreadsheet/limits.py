"""What a child process may use: time, memory, files. Set by the child on itself, before it sees the file."""

from __future__ import annotations

from dataclasses import dataclass

MOST_BYTES = 256 * 1024 * 1024
"""The largest file that is read."""

OUT_OF_MEMORY = 77
"""The exit code of a child that ran out of memory."""

MEMORY = 1024 * 1024 * 1024
_SECONDS = 8
_SECONDS_A_MEBIBYTE = 3
_WAIT = 2.5
_FILES = 32


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one reading.

    Attributes:
        cpu_seconds: processor time, where the system counts it.
        wall_seconds: time on the clock; counted by the parent everywhere.
        memory: bytes of address space beyond what the process has when it begins to read.
    """

    cpu_seconds: int
    wall_seconds: float
    memory: int = MEMORY


def limits_for(size: int) -> Limits:
    """The limits for a file of so many bytes: eight seconds, and three more for each MiB; on the clock 2.5 times that.

    Reading takes less than one second for each MiB; the rest is for slow and busy machines.
    """
    seconds = _SECONDS + _SECONDS_A_MEBIBYTE * (size // (1024 * 1024))
    return Limits(seconds, seconds * _WAIT)


def limit_this_process(cpu_seconds: int, memory: int) -> None:
    """Limit the process that calls, for good. Where the system has no such limits, the parent's clock remains."""
    try:
        import resource
    except ImportError:  # Windows has no such module
        return
    wanted = [
        (resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + 1),
        (resource.RLIMIT_AS, memory + _address_space(), None),
        (resource.RLIMIT_CORE, 0, None),
        (resource.RLIMIT_FSIZE, 0, None),
        (resource.RLIMIT_NOFILE, _FILES, None),
    ]
    for kind, soft, hard in wanted:
        _set(resource, kind, soft, soft if hard is None else hard)


def _set(resource: object, kind: int, soft: int, hard: int) -> None:
    """Set one limit, never above what the process was given; systems that refuse one keep their own."""
    most = resource.getrlimit(kind)[1]  # type: ignore[attr-defined]  # the module is there on POSIX only
    if most != resource.RLIM_INFINITY:  # type: ignore[attr-defined]  # as above
        soft, hard = min(soft, most), min(hard, most)
    try:
        resource.setrlimit(kind, (soft, hard))  # type: ignore[attr-defined]  # as above
    except (ValueError, OSError):
        return


def _address_space() -> int:
    """How many bytes of address space the process has now; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as source:
            pages = int(source.read().split()[0])
    except (OSError, ValueError, IndexError):
        return 0
    import mmap

    return pages * mmap.PAGESIZE
