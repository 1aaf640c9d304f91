"""``trialkit init`` and bare ``trialkit``: making a study, and how it stands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import acting_user, json_option, now, open_engine, study_options
from trialkit.cli.form import open_points_line
from trialkit.cli.output import plural, show_json, show_table, talk
from trialkit.cli.paint import paint
from trialkit.errors import UsageError
from trialkit.model.planned import VisitState

if TYPE_CHECKING:
    from trialkit.model.study import StudyDefinition

BEGIN = """\
This is not a study folder. Begin with one of:
  trialkit demo demo                     a whole trial in a few seconds, to look around in
  trialkit init my-study --protocol iv   a study of your own
  trialkit --help                        all commands"""


@click.command(epilog="Example: trialkit init esk-101 --protocol nasal --site 012:NLD:Europe/Amsterdam --site 013:DEU")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path))
@click.option("--protocol", help="The protocol to follow; trialkit plugin list shows them.")
@click.option("--variant", help="The variant of the protocol to follow; the protocol as it stands when left out.")
@click.option("--study", "name", help="STUDYID; the folder's name in capitals when left out.")
@click.option("--title", help="What the study is called.")
@click.option(
    "--site", "sites", multiple=True, metavar="ID[:COUNTRY[:ZONE]]", help="A site, once per site. Default: 001."
)
@click.option("--user", help="Who acts; else TRIALKIT_USER, else your login.")
def init(
    directory: Path,
    protocol: str | None,
    variant: str | None,
    name: str | None,
    title: str | None,
    sites: tuple[str, ...],
    user: str | None,
) -> None:
    """Make a study in DIRECTORY: its study.yaml and an empty store.

    When DIRECTORY holds a study.yaml that you wrote, its store is made, and no other option is needed.
    """
    from trialkit.engine import begin_study, create_study

    file = directory / "study.yaml"
    if file.exists() and variant:
        raise UsageError("U104", f"{file.as_posix()} is there already.", remedy=f"Write 'variant: {variant}' into it.")
    if file.exists() and not protocol:
        made = begin_study(directory, acting_user(user), now)
    elif protocol:
        words = define_study(name or directory.resolve().name.upper(), title, protocol, sites or ("001",), variant)
        made = create_study(directory, words, acting_user(user), now)
    else:
        raise UsageError(
            "U118", "No protocol is named.", remedy="Say which with --protocol; trialkit plugin list shows them."
        )
    with made as engine:
        definition = engine.assembly.study.definition
        forms = ", ".join(engine.assembly.study.forms)
        talk(f"Made {directory.as_posix()}: study {definition.study}, {_protocol_words(definition)}, forms {forms}.")
    site = definition.sites[0].site
    talk(f"Next: cd {directory.as_posix()} && trialkit subject add {site} 0001")


def define_study(
    name: str, title: str | None, protocol: str, sites: tuple[str, ...], variant: str | None = None
) -> StudyDefinition:
    """A study definition from the words of the command line. Raises UsageError for words that do not fit."""
    from trialkit.model.study import Site, StudyDefinition

    try:
        return StudyDefinition(
            study=name,
            title=title or name,
            protocol=protocol,
            variant=variant,
            sites=tuple(
                Site(**dict(zip(("site", "country", "timezone"), site.split(":", 2), strict=False))) for site in sites
            ),
        )
    except ValueError:  # what pydantic raises for words that do not fit
        raise UsageError(
            "U131",
            f"The study {name} with the sites {', '.join(sites)} can not be defined.",
            remedy="Names have letters, digits, - and _; a country has three capitals, for example 012:NLD.",
        ) from None


def _protocol_words(definition: StudyDefinition) -> str:
    """``protocol iv``, or ``protocol iv, variant iv-ptsd``."""
    variant = f", variant {definition.variant}" if definition.variant else ""
    return f"protocol {definition.protocol}{variant}"


@click.command()
@json_option
@study_options
def overview(as_json: bool, folder: Path | None, user: str | None) -> None:
    """How the study stands, or how to begin."""
    from trialkit.engine import find_study

    try:
        place = find_study(folder or Path.cwd())
    except UsageError:
        if folder is not None:
            raise
        talk(BEGIN)
        return
    with open_engine(place, user) as engine:
        state = engine.state()
        planned = engine.planned_visits()
        study = engine.assembly.study
    definition = study.definition
    if as_json:
        show_json(state)
        return
    due, overdue = (sum(found.state is wanted for found in planned) for wanted in (VisitState.DUE, VisitState.OVERDUE))
    click.echo(paint(f"{definition.study}  {definition.title}", bold=True) + f"  ({_protocol_words(definition)})")
    show_table(("SITE", "SUBJECTS"), [(site, str(count)) for site, count in state.subjects.items()])
    used = [(form, str(count)) for form, count in state.records.items() if count]
    if used:
        show_table(("FORM", "RECORDS"), used)
    if len(used) < len(state.records):
        talk(f"{plural(len(state.records) - len(used), 'form')} without a record (trialkit form list).")
    talk(f"{plural(due, 'visit')} due, {overdue} overdue (trialkit due). {plural(state.open_queries, 'open query')}.")
    left = open_points_line(study)
    if left:
        talk(left)
    talk(_next_step(state.subjects, state.open_queries, definition.sites[0].site))


def _next_step(subjects: Mapping[str, int], open_queries: int, site: str) -> str:
    if not sum(subjects.values()):
        return f"Next: trialkit subject add {site} 0001"
    if open_queries:
        return "Next: trialkit query list"
    return "Next: trialkit import FILE, trialkit enter, or trialkit export sdtm -o out"
