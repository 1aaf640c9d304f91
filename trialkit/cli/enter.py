"""``trialkit enter``: one record, entered or changed without a prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.output import show_findings, show_json, summarise_save, talk
from trialkit.cli.show import show_value
from trialkit.errors import ConflictError, UsageError
from trialkit.model.record import RawValue, Record

_ASSIGNMENT = re.compile(r"[A-Za-z]\w*=")
EXAMPLES = """\b
Examples:
  trialkit enter 012-0007 V1 VS --set SYSBP=128 --set DIABP=82 --set "WEIGHT=82.4 kg"
  trialkit enter 012-0007 V1 VS --set TEMP=.ND                 not done
  trialkit enter 012-0007 V1 VS --set SYSBP=126 --reason "transcription error"
  trialkit enter 012 - RG --set RGUSER=ab --set RGROLE=COORD   a row of the site itself
"""


class _EnterCommand(click.Command):
    """Whoever writes ITEM=VALUE as it is, is told of --set."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        bare = [word for before, word in pairwise(["", *args]) if before != "--set" and _ASSIGNMENT.match(word)]
        try:
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            if not bare:
                raise
            raise click.UsageError(f"{error.message}. Write --set before each value: --set {bare[0]}", ctx) from None


@click.command(cls=_EnterCommand, epilog=EXAMPLES)
@click.argument("subject")
@click.argument("visit")
@click.argument("form")
@click.option("--set", "assignments", multiple=True, metavar="ITEM=VALUE", help="A value; give it once per item.")
@click.option("--timepoint", default="", help="The timepoint, for forms that are timed at this visit.")
@click.option("--visit-repeat", default=1, show_default=True, type=click.IntRange(1), help="For repeating visits.")
@click.option("--repeat", type=click.IntRange(1), help="Row of a log form; a new one when left out.")
@click.option("--reason", help="Why a stored value changes; needed when one does.")
@click.option("--expect-version", type=click.IntRange(0), help="The version that you saw; refuse when it has moved on.")
@click.option("--dry-run", is_flag=True, help="Check everything and store nothing.")
@json_option
@study_options
def enter(
    subject: str,
    visit: str,
    form: str,
    assignments: tuple[str, ...],
    timepoint: str,
    visit_repeat: int,
    repeat: int | None,
    reason: str | None,
    expect_version: int | None,
    dry_run: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> int:
    """Enter or change one record of SUBJECT at VISIT on FORM.

    On a form whose rows belong to a site (a register of staff) write the site for SUBJECT and - for VISIT.

    Items that are not named stay as they are. ITEM= clears an item; ITEM=.ND, .UNK, .NA, .REF or .TECH says why there
    is no value.
    """
    from trialkit.capture import split_assignments

    with open_engine(folder, user) as engine:
        definition = engine.form(form)
        if not assignments:
            names = ", ".join(item.item for item in definition.items if item.derive is None)
            raise UsageError(
                "U109", f"No value is given for {form}.", remedy=f"Give values with --set ITEM=VALUE. Items: {names}."
            )
        values = split_assignments(assignments, definition)
        try:
            outcome = engine.enter(
                subject,
                visit,
                form,
                values,
                timepoint=timepoint,
                visit_repeat=visit_repeat,
                repeat=repeat,
                reason=reason,
                expected_version=expect_version,
                dry_run=dry_run,
            )
        except ConflictError:
            for standing in engine.records(subject, visit, form):
                show_conflict(standing, values)
            raise
    if as_json:
        show_json(outcome)
    else:
        show_findings(outcome.findings)
        for record in outcome.records:
            version = f", version {record.version}" if outcome.stored else ""
            talk(f"{record.key}: {record.status.value}{version}.")
        talk(summarise_save(outcome, dry_run=dry_run))
    return DATA_PROBLEMS if outcome.has_hard_findings else DONE


def show_conflict(record: Record, values: Mapping[str, RawValue]) -> None:
    """Both values of every item that somebody else may have changed meanwhile."""
    for name, raw in values.items():
        stored = show_value(record.values.get(name))
        talk(f"{record.key}.{name}: stored is {stored} (version {record.version}), yours is {raw.text or 'blank'}.")
