"""``trialkit audit``: the journal, read and verified."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import json_option, study_option
from trialkit.cli.failure import BROKEN_INTEGRITY, DONE
from trialkit.cli.output import plural, show_json, show_table, talk
from trialkit.cli.paint import paint
from trialkit.errors import IntegrityError

if TYPE_CHECKING:
    from trialkit.store import Store


@click.group(epilog="Example: trialkit audit verify")
def audit() -> None:
    """Read and verify the journal: every entry, change, query and export there ever was."""


@audit.command(epilog="Example: trialkit audit log --last 20")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many of the newest entries.")
@json_option
@study_option
def log(last: int, as_json: bool, folder: Path | None) -> None:
    """List the newest entries of the journal, oldest first. Values are shown by trialkit history."""
    from trialkit.cli.show import about_lock
    from trialkit.store import LOCK_ACTIONS

    with _open_journal(folder) as store:
        entries = list(store.entries(after=max(0, store.head().seq - last)))
    if as_json:
        show_json(entries)
        return
    rows = [
        (
            str(entry.seq),
            entry.at.strftime("%Y-%m-%d %H:%M:%SZ"),
            entry.user,
            entry.action,
            about_lock(entry) if entry.action in LOCK_ACTIONS else str(entry.key or entry.subject or ""),
            entry.reason or "",
        )
        for entry in entries
    ]
    show_table(("ENTRY", "WHEN", "WHO", "ACTION", "ABOUT", "WHY"), rows)


@audit.command(epilog="Example: trialkit audit verify  (exit code 6 when something is not what it was)")
@json_option
@study_option
def verify(as_json: bool, folder: Path | None) -> int:
    """Check the chain of the journal, replay it, and compare every table with what it says.

    Needs neither the study's plugins nor its forms.
    """
    with _open_journal(folder) as store:
        report = store.verify()
    if as_json:
        show_json(report)
        return BROKEN_INTEGRITY if report.problems else DONE
    for problem in report.problems:
        talk(f"{paint('broken', 'red')}: {problem}")
    if report.problems:
        raise IntegrityError(
            "J401",
            f"The store is not what its journal says: {plural(len(report.problems), 'problem')}.",
            remedy="Stop entering data, keep the file as it is, and restore the last good backup beside it.",
        )
    talk(
        f"{plural(report.entries, 'entry')}, unbroken; every table agrees with the journal. "
        f"Head {report.head.hash[:16]}…"
    )
    return DONE


def _open_journal(folder: Path | None) -> Store:
    from trialkit.engine import find_study, open_journal

    return open_journal(find_study(folder or Path.cwd()))
