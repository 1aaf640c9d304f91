"""``trialkit workbook map``: which column is which item, proposed with reasons, asked where unsure, and written."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.output import printable, show_json, talk
from trialkit.cli.paint import paint
from trialkit.cli.workbook_map_page import column_data, proposal_data, say_difference, say_result, show_columns

if TYPE_CHECKING:
    from trialkit.capture.proposing import Built, MappingProposal, Question
    from trialkit.engine import Engine
    from trialkit.extension import ReadOptions
    from trialkit.model.source import SourceFile

EXAMPLES = """\b
Examples:
  trialkit workbook map site012.xlsx -o mappings/site012.yaml
  trialkit workbook map vitals.csv --form VS --visit V0 -o mappings/vitals.yaml
  trialkit workbook map february.csv --previous mappings/vitals.yaml
"""

_FEW = 9
"""Answers that are shown again with the next question about the same column."""


@dataclass(frozen=True, slots=True)
class _Asking:
    """How the command was called: what is said beforehand, and whether anybody is there to answer."""

    forms: tuple[str, ...]
    visit: str
    enrol: bool
    encoding: str | None
    delimiter: str | None
    is_answered: bool


@click.command("map", epilog=EXAMPLES)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path), help="The mapping file to write; one for each sheet.")
@click.option("--sheet", help="Only this sheet; every visible one with data when left out.")
@click.option("--form", "forms", multiple=True, help="A form that the file is about; give it once for each.")
@click.option("--visit", default="", help="The visit of rows that name none.")
@click.option("--enrol", is_flag=True, help="Let the mapping add subjects that the study does not know.")
@click.option("--previous", type=click.Path(path_type=Path), help="An earlier mapping: show only what differs from it.")
@click.option("--yes", is_flag=True, help="Ask nothing: write what is sure, and leave the rest undecided.")
@click.option("--force", is_flag=True, help="Replace a mapping file that is there.")
@click.option("--encoding", help="Encoding of a CSV file; recognised and said when left out.")
@click.option("--delimiter", help="Delimiter of a CSV file; recognised and said when left out.")
@json_option
@study_options
def map_(
    file: Path,
    output: Path | None,
    sheet: str | None,
    forms: tuple[str, ...],
    visit: str,
    enrol: bool,
    previous: Path | None,
    yes: bool,
    force: bool,
    encoding: str | None,
    delimiter: str | None,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> int:
    """Propose which column of FILE is which item, and write it as a mapping file.

    Each proposal says how sure it is (0 to 100) and why. What is not sure is asked, or stays undecided where nobody
    answers: an undecided column is not imported, and says so at each import. Nothing is guessed and nothing stored.
    """
    from trialkit.extension import ReadOptions

    options = ReadOptions(encoding, delimiter)
    is_answered = not yes and not as_json and sys.stdin.isatty()
    asking = _Asking(forms, visit, enrol, encoding, delimiter, is_answered)
    with open_engine(folder, user) as engine:
        if previous is not None:
            return _show_difference(engine, file, previous, output, options, force=force, as_json=as_json)
        return _propose(engine, file, output, sheet, options, asking, force=force, as_json=as_json)


def _propose(
    engine: Engine,
    file: Path,
    output: Path | None,
    sheet: str | None,
    options: ReadOptions,
    asking: _Asking,
    *,
    force: bool,
    as_json: bool,
) -> int:
    from trialkit.document.outfile import require_free
    from trialkit.engine.mapping_proposal import read_for

    source = read_for(engine.assembly, file, options)
    sheets = [sheet] if sheet is not None else [found.name for found in source.sheets if found.visible and found.rows]
    paths = {name: _path_for(output, name, several=len(sheets) > 1) for name in sheets}
    for path in paths.values():
        if path is not None:
            require_free(path, force=force)
    shown: list[dict[str, object]] = []
    is_open = False
    for name in sheets:
        proposal = _proposal(engine, source, name, paths[name] or Path(file.name), asking)
        if not as_json:
            show_columns(file.name, name, proposal.columns)
        proposal, built = _settle(engine, source, proposal, is_answered=asking.is_answered)
        text = _write(built, paths[name], source, force=force)
        is_open = is_open or built.mapping is None or bool(built.mapping.undecided)
        shown.append(
            {"sheet": name, **proposal_data(proposal, built), "mapping": text, "written": text and paths[name]}
        )
        if not as_json:
            say_result(proposal, built, paths[name])
    if as_json:
        show_json({"file": file.name, "sheets": shown})
    return DATA_PROBLEMS if is_open else DONE


def _settle(
    engine: Engine, source: SourceFile, proposal: MappingProposal, *, is_answered: bool
) -> tuple[MappingProposal, Built]:
    """The mapping of a proposal, after everything was asked: also about texts that an import would refuse."""
    from trialkit.engine.mapping_proposal import settle

    if not is_answered:
        return proposal, settle(engine.assembly, source, proposal.build())
    asked: set[tuple[str, str]] = set()
    proposal = _ask_all(proposal, asked)
    built = settle(engine.assembly, source, proposal.build())
    proposal = _ask_all(proposal.ask_about({} if built.mapping is None else built.mapping.undecided), asked)
    return proposal, settle(engine.assembly, source, proposal.build())


def _proposal(engine: Engine, source: SourceFile, sheet: str, path: Path, asking: _Asking) -> MappingProposal:
    from trialkit.capture.proposing import Wishes
    from trialkit.engine.mapping_proposal import propose_for

    wishes = Wishes(
        name=_name_of(path.stem),
        sheet=sheet or None,
        forms=asking.forms,
        visit=asking.visit,
        enrol=asking.enrol,
        encoding=asking.encoding,
        delimiter=asking.delimiter,
    )
    return propose_for(engine.assembly, engine.store, source, wishes)


def _path_for(output: Path | None, sheet: str, *, several: bool) -> Path | None:
    """Where the mapping of a sheet goes: with several sheets the name of each stands behind the name of the file."""
    if output is None or not several:
        return output
    return output.with_name(f"{output.stem}-{_name_of(sheet).lower()}{output.suffix or '.yaml'}")


def _name_of(text: str) -> str:
    """A text as the name of a mapping: letters, digits and hyphens, a letter first."""
    name = "-".join(re.findall(r"[A-Za-z0-9]+", text))[:60] or "mapping"
    return name if name[0].isalpha() else f"map-{name}"


def _ask_all(proposal: MappingProposal, asked: set[tuple[str, str]]) -> MappingProposal:
    """Ask one question after the other, each once; an answer may settle others, or lead to more."""
    shown: tuple[str, tuple[str, ...]] = "", ()
    while waiting := [question for question in proposal.questions if question.key not in asked]:
        question = waiting[0]
        asked.add(question.key)
        answers = question.header, tuple(option.text for option in question.options)
        proposal = _ask(proposal, question, is_shown=answers == shown)
        shown = answers
    return proposal


def _ask(proposal: MappingProposal, question: Question, *, is_shown: bool) -> MappingProposal:
    """Ask one question until an answer fits; ENTER decides nothing. Many answers are not shown twice in a row."""
    is_whole = bool(question.header) and not question.is_about_texts
    about = f"{paint(printable(question.header), bold=True)}: " if question.header else ""
    talk(f"\n{about}{printable(question.text)}")
    if is_shown and len(question.options) > _FEW:
        talk(f"  1 to {len(question.options)} as before")
    else:
        for number, option in enumerate(question.options, 1):
            talk(printable(f"  {number}  {option.text}"))
    if is_whole:
        talk("  r  a remark: show it to people, import nothing\n  i  ignore the column")
    hint = "Which, FORM.ITEM, subject, visit or timepoint?" if is_whole else "Which?"
    while given := click.prompt(f"{hint} (ENTER: decide later)", default="", show_default=False, err=True).strip():
        answered = _answer(proposal, question, given, is_whole=is_whole)
        if answered is not None:
            return answered
        talk(f"{printable(given)} is none of these answers.")
    return proposal


def _answer(proposal: MappingProposal, question: Question, given: str, *, is_whole: bool) -> MappingProposal | None:
    """The proposal after an answer: a number, the name of an option, or what a column is. None when it is no answer."""
    from trialkit.capture.proposing import Role

    if given.isdecimal() and 1 <= int(given) <= len(question.options):
        return proposal.answer(question, int(given) - 1)
    names = [option.name.casefold() for option in question.options]
    if not given.isdecimal() and names.count(given.casefold()) == 1:
        return proposal.answer(question, names.index(given.casefold()))
    if not is_whole:
        return None
    roles = {
        "r": Role.REMARK,
        "i": Role.IGNORE,
        "subject": Role.SUBJECT,
        "visit": Role.VISIT,
        "timepoint": Role.TIMEPOINT,
    }
    if given.casefold() in roles:
        return proposal.set_role(question, roles[given.casefold()])
    form = proposal.study.forms.get(given.partition(".")[0].upper())
    item = None if form is None else form.item(given.partition(".")[2].upper())
    if form is not None and item is not None and item.derive is None:
        return proposal.name_item(question, form, item)
    return None


def _write(built: Built, path: Path | None, source: SourceFile, *, force: bool) -> str | None:
    """The mapping as text, written where a path is given; None while there is nothing to write."""
    from trialkit.define import mapping_page
    from trialkit.document.outfile import write_document

    if built.mapping is None:
        return None
    heading = f"Proposed from {source.name}. The number before a reason says how sure it is, from 0 to 100."
    text = mapping_page(built.mapping, built.comments, heading)
    if path is not None:
        write_document(path, text.encode(), force=force)
    return text


def _show_difference(
    engine: Engine, file: Path, previous: Path, output: Path | None, options: ReadOptions, *, force: bool, as_json: bool
) -> int:
    from trialkit.define import mapping_page
    from trialkit.document.outfile import require_free, write_document
    from trialkit.engine.mapping_proposal import compare_with

    if output is not None:
        require_free(output, force=force)
    source, difference = compare_with(engine.assembly, engine.store, file, previous, options)
    text = None
    if difference.mapping is not None:
        heading = f"Extended for {source.name}, from {previous.name}."
        text = mapping_page(difference.mapping, difference.comments, heading)
        if output is not None:
            write_document(output, text.encode(), force=force)
    if as_json:
        show_json(
            {
                "file": file.name,
                "previous": previous.name,
                "gone": difference.gone,
                "new": [column_data(column) for column in difference.new],
                "open_texts": difference.open_texts,
                "mapping": text,
                "written": text and output,
            }
        )
    else:
        say_difference(difference, output)
    return DONE if difference.is_empty else DATA_PROBLEMS
