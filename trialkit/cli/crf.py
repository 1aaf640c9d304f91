"""``trialkit crf``: blank and annotated case report forms as a PDF."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialkit.cli.context import study_option
from trialkit.cli.output import plural, talk
from trialkit.cli.schedule import compiled_study
from trialkit.errors import UsageError

if TYPE_CHECKING:
    from trialkit.document import Book
    from trialkit.model.study import Study


@click.command(
    epilog="""\b
Examples:
  trialkit crf -o crf.pdf
  trialkit crf -o unique.pdf --unique
  trialkit crf -o day1.pdf --visit V1 --form VS --form TM
  trialkit crf -o acrf.pdf --annotated
"""
)
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False, path_type=Path), help="The PDF that is written."
)
@click.option("--annotated", is_flag=True, help="Each form once, with the SDTM variable beside each item.")
@click.option("--unique", is_flag=True, help="Each form once, instead of at each visit that has it.")
@click.option("--form", "forms", multiple=True, help="Only this form; may be given several times.")
@click.option("--visit", "visits", multiple=True, help="Only this visit; may be given several times.")
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@study_option
def crf(
    output: Path,
    annotated: bool,
    unique: bool,
    forms: tuple[str, ...],
    visits: tuple[str, ...],
    force: bool,
    folder: Path | None,
) -> None:
    """Print the case report forms of the study as a book: a blank one to write in, or an annotated one.

    The book has a cover, the schedule, a checklist and every form of each visit, long code lists, and what is still to
    be confirmed. It is not an official form until it is approved. The same definitions give the same bytes.
    """
    from trialkit.document import require_free, write_document

    if annotated and unique:
        raise UsageError("B104", "An annotated book has each form once anyway.", remedy="Leave --unique out.")
    require_free(output, force=force)
    study = compiled_study(folder)
    book = _annotated(study, forms, visits) if annotated else _blank(study, forms, visits, unique=unique)
    write_document(output, book.content, force=force)
    if book.unprintable:
        talk(
            f"No font at hand has these characters, so they are printed without their marks or as ?: {book.unprintable}"
        )
    talk(f"Wrote {plural(book.pages, 'page')} with {plural(len(book.forms), 'form')} to {output.as_posix()}.")


def _blank(study: Study, forms: tuple[str, ...], visits: tuple[str, ...], *, unique: bool) -> Book:
    from trialkit.document import make_crf_book

    hidden = unique or not sys.stderr.isatty()
    with click.progressbar(length=1, label="Printing", file=sys.stderr, hidden=hidden) as bar:
        return make_crf_book(study, unique=unique, forms=forms, visits=visits, progress=partial(_advance, bar))


def _annotated(study: Study, forms: tuple[str, ...], visits: tuple[str, ...]) -> Book:
    from trialkit.document import make_annotated_book
    from trialkit.export.sdtm.standard import load_standard

    labels = {domain.domain: domain.label for domain in load_standard().domains.values()}
    return make_annotated_book(study, labels, forms=forms, visits=visits)


def _advance(bar: Any, done: int, total: int) -> None:  # Any: click does not export the type of its progress bar
    bar.length = total
    bar.update(done - bar.pos)
