"""``trialkit check``: all rules over everything that is stored."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from trialkit.cli.check_page import show_outcome
from trialkit.cli.context import json_option, now, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.output import plural, show_json, talk
from trialkit.document.finding_listing import GroupBy
from trialkit.model.outcome import CheckOutcome
from trialkit.model.query import Query
from trialkit.model.study import StudyDefinition

EXAMPLES = """\b
Examples:
  trialkit check --subject 012-0007
  trialkit check --rule VS003 --all
  trialkit check --by site --xlsx findings.xlsx
"""


@click.command(epilog=EXAMPLES)
@click.option("--subject", help="Only this subject.")
@click.option("--form", help="Only this form.")
@click.option("--rule", help="Only this rule.")
@click.option("--site", help="Only this site.")
@click.option(
    "--by",
    type=click.Choice(["rule", "site", "subject"]),
    default="rule",
    show_default=True,
    help="What to group the findings by.",
)
@click.option("--csv", type=click.Path(dir_okay=False, path_type=Path), help="Write a listing of the findings as CSV.")
@click.option("--xlsx", type=click.Path(dir_okay=False, path_type=Path), help="Write it as a workbook, with a summary.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("--dry-run", is_flag=True, help="Show findings; open and close no query.")
@click.option("--all", "show_all", is_flag=True, help="On a terminal: show every finding, not about 40.")
@json_option
@study_options
def check(
    subject: str | None,
    form: str | None,
    rule: str | None,
    site: str | None,
    by: GroupBy,
    csv: Path | None,
    xlsx: Path | None,
    force: bool,
    dry_run: bool,
    show_all: bool,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> int:
    """Run the rules over what is stored; open queries for what is new and close those whose cause is gone.

    On a terminal some findings of each group are shown. Piped, written to a file, or with --all, all of them are.
    """
    from trialkit.document.outfile import require_free

    for path in filter(None, (csv, xlsx)):
        require_free(path, force=force)
        if not path.parent.is_dir():
            raise click.BadParameter(f"there is no folder {path.parent.as_posix()}: make it first.")
    with open_engine(folder, user) as engine:
        narrowed = {"subject": subject, "form": form, "rule": None if rule is None else rule.upper(), "site": site}
        with click.progressbar(
            length=1, label="Checking", file=sys.stderr, hidden=as_json or not sys.stderr.isatty()
        ) as bar:

            def advance(done: int, total: int) -> None:
                bar.length = total
                bar.update(done - bar.pos)

            outcome = engine.check(**narrowed, dry_run=dry_run, progress=advance)
        queries = engine.store.queries()
        definition = engine.assembly.study.definition
    said = {word: name for word, name in narrowed.items() if name is not None}
    write = _writer(definition, outcome, queries, said)
    if as_json:
        show_json(outcome)
    else:
        show_outcome(outcome, by, " ".join(f"--{word} {name}" for word, name in said.items()), show_all=show_all)
        _say_outcome(outcome, dry_run=dry_run)
    for path in filter(None, (csv, xlsx)):
        write(path, path is xlsx, force)
        talk(f"Wrote {path.as_posix()}.")
    return DATA_PROBLEMS if outcome.findings else DONE


def _writer(
    study: StudyDefinition, outcome: CheckOutcome, queries: list[Query], narrowed: dict[str, str]
) -> Callable[[Path, bool, bool], None]:
    """What writes the listing to a path: as a workbook or as CSV, in the place of a file or not."""

    def write(path: Path, as_workbook: bool, force: bool) -> None:
        from trialkit.document.finding_listing import finding_csv, finding_rows, write_finding_workbook
        from trialkit.document.outfile import write_document

        rows = finding_rows(outcome.findings, queries)
        if as_workbook:
            write_finding_workbook(path, study, outcome, list(rows), now(), narrowed)
        else:
            write_document(path, finding_csv(rows), force=force)

    return write


def _say_outcome(outcome: CheckOutcome, *, dry_run: bool) -> None:
    queries = (
        "Dry run: no query was opened or closed."
        if dry_run
        else f"{plural(len(outcome.opened), 'query')} opened, {plural(len(outcome.closed), 'query')} closed."
    )
    talk(
        f"{plural(len(outcome.findings), 'finding')} in {plural(outcome.checked, 'record')}, "
        f"{outcome.not_evaluated:,} could not be evaluated. {queries}"
    )
