"""``trialkit subject``: enrol, list and withdraw."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.output import show_json, show_table, talk


@click.group(epilog="Example: trialkit subject add 012 0007")
def subject() -> None:
    """Enrol, list and withdraw subjects; trialkit show SUBJECT shows what is there for one."""


@subject.command(epilog="Example: trialkit subject add 012 0007")
@click.argument("site")
@click.argument("number")
@json_option
@study_options
def add(site: str, number: str, as_json: bool, folder: Path | None, user: str | None) -> None:
    """Enrol the subject that SITE calls NUMBER."""
    with open_engine(folder, user) as engine:
        added = engine.add_subject(site, number)
    if as_json:
        show_json(added)
    else:
        talk(f"Enrolled {added.subject} at site {added.site}.")


@subject.command("list", epilog="Example: trialkit subject list --site 012 --json")
@click.option("--site", help="Only this site.")
@json_option
@study_options
def list_(site: str | None, as_json: bool, folder: Path | None, user: str | None) -> None:
    """List the subjects, sorted by site and identifier."""
    with open_engine(folder, user) as engine:
        subjects = engine.store.subjects(site=site)
    if as_json:
        show_json(subjects)
    elif subjects:
        show_table(("SUBJECT", "SITE", "STATUS"), [(found.subject, found.site, found.status) for found in subjects])
    else:
        talk("No subject yet. Enrol one: trialkit subject add SITE NUMBER")


@subject.command(epilog='Example: trialkit subject withdraw 012-0007 --reason "consent withdrawn"')
@click.argument("name", metavar="SUBJECT")
@click.option("--reason", required=True, help="Why the subject leaves the study.")
@study_options
def withdraw(name: str, reason: str, folder: Path | None, user: str | None) -> None:
    """Mark SUBJECT as withdrawn. Nothing that was captured goes away."""
    with open_engine(folder, user) as engine:
        engine.withdraw_subject(name, reason)
    talk(f"{name} is withdrawn.")
