"""What commands share: which study, who acts, what time it is."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from trialkit.errors import UsageError

if TYPE_CHECKING:
    from trialkit.engine import Engine

Command = TypeVar("Command", bound=Callable[..., object])


def now() -> datetime:
    """The present moment. Nobody can set it from the command line."""
    return datetime.now(UTC)


def acting_user(given: str | None) -> str:
    """Who acts: --user, else TRIALKIT_USER, else the name of the login."""
    try:
        name = given or os.environ.get("TRIALKIT_USER") or getpass.getuser()
    except (KeyError, OSError):
        name = ""
    if not name.strip():
        raise UsageError("U107", "Nobody is named who does this.", remedy="Say who with --user NAME.")
    return name


def study_option(command: Command) -> Command:
    """Add --study to a command that reads a study."""
    return click.option(
        "--study",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        help="The study's folder; the one you are in when left out.",
    )(command)


def study_options(command: Command) -> Command:
    """Add --study and --user to a command that works on a study."""
    command = study_option(command)
    return click.option("--user", help="Who acts; else TRIALKIT_USER, else your login.")(command)


def json_option(command: Command) -> Command:
    """Add --json to a command that shows something."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON on stdout.")(command)


def open_engine(folder: Path | None, user: str | None, *, look: bool = False) -> Engine:
    """Open the study that is meant; to look only, when nothing is to be left behind."""
    from trialkit.engine import find_study, open_study

    return open_study(find_study(folder or Path.cwd()), acting_user(user), now, look=look)


def parse_moment(text: str) -> datetime:
    """A moment for --as-of: a date means its end, in UTC; a date-time without a zone is UTC.

    Raises UsageError.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "U108", f"{text} is not a moment.", remedy="Write 2026-11-25 or 2026-11-25T14:00+01:00."
        ) from None
    if len(text) == 10:
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
