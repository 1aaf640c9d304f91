"""Everything that can go wrong besides the data themselves.

One exception tree, cut by what the caller should do next. Bad data is never an exception: it is a
finding (`trialkit.model.finding`). A message says where, what and what to do, and holds no subject data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trialkit.wording import did_you_mean, list_some


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One fault in a file that somebody wrote: a form, a protocol, a study, a mapping.

    Attributes:
        file: the file as the user named it, with forward slashes; empty when the fault is in an object.
        line: first line is 1; 0 when unknown.
        column: first column is 1; 0 when unknown.
        code: stable code, for example ``D101``; see `trialkit.codes`.
        message: what is wrong, one sentence, no trailing remedy.
        remedy: what to do, one sentence.
        excerpt: the source line, for showing with a caret; may be empty.
    """

    file: str
    line: int
    column: int
    code: str
    message: str
    remedy: str
    excerpt: str = ""

    @property
    def where(self) -> str:
        """The place as editors take it: ``forms/vs.yaml:15:11``."""
        if not self.line:
            return self.file
        return f"{self.file}:{self.line}:{self.column}"

    def __str__(self) -> str:
        return f"{self.where}: {self.code}: {self.message} {self.remedy}".strip()


class TrialkitError(Exception):
    """Root of everything that trialkit raises on purpose.

    Args:
        code: stable code with an entry in `trialkit.codes`.
        message: what is wrong and where, one plain sentence without subject data.
        remedy: what the reader can do about it, one plain sentence.
    """

    def __init__(self, code: str, message: str, *, remedy: str) -> None:
        super().__init__(f"{code}: {message} {remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy


class UsageError(TrialkitError):
    """Call again with other words: an unknown subject, visit, form, item or option."""


class NotAllowedError(TrialkitError):
    """Ask for the right to do this."""


class ConflictError(TrialkitError):
    """Look again: the record was changed since it was read."""


class LockedError(TrialkitError):
    """Unlock first, or leave it: the record is locked or signed."""


class IntegrityError(TrialkitError):
    """Stop: the journal or a projection is not what it was."""


class StoreError(TrialkitError):
    """Mend the disk or the store file: reading or writing failed."""


class SourceFileError(TrialkitError):
    """Mend the file that was sent in: it can not be read as what it says it is."""


class MendError(TrialkitError):
    """Mend what somebody wrote: the base of definition and plugin errors."""

    def __init__(self, code: str, message: str, *, remedy: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(code, message, remedy=remedy)
        self.problems: tuple[Problem, ...] = tuple(sorted(problems))


class DefinitionError(MendError):
    """Mend the study, form, protocol or mapping file; `problems` names each place."""


class PluginError(MendError):
    """Mend or remove the plugin; `problems` names each plugin and reason."""


def unknown_name(code: str, kind: str, given: str, known: Sequence[str]) -> UsageError:
    """A usage error for a name that nobody knows, with the nearest one that is known and the first few others."""
    there = f"There is: {list_some(known)}." if known else f"There is no {kind} yet."
    return UsageError(code, f"No {kind} {given}.", remedy=did_you_mean(given, known) + there)
