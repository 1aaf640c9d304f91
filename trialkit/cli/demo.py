"""``trialkit demo``: a whole trial in a few seconds, through the same engine as every other command."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from trialkit.cli.context import acting_user, now
from trialkit.cli.demo_data import ROUTES, SITE, SUBJECTS, Route, Table, site_tables
from trialkit.cli.demo_mappings import RULES, site_mappings
from trialkit.cli.output import plural, show_findings, summarise_save, talk
from trialkit.cli.paint import paint
from trialkit.errors import UsageError
from trialkit.model.import_options import OnError
from trialkit.model.outcome import SaveOutcome

_SEED = 1957
_ZONE = "Europe/Amsterdam"
"""Of the site that sends its workbook: its rules go by its own date, which is another one before midnight in UTC."""
if TYPE_CHECKING:
    from trialkit.engine import Engine
    from trialkit.registry import Registry


@click.command(epilog="Examples: trialkit demo demo  ·  trialkit demo --protocol nasal demo")
@click.option("--protocol", type=click.Choice(tuple(ROUTES)), help="Only this one of the three.")
@click.option("--user", help="Who acts; else TRIALKIT_USER, else your login.")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
def demo(protocol: str | None, user: str | None, directory: Path) -> None:
    """Make studies in DIR, fill them, check them and export them: one for each of the three protocols.

    Nothing is faked: it calls the same engine as the commands, and everything it makes is yours to look at.
    """
    from trialkit.registry import load_registry

    chosen = [protocol] if protocol else list(ROUTES)
    for name in chosen:
        if (directory / name).exists():
            raise UsageError(
                "U135", f"{(directory / name).as_posix()} is there already.", remedy="Choose another folder."
            )
    registry = load_registry()
    for name in chosen:
        run_demo(ROUTES[name], directory / name, acting_user(user), registry)
    first = (directory / chosen[0]).as_posix()
    talk(paint("Look around:", bold=True))
    talk(f"  cd {first} && trialkit                 how the study stands")
    talk("  trialkit show 012-0001                 what is there for a subject")
    talk("  trialkit why 012-0002 V1 VS SYSBP      from which cell a value came, who, when")
    talk("  trialkit query list                    what waits for an answer")
    talk("  trialkit audit log                     everything that ever happened")


def run_demo(route: Route, folder: Path, user: str, registry: Registry) -> None:
    """One study from nothing to exported SDTM."""
    from trialkit.cli.study import define_study
    from trialkit.engine import create_study

    definition = define_study(
        f"DEMO-{route.protocol.upper()}",
        f"Demonstration, {route.protocol} route",
        route.protocol,
        (f"{SITE}:NLD:{_ZONE}", "013:DEU:Europe/Berlin"),
    )
    talk(paint(f"── {definition.title} ──", bold=True))
    folder.mkdir(parents=True)
    (folder / "rules.yaml").write_text(RULES, encoding="utf-8")
    with create_study(folder, definition, user, now, registry) as engine:
        for subject in SUBJECTS:
            engine.add_subject(SITE, subject.removeprefix(f"{SITE}-"))
        talk(f"Made {folder.as_posix()}/ and enrolled {plural(len(SUBJECTS), 'subject')} at site {SITE}.")
        talk("Its rules.yaml replaces two rules of the library by its own: what a study asks is its own choice.")
        today = now().astimezone(ZoneInfo(_ZONE)).date()
        tables = site_tables(route, today, Random(_SEED))  # noqa: S311  # made-up patients, no secret
        workbook, mappings = write_site_files(folder, route, tables)
        talk(
            f"Site {SITE} sends {workbook.name}: {plural(sum(len(rows) for _, _, rows in tables), 'row')}, some wrong."
        )
        _import(engine, workbook, mappings)
        _enter_by_hand(engine, route, tables)
        _export_and_verify(engine, folder)


def write_site_files(folder: Path, route: Route, tables: Sequence[Table]) -> tuple[Path, list[Path]]:
    """Write the site's workbook and the mapping files for it into the study's folder."""
    from trialkit.spreadsheet import write_workbook

    workbook = folder / "incoming" / f"site{SITE}.xlsx"
    workbook.parent.mkdir()
    write_workbook(workbook, tables, now())
    place = folder / "mappings"
    place.mkdir()
    written = []
    for name, text in site_mappings(route).items():
        (place / name).write_text(text, encoding="utf-8")
        written.append(place / name)
    return workbook, written


def _import(engine: Engine, workbook: Path, mappings: Sequence[Path]) -> None:
    first = engine.import_file(workbook, mappings)
    show_findings(first.findings)
    talk(f"Import: {summarise_save(first, dry_run=False)}")
    second = engine.import_file(workbook, mappings, on_error=OnError.SKIP_RECORD)
    talk(f"Import with --on-error skip-record: {summarise_save(second, dry_run=False)}")


def _enter_by_hand(engine: Engine, route: Route, tables: Sequence[Table]) -> None:
    """A swapped pair entered the right way round, a correction with its reason, an adverse event."""
    from trialkit.capture import split_assignments

    visit = route.visits[1][0]
    name, header, rows = tables[2]
    cells = dict(zip(header, rows[1], strict=True))
    day, month, year = (cells["Date"] or "").split(".")
    assignments = [
        "VSPERF=Y", f"VSDAT={year}-{month}-{day}", f"VSTIM={cells['Time']}", "VSPOS=SITTING",
        f"SYSBP={cells['BP dia']}", f"DIABP={cells['BP sys']}", f"PULSE={cells['Pulse']}", f"OXYSAT={cells['SpO2']}",
        f"TEMP={cells['Temp F']} F", f"WEIGHT={cells['Weight lb']} LB",
    ]  # fmt: skip
    outcome = engine.enter(SUBJECTS[0], visit, "VS", split_assignments(assignments, engine.form("VS")))
    talk(f"Entered {SUBJECTS[0]} {visit} VS by hand, as the source of the sheet {name} says. {_summary(outcome)}")
    changed = engine.enter(
        SUBJECTS[1],
        visit,
        "VS",
        split_assignments(["PULSE=74"], engine.form("VS")),
        reason="read off the monitor print-out",
    )
    talk(f"Corrected {SUBJECTS[1]} {visit} VS.PULSE, with the reason. {_summary(changed)}")
    day, month, year = (rows[len(route.visits) * 2 + 1][header.index("Date")] or "").split(".")
    event = [
        "AETERM=Dizziness", f"AESTDAT={year}-{month}-{day}", "AESTTIM=10:25", "AEONGO=N",
        f"AEENDAT={year}-{month}-{day}", "AEENTIM=11:10", "AESEV=MILD", "AESER=N", "AEREL=RELATED",
        "AEACN=DOSE NOT CHANGED", "AEOUT=RECOVERED/RESOLVED",
        *(("AERELDEV=NOT RELATED",) if route.protocol == "nasal" else ()),
    ]  # fmt: skip
    reported = engine.enter(SUBJECTS[2], visit, "AE", split_assignments(event, engine.form("AE")))
    talk(f"Entered an adverse event of {SUBJECTS[2]}. {_summary(reported)}")


def _summary(outcome: SaveOutcome) -> str:
    return summarise_save(outcome, dry_run=False)


def _export_and_verify(engine: Engine, folder: Path) -> None:
    findings = engine.check().findings
    hard = sum(finding.is_hard for finding in findings)
    waiting = engine.state().open_queries
    talk(
        f"Check of everything stored: {plural(len(findings), 'finding')}, {hard} hard; {plural(waiting, 'open query')}."
    )
    outcome = engine.export_sdtm(folder / "sdtm", ["xpt"])
    files = ", ".join(f"{name} {count}" for name, count in sorted(outcome.files.items()) if count)
    talk(f"Exported SDTM to {folder.as_posix()}/sdtm: {files}.")
    report = engine.store.verify()
    if report.problems:
        raise UsageError("U136", "The journal of the demo does not verify.", remedy="Report this: it is a defect.")
    talk(f"Journal verified: {plural(report.entries, 'entry')}, unbroken. Head {report.head.hash[:16]}…{os.linesep}")
