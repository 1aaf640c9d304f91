"""``trialkit form diff``: a form as it stands against an earlier version, and what that means for stored values."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.failure import DATA_PROBLEMS, DONE
from trialkit.cli.output import plural, printable, show_json, talk
from trialkit.cli.paint import paint

if TYPE_CHECKING:
    from trialkit.engine.comparing import Consequence, Effect, FormComparison


@click.command(epilog="Examples: trialkit form diff VS  ·  trialkit form diff VS --from 1")
@click.argument("name", metavar="FORM")
@click.option("--from", "version", metavar="VERSION", help="Compare with the newest registered one of this version.")
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Compare with the form in this definition file.",
)
@json_option
@study_options
def diff(
    name: str, version: str | None, file: Path | None, as_json: bool, folder: Path | None, user: str | None
) -> int:
    """Compare FORM as it stands with the definition that data were captured under last.

    One line for each difference: from what to what, how many stored values it touches, and how many of them would be
    refused or queried if they were entered today. Exit code 1 when a stored value would not be taken any more, or has
    lost its item. Nothing is written: a changed definition is in force with the first write after it.
    """
    from trialkit.engine.comparing import compare_form

    if version is not None and file is not None:
        raise click.UsageError("Give --from or --file, not both.")
    with open_engine(folder, user) as engine:
        form = engine.form(name).form
        with _progress(form, quiet=as_json) as bar:
            comparison = compare_form(engine, form, version=version, file=file, progress=partial(_advance, bar))
    if as_json:
        show_json(_data(form, comparison))
    elif comparison is None:
        talk(f"Nothing was captured on {form} yet: nothing depends on how it stands.")
    else:
        _show(comparison)
    return DONE if comparison is None or comparison.is_harmless else DATA_PROBLEMS


def _progress(form: str, *, quiet: bool) -> Any:  # Any: click does not export the type of its progress bar
    hidden = quiet or not sys.stderr.isatty()
    return click.progressbar(length=1, label=f"Comparing {form}", file=sys.stderr, hidden=hidden)


def _advance(bar: Any, done: int, total: int) -> None:  # Any: click does not export the type of its progress bar
    """Move the bar every hundred records; drawing it for each would cost more than the work."""
    bar.length = total
    if done % 100 == 0 or done == total:
        bar.update(done - bar.pos)


def _data(form: str, comparison: FormComparison | None) -> dict[str, object]:
    if comparison is None:
        return {"form": form, "captured": False, "differences": []}
    return {
        "form": form,
        "captured": comparison.records > 0,
        "before": {"version": comparison.version_before, "source": comparison.source},
        "after": {"version": comparison.version_after},
        "records": comparison.records,
        "differences": [
            {
                "where": effect.difference.where,
                "aspect": effect.difference.aspect,
                "what": effect.difference.what,
                "before": effect.difference.before,
                "after": effect.difference.after,
                "values": effect.values,
                "refused": effect.refused,
                "queried": effect.queried,
                "recomputed": effect.recomputed,
                "grave": effect.is_grave,
            }
            for effect in comparison.effects
        ],
        "consequences": comparison.consequences,
        "refused": comparison.refused,
        "queried": comparison.queried,
        "lost": comparison.lost,
        "held_against": comparison.is_held_against,
    }


def _show(comparison: FormComparison) -> None:
    before, after = comparison.version_before, comparison.version_after
    click.echo(
        paint(
            _fitted(
                f"{comparison.form}  version {before} ({comparison.source}) → version {after} as it stands; "
                f"{plural(comparison.records, 'stored record')}"
            ),
            bold=True,
        )
    )
    for effect in sorted(comparison.effects, key=lambda effect: not effect.is_grave):  # what must be seen comes first
        _show_line(_line(effect), is_grave=effect.is_grave)
    for consequence in comparison.consequences:
        _show_line(_consequence_line(consequence), is_grave=consequence.refused > 0)
    if not comparison.effects:
        talk("Nothing differs.")
        return
    talk(_summary(comparison))
    if before == after:
        talk(f"The version is {after} on both sides: raise it when the meaning of a record changes.")


def _show_line(text: str, *, is_grave: bool) -> None:
    line = _fitted(("! " if is_grave else "  ") + text)
    click.echo(paint(line, "red", bold=True) if is_grave else line)


def _fitted(text: str) -> str:
    """One line for each difference; wrapped on a terminal alone, so that the lines can be counted and searched."""
    line = printable(text)
    if not sys.stdout.isatty():
        return line
    return textwrap.fill(line, shutil.get_terminal_size().columns, subsequent_indent="      ", break_on_hyphens=False)


def _line(effect: Effect) -> str:
    difference = effect.difference
    change = " → ".join(" ".join(text.split()) for text in (difference.before, difference.after) if text)
    told = ", ".join(_weight(effect))
    return f"{difference.where}: {difference.what}: {change}" + (f"  [{told}]" if told else "")


def _weight(effect: Effect) -> Iterator[str]:
    """What a difference means for what is stored."""
    if not effect.difference.items:
        return
    yield plural(effect.values, "stored value") if effect.values else "no stored value"
    if effect.is_grave and not effect.refused:
        yield "WITHOUT AN ITEM NOW"
    if effect.refused:
        yield f"{effect.refused} WOULD BE REFUSED"
    if effect.queried:
        yield f"{effect.queried} would be queried"
    if effect.recomputed:
        yield f"{effect.recomputed} would be computed to something else"


def _consequence_line(consequence: Consequence) -> str:
    parts = [f"{consequence.refused} WOULD BE REFUSED"] if consequence.refused else []
    parts += [f"{consequence.queried} would be queried"] if consequence.queried else []
    place = f" at {consequence.item}" if consequence.item else ""
    return f"{consequence.code}{place}: did not change itself, but reads what did  [{', '.join(parts)}]"


def _summary(comparison: FormComparison) -> str:
    parts = [f"{plural(len(comparison.effects), 'difference')}."]
    if not comparison.records:
        parts.append("Nothing is stored on the form.")
    elif comparison.is_harmless:
        parts.append("Every stored value would still be taken.")
    if comparison.refused:
        parts.append(f"{plural(comparison.refused, 'stored value')} would be refused.")
    if comparison.lost:
        parts.append(f"{plural(comparison.lost, 'stored value')} without an item.")
    if comparison.queried:
        parts.append(f"{plural(comparison.queried, 'new query')} would be opened.")
    if not comparison.is_held_against:
        parts.append("The older version can not be evaluated any more, so what it found already is counted, too.")
    return " ".join(parts)
