"""``trialkit import``: a workbook or CSV file, in one transaction; at once, or by a plan."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE, error_data, exit_code
from trialkit.cli.import_files import ImportFiles
from trialkit.cli.import_page import entry_data, outcome_data, question, show_contents, show_end
from trialkit.cli.output import show_json, talk
from trialkit.cli.progress import Progress
from trialkit.errors import TrialkitError, UsageError
from trialkit.model.import_options import Blank, OnError
from trialkit.model.outcome import SaveOutcome

if TYPE_CHECKING:
    from trialkit.engine import Engine, ImportOrder, ImportPlan

Command = TypeVar("Command", bound=Callable[..., object])

EXAMPLES = """\b
Examples:
  trialkit import site012.xlsx --map mappings/site012-vs.yaml --dry-run
  trialkit import site012.xlsx --map mappings/site012-vs.yaml
  trialkit import vs.csv --map mappings/vs.yaml --on-error skip-record
  trialkit import site012.xlsx --map mappings/site012-vs.yaml --corrections site012-corrections.xlsx
  trialkit import corrected.xlsx --map mappings/site012-vs.yaml --reason "site correction 22 Nov"
  trialkit import site012.xlsx --map mappings/site012-vs.yaml --plan site012.plan.json
  trialkit import --apply site012.plan.json
"""
_PATH = click.Path(path_type=Path)

OPTIONS = (
    click.option("--map", "mappings", multiple=True, type=_PATH, help="A mapping file; one per sheet or form."),
    click.option("--dry-run", is_flag=True, help="Read, map and check; store nothing and leave no trace."),
    click.option("--yes", is_flag=True, help="Store without asking."),
    click.option("--plan", "plan_file", type=_PATH, metavar="PLAN", help="Only write what would be stored to PLAN."),
    click.option("--apply", "apply_file", type=_PATH, metavar="PLAN", help="Store what PLAN says, or nothing."),
    click.option(
        "--on-error",
        type=click.Choice([choice.value for choice in OnError]),
        default=OnError.REFUSE.value,
        show_default=True,
        help="When records are refused: store nothing of the file, or all but their rows, or all but these records.",
    ),
    click.option("--reason", help="Why stored values change; needed when some do and the file does not say it."),
    click.option(
        "--blank",
        type=click.Choice([choice.value for choice in Blank]),
        default=Blank.IGNORE.value,
        show_default=True,
        help="What a blank cell means for a stored value: nothing, or that it is cleared.",
    ),
    click.option("--encoding", help="Encoding of a CSV file; recognised and said when left out."),
    click.option("--delimiter", help="Delimiter of a CSV file; recognised and said when left out."),
    click.option(
        "--corrections",
        type=_PATH,
        metavar="FILE|FOLDER",
        help="Write the file again, its bad cells marked and commented, with a list of the findings.",
    ),
    click.option(
        "--rejects",
        type=_PATH,
        metavar="FILE|FOLDER",
        help="Write the same with nothing but the rows that have errors.",
    ),
    click.option(
        "--findings",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write a listing of the findings: .xlsx, .csv or .json.",
    ),
    click.option("--force", is_flag=True, help="Replace files that are there."),
    click.option("--all", "show_all", is_flag=True, help="Show every finding, not the first 40, and every subject."),
)
"""Every option of its own. Each has its field in `Words`."""


@dataclass(frozen=True, slots=True)
class Words:
    """What was typed."""

    files: tuple[Path, ...]
    mappings: tuple[Path, ...]
    dry_run: bool
    yes: bool
    plan_file: Path | None
    apply_file: Path | None
    on_error: str
    reason: str | None
    blank: str
    encoding: str | None
    delimiter: str | None
    corrections: Path | None
    rejects: Path | None
    findings: Path | None
    force: bool
    show_all: bool
    as_json: bool
    folder: Path | None
    user: str | None

    @property
    def writes_nothing(self) -> bool:
        """Whether the store is only looked at."""
        return self.dry_run or self.plan_file is not None

    @property
    def asks(self) -> bool:
        """Whether somebody sits there who can be asked. Scripts are not: what they type today goes on working."""
        return not (self.yes or self.as_json or self.writes_nothing) and sys.stdin.isatty() and sys.stderr.isatty()


def _with_options(command: Command) -> Command:
    for option in reversed(OPTIONS):
        command = option(command)
    return command


@click.command("import", epilog=EXAMPLES)
@click.argument("files", nargs=-1, type=_PATH, metavar="FILE...")
@_with_options
@json_option
@study_options
def import_(**typed: Any) -> int:  # Any: click hands over what OPTIONS say
    """Import FILE: read, map, check, show, ask, store.

    A mapping says which column is which item. Without one, sheets must be laid out as trialkit's own forms: named by
    form, with the headers SUBJECT, VISIT and the items. Each file is stored whole or not at all; the first that is
    refused stops the rest. On a terminal it asks before it stores.
    """
    from trialkit.engine.collector import without_collector

    words = Words(**typed)
    _require_sense(words)
    told: dict[str, Any] = {"outcomes": []}
    beside = ImportFiles(words.corrections, words.rejects, words.findings, words.force)
    beside.require_free(words.files)
    do = _import_all if words.apply_file is None else _apply
    try:
        with open_engine(words.folder, words.user, look=words.writes_nothing) as engine, without_collector():
            code = do(engine, words, told, beside)
            beside.write_findings(engine)
            gc.freeze()  # the command ends: nobody needs what Python would look for in millions of objects
    except TrialkitError as error:
        if not words.as_json:
            raise
        show_json({**told, **error_data(error)})  # what is stored is told, whatever came after it
        return exit_code(error)
    if words.as_json:
        show_json(told)
    return code


def _require_sense(words: Words) -> None:
    """Raise UsageError U160 for options that do not go together."""
    if words.apply_file is not None:
        others = {
            "--dry-run": words.dry_run,
            "--plan": words.plan_file is not None,
            "--reason": words.reason is not None,
            "--encoding": words.encoding is not None,
            "--delimiter": words.delimiter is not None,
            "--on-error": words.on_error != OnError.REFUSE.value,
            "--blank": words.blank != Blank.IGNORE.value,
        }
        other = next((name for name, is_said in others.items() if is_said), None)
        if other is not None:
            raise UsageError(
                "U160", f"--apply and {other} exclude each other.", remedy="The plan says how: leave it out."
            )
        if len(words.files) > 1:
            raise UsageError("U160", "A plan is of one file.", remedy="Name that file alone, or none.")
    elif not words.files:
        raise UsageError("U160", "No file is named.", remedy="Write trialkit import FILE, or --apply PLAN.")
    elif words.plan_file is not None and (words.dry_run or len(words.files) > 1):
        what = "--plan and --dry-run exclude each other" if words.dry_run else "A plan is of one file"
        raise UsageError("U160", f"{what}.", remedy="Leave --dry-run out, and name one file.")


def _import_all(engine: Engine, words: Words, told: dict[str, Any], beside: ImportFiles) -> int:
    """Import, or plan, one file after the other. Returns the exit code."""
    code = DONE
    for file in words.files:
        if words.plan_file is not None:
            outcome = _plan(engine, file, words, told, beside)
        else:
            outcome = _import(engine, file, words, beside)
        beside.write(file, outcome, engine)
        if words.as_json:
            told["outcomes"].append(outcome_data(file, outcome))
        if outcome.has_hard_findings or (outcome.storable and not outcome.stored and not words.writes_nothing):
            code = DATA_PROBLEMS
            if not outcome.stored and not words.dry_run:
                break  # what follows may build on what was refused
    return code


def _import(engine: Engine, file: Path, words: Words, beside: ImportFiles) -> SaveOutcome:
    bar = Progress(f"Checking {file.name}", "records", quiet=words.as_json)
    asked: list[bool] = []

    def ask(outcome: SaveOutcome) -> bool:
        bar.close()
        show_contents(file, outcome, show_all=words.show_all)
        asked.append(click.confirm(question(outcome), default=False, err=True))
        return asked[-1]

    order = _order(file, words)
    importer = engine.importer(bar, beside.keep_read)
    outcome = importer.run(order, dry_run=words.dry_run, confirm=ask if words.asks else None)
    bar.close()
    if not words.as_json:
        _show(file, outcome, words, asked)
    return outcome


def _show(file: Path, outcome: SaveOutcome, words: Words, asked: Sequence[bool]) -> None:
    if not asked:
        show_contents(file, outcome, show_all=words.show_all)
    if asked == [False]:
        talk(f"{file.name}: nothing was stored, as you said.")
    else:
        show_end(file, outcome, dry_run=words.dry_run, is_marked=words.corrections is not None)


def _plan(engine: Engine, file: Path, words: Words, told: dict[str, Any], beside: ImportFiles) -> SaveOutcome:
    from trialkit.document import require_free, write_document

    place = words.plan_file
    if place is None:
        raise ValueError("a plan is written where somebody says")
    require_free(place, force=words.force)
    bar = Progress(f"Checking {file.name}", "records", quiet=words.as_json)
    plan, outcome = engine.importer(bar, beside.keep_read).plan(_order(file, words))
    bar.close()
    write_document(place, plan.pieces(), force=words.force)
    told["plan"] = {"file": place.as_posix(), "digest": plan.digest}
    if not words.as_json:
        show_contents(file, outcome, show_all=words.show_all)
        show_end(file, outcome, dry_run=True, is_marked=words.corrections is not None)
        talk(f"Plan {plan.digest[:12]}… written. Apply it with: trialkit import --apply {place.as_posix()}")
    return outcome


def _apply(engine: Engine, words: Words, told: dict[str, Any], beside: ImportFiles) -> int:
    from trialkit.engine import read_plan

    place = words.apply_file
    if place is None:
        raise ValueError("a plan is read from where somebody says")
    plan: ImportPlan = read_plan(place)
    order = plan.order(place.parent, next(iter(words.files), None), words.mappings)
    bar = Progress(f"Checking {order.file.name}", "records", quiet=words.as_json)
    beside.require_free([order.file])
    applied = engine.importer(bar, beside.keep_read).apply(plan, order)
    bar.close()
    told["plan"] = {"file": place.as_posix(), "digest": plan.digest}
    if not isinstance(applied, SaveOutcome):
        told["applied"] = entry_data(applied)
        if not words.as_json:
            moment = applied.at.strftime("%Y-%m-%d %H:%M:%S UTC")
            talk(f"This plan was applied already, by {applied.user}, {moment} (journal entry {applied.seq}).")
            talk("Nothing was stored.")
        return DONE
    if words.as_json:
        told["outcomes"].append(outcome_data(order.file, applied))
    else:
        show_contents(order.file, applied, show_all=words.show_all)
        show_end(order.file, applied, dry_run=False, is_marked=words.corrections is not None)
    beside.write(order.file, applied, engine)
    return DATA_PROBLEMS if applied.has_hard_findings else DONE


def _order(file: Path, words: Words) -> ImportOrder:
    from trialkit.engine import ImportOrder
    from trialkit.extension import ReadOptions

    return ImportOrder(
        file=file,
        mappings=words.mappings,
        options=ReadOptions(words.encoding, words.delimiter),
        reason=words.reason,
        on_error=OnError(words.on_error),
        blank=Blank(words.blank),
    )
