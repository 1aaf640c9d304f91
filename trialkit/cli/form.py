"""``trialkit form``: definitions listed, shown, checked, and their JSON Schema."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.output import plural, show_json, show_table, talk
from trialkit.cli.paint import paint
from trialkit.model.form import Form
from trialkit.model.item import Item

KINDS = ("form", "codelists", "units", "checks", "protocol", "study", "mapping")


@click.group(epilog="Example: trialkit form check")
def form() -> None:
    """List, show and check definitions: forms, code lists, protocols, the study."""


@form.command("list", epilog="Example: trialkit form list")
@json_option
@study_options
def list_(as_json: bool, folder: Path | None, user: str | None) -> None:
    """List the forms of the study."""
    with open_engine(folder, user) as engine:
        study = engine.assembly.study
    if as_json:
        show_json([found.model_dump(mode="json") for found in study.forms.values()])
        return
    rows = [
        (
            name,
            found.title,
            found.version,
            str(len(found.items)),
            str(len(study.checks.get(name, ()))),
            study.origins[f"form:{name}"].plugin,
        )
        for name, found in study.forms.items()
    ]
    show_table(("FORM", "TITLE", "VERSION", "ITEMS", "CHECKS", "FROM"), rows)


@form.command(epilog="Example: trialkit form show VS")
@click.argument("name", metavar="FORM")
@json_option
@study_options
def show(name: str, as_json: bool, folder: Path | None, user: str | None) -> None:
    """Show FORM as a page: its items, what each takes, when it is asked, and the checks."""
    with open_engine(folder, user) as engine:
        found = engine.form(name)
        checks = engine.assembly.study.checks.get(name, ())
    if as_json:
        show_json({**found.model_dump(mode="json"), "checks": [check.model_dump(mode="json") for check in checks]})
        return
    show_form(found)
    for check in checks:
        click.echo(f"{check.check} ({check.severity.value}) when {check.when}\n    {check.message}")


def show_form(found: Form) -> None:
    """A form as a table of its items."""
    click.echo(paint(f"{found.form}  {found.title}  (version {found.version})", bold=True))
    if found.help:
        click.echo(found.help.strip())
    rows = [(item.item, item.label, item.type, describe_item(item)) for item in found.items]
    show_table(("ITEM", "LABEL", "TYPE", "TAKES"), rows)


def describe_item(item: Item) -> str:
    """What an item takes, in a few words."""
    parts = [
        f"list {item.codelist}" if item.codelist else "",
        " or ".join(item.accepted_units),
        f"possible {item.hard.in_words()}" if item.hard else "",
        f"usual {item.soft.in_words()}" if item.soft else "",
        "required" if item.required else "",
        f"when {item.collect_when}" if item.collect_when else "",
        f"computed: {item.derive}" if item.derive else "",
    ]
    return "; ".join(part for part in parts if part)


@form.command(epilog="Examples: trialkit form check  ·  trialkit form check forms/vs.yaml")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@json_option
@study_options
def check(paths: tuple[Path, ...], as_json: bool, folder: Path | None, user: str | None) -> None:
    """Check the study's definitions, or the files and folders named, all problems in one run.

    The study is compiled as a whole, plugins included. Files and folders that are named are checked each on its own.
    """
    del user
    from trialkit.engine import check_definitions, find_study
    from trialkit.registry import load_registry

    start = folder or Path.cwd()
    checked = check_definitions(start if paths else find_study(start), paths, load_registry())
    if as_json:
        show_json({"problems": []})
    talk(f"No problem in {plural(checked, 'definition')}.")


@form.command(epilog="Example: trialkit form schema form > form.schema.json")
@click.argument("kind", type=click.Choice(KINDS))
def schema(kind: str) -> None:
    """Print the JSON Schema of a KIND of definition file, for editors that complete and check."""
    from trialkit.define import json_schema

    show_json(json_schema(kind))
