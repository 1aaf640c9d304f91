"""``trialkit form``: definitions listed, shown, compared, checked, and their JSON Schema."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import json_option, study_options
from trialkit.cli.form_diff import diff
from trialkit.cli.form_page import TO_CONFIRM, show_fitting, show_form_page
from trialkit.cli.output import plural, show_json, talk

if TYPE_CHECKING:
    from trialkit.engine import Assembly
    from trialkit.model.study import Study

KINDS = ("form", "codelists", "units", "checks", "protocol", "study", "mapping")


@click.group(epilog="Example: trialkit form check")
def form() -> None:
    """List, show, compare and check definitions: forms, code lists, protocols, the study."""


form.add_command(diff)


@form.command("list", epilog="Examples: trialkit form list  ·  trialkit form list --to-confirm")
@click.option("--to-confirm", is_flag=True, help="What nobody has confirmed yet, of the protocol and of every form.")
@json_option
@study_options
def list_(to_confirm: bool, as_json: bool, folder: Path | None, user: str | None) -> None:
    """List the forms of the study, or what is to be confirmed about them before first use."""
    del user  # definitions are read, nothing is done in anybody's name
    study = _assembled(folder).study
    if to_confirm:
        _list_open_points(study, as_json=as_json)
        return
    if as_json:
        show_json([found.model_dump(mode="json") for found in study.forms.values()])
        return
    rows = [
        (
            name,
            found.version,
            str(len(found.items)),
            str(len(study.checks.get(name, ()))),
            study.origins[f"form:{name}"].plugin,
            found.title,
        )
        for name, found in study.forms.items()
    ]
    show_fitting(("FORM", "VERSION", "ITEMS", "CHECKS", "FROM", "TITLE"), rows)


def _list_open_points(study: Study, *, as_json: bool) -> None:
    from trialkit.model.open_point import open_points

    points = open_points(study)
    if as_json:
        show_json(points)
        return
    if points:
        show_fitting(("WHERE", "TO BE CONFIRMED"), [(point.where, " ".join(point.text.split())) for point in points])
    talk(f"{plural(len(points), 'point')} to be confirmed before first use." if points else "Everything is confirmed.")


def open_points_line(study: Study) -> str:
    """How much is to be confirmed and where to read it; empty when everything is confirmed."""
    from trialkit.model.open_point import open_points

    count = len(open_points(study))
    if not count:
        return ""
    return f"{TO_CONFIRM} before first use: {plural(count, 'point')} (trialkit form list --to-confirm)."


@form.command(epilog="Example: trialkit form show VS")
@click.argument("name", metavar="FORM")
@json_option
@study_options
def show(name: str, as_json: bool, folder: Path | None, user: str | None) -> None:
    """Show FORM as a page: its items, what each takes, when it is asked, where it goes, and the checks."""
    from trialkit.capture import find_form

    del user
    assembly = _assembled(folder)
    found = find_form(assembly.study, name)
    if as_json:
        checks = assembly.study.checks.get(found.form, ())
        show_json({**found.model_dump(mode="json"), "checks": [check.model_dump(mode="json") for check in checks]})
        return
    show_form_page(assembly, found)


@form.command(epilog="Examples: trialkit form check  ·  trialkit form check forms/vs.yaml")
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@json_option
@study_options
def check(paths: tuple[Path, ...], as_json: bool, folder: Path | None, user: str | None) -> None:
    """Check the study's definitions, or the files and folders named, all problems in one run.

    The study is compiled as a whole, plugins included. Files and folders that are named are checked each on its own.
    """
    from trialkit.engine import check_files

    del user
    if paths:
        checked, left = check_files(paths), ""
    else:
        study = _assembled(folder).study
        checked, left = _count(study), open_points_line(study)
    if as_json:
        show_json({"problems": []})
    talk(f"No problem in {plural(checked, 'definition')}.")
    if left:
        talk(left)


def _assembled(folder: Path | None) -> Assembly:
    """The study that is meant, from its definitions alone: no store is needed to read a form."""
    from trialkit.engine import assemble, find_study
    from trialkit.registry import load_registry

    return assemble(find_study(folder or Path.cwd()), load_registry())


def _count(study: Study) -> int:
    """How many definitions a study is made of: study, protocol, and whatever they bring."""
    return 2 + len(study.forms) + len(study.codelists) + len(study.units) + sum(map(len, study.checks.values()))


@form.command(epilog="Example: trialkit form schema form > form.schema.json")
@click.argument("kind", type=click.Choice(KINDS))
def schema(kind: str) -> None:
    """Print the JSON Schema of a KIND of definition file, for editors that complete and check."""
    from trialkit.define import json_schema

    show_json(json_schema(kind))
