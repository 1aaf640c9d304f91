"""Proposed mappings as people and machines see them: a line for each column, and what waits for a decision."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialkit.cli.output import plural, printable, show_table, talk
from trialkit.cli.paint import paint
from trialkit.wording import list_some, quote

if TYPE_CHECKING:
    from trialkit.capture.proposing import Built, Column, MappingProposal, Question
    from trialkit.engine.mapping_proposal import MappingDifference

_WHY = 70
_MOST_TEXTS = 8


def show_columns(file: str, sheet: str, columns: tuple[Column, ...]) -> None:
    """A table with what each column becomes, how sure that is, and why."""
    talk(paint(printable(f"{file}{f', sheet {sheet}' if sheet else ''}:"), bold=True))
    rows = [(column.header, column.becomes, str(column.score or ""), _short(column.reason)) for column in columns]
    show_table(("COLUMN", "BECOMES", "SCORE", "WHY"), rows)


def _short(text: str) -> str:
    return text if len(text) <= _WHY else f"{text[: _WHY - 1]}…"


def say_result(proposal: MappingProposal, built: Built, path: Path | None) -> None:
    """What waits for a decision, and where the mapping was written."""
    for note in proposal.notes:
        talk(printable(note))
    for column in built.columns:
        if column.role.value == "undecided":
            _mark("to decide", f"{column.header}: {column.reason}")
    texts = {} if built.mapping is None else {name: left for name, left in built.mapping.undecided.items() if left}
    for name, left in texts.items():
        _mark("to decide", f"{name}: what these mean: {_quoted(left)}")
    if built.mapping is None:
        talk("Nothing can be written yet: a mapping needs the column of the subject, and an item with its visit.")
    elif path is None:
        talk("Write it with -o FILE.")
    else:
        count = len(built.mapping.undecided)
        waiting = f" {plural(count, 'column')} to decide in it." if count else ""
        talk(printable(f"Wrote {path.as_posix()}.{waiting} Look it over before you import with it."))


def say_difference(difference: MappingDifference, output: Path | None) -> None:
    """What a file holds that its mapping does not know, a line for each."""
    for name in difference.gone:
        _mark("gone", f"{name}: the mapping reads this column, and the file does not have it", "red")
    for column in difference.new:
        _mark("new", f"{column.header}: {column.becomes} ({column.reason})")
    for name, texts in difference.open_texts.items():
        _mark("new", f"{name}: no rule says what these mean: {_quoted(texts)}")
    if difference.is_empty:
        talk("Nothing differs: the mapping knows every column and every text of the file.")
    elif difference.mapping is None:
        talk("Correct the headers in the mapping or in the file first.")
    elif output is not None:
        talk(printable(f"Wrote {output.as_posix()}: what is sure is added, everything else waits under undecided."))
    else:
        talk("Write the mapping with all this in it with -o FILE.")


def _mark(word: str, text: str, colour: str = "yellow") -> None:
    talk(f"{paint(word, colour)} {printable(text)}")


def _quoted(texts: Iterable[str]) -> str:
    return list_some((quote(text) for text in texts), _MOST_TEXTS)


def proposal_data(proposal: MappingProposal, built: Built) -> dict[str, object]:
    """A proposal for machines."""
    return {
        "header_rows": proposal.draft.header_rows,
        "columns": [column_data(column) for column in built.columns],
        "questions": [_question_data(question) for question in proposal.questions],
        "undecided": {} if built.mapping is None else built.mapping.undecided,
        "notes": proposal.notes,
    }


def column_data(column: Column) -> dict[str, Any]:  # Any: JSON
    """One column for machines."""
    return {
        "header": column.header,
        "role": column.role,
        "items": [f"{target.form}.{target.item}" for target in column.targets],
        "score": column.score,
        "reason": column.reason,
        "open_texts": column.open_texts,
    }


def _question_data(question: Question) -> dict[str, Any]:  # Any: JSON
    options = [option.text for option in question.options]
    return {"header": question.header, "question": question.text, "options": options}
