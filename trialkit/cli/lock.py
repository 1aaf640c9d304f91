"""``trialkit lock`` and ``unlock``: what nobody may change until somebody lifts it."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.output import plural, show_json, show_table, talk
from trialkit.errors import UsageError

LOCK_EXAMPLES = """\b
Examples:
  trialkit lock 012-0007 V1 VS --reason "source verified"
  trialkit lock 012-0007 --reason "database lock"
  trialkit lock 012-0007 - AE --reason "reconciled"     this form at every visit
  trialkit lock                                         list the locks
"""
UNLOCK_EXAMPLES = """\b
Examples:
  trialkit unlock 012-0007 V1 VS --reason "site found an error"
  trialkit unlock 012-0007 --reason "query 17"
"""


@click.command(epilog=LOCK_EXAMPLES)
@click.argument("subject", required=False)
@click.argument("visit", required=False)
@click.argument("form", required=False)
@click.option("--reason", help="Why they are locked; needed to lock.")
@json_option
@study_options
def lock(
    subject: str | None,
    visit: str | None,
    form: str | None,
    reason: str | None,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> None:
    """Lock the records of SUBJECT, of one VISIT, or of one FORM there: nobody changes them or adds to them.

    Without SUBJECT: list what is locked. Queries are still opened, answered and closed. A site in the place of SUBJECT
    means the rows that belong to the site itself.
    """
    if subject is None:
        _list(folder, user, as_json=as_json)
        return
    if reason is None:
        raise UsageError("U162", "A lock needs a reason.", remedy='Say why with --reason "…".')
    with open_engine(folder, user) as engine:
        made = engine.lock(subject, visit, form, reason)
    if as_json:
        show_json(made)
    else:
        talk(f"{made.scope} is locked.")


@click.command(epilog=UNLOCK_EXAMPLES)
@click.argument("subject")
@click.argument("visit", required=False)
@click.argument("form", required=False)
@click.option("--reason", required=True, help="Why they may be changed again.")
@study_options
def unlock(
    subject: str, visit: str | None, form: str | None, reason: str, folder: Path | None, user: str | None
) -> None:
    """Lift the lock on SUBJECT, on one VISIT, or on one FORM there: exactly what was locked."""
    with open_engine(folder, user) as engine:
        lifted = engine.unlock(subject, visit, form, reason)
    talk(f"{lifted} is no longer locked.")


def _list(folder: Path | None, user: str | None, *, as_json: bool) -> None:
    with open_engine(folder, user) as engine:
        locks = sorted(engine.store.locks().values(), key=lambda one: one.scope)
    if as_json:
        show_json(locks)
        return
    if locks:
        rows = [(str(one.scope), one.at.strftime("%Y-%m-%d %H:%M:%SZ"), one.by, one.reason) for one in locks]
        show_table(("LOCKED", "SINCE", "BY", "WHY"), rows)
    talk(f"{plural(len(locks), 'lock')}.")
