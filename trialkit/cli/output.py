"""Printing: results on stdout, talk on stderr; machines get JSON."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, time
from decimal import Decimal
from enum import Enum
from pathlib import Path

import click

from trialkit.cli.paint import paint
from trialkit.model.finding import Finding
from trialkit.model.outcome import SaveOutcome, Status
from trialkit.model.partial import PartialDate
from trialkit.wording import speakable

_MARKS = {True: ("error", "red"), False: ("query", "yellow")}


def show_json(thing: object) -> None:
    """Print a result for machines."""
    click.echo(as_json(as_data(thing)))


def as_json(data: object) -> str:
    """Plain data as JSON. The name of a file may be no text: what is none of it comes out as JSON escapes it."""
    text = json.dumps(data, ensure_ascii=False, indent=2)
    return speakable(text)


def as_data(thing: object) -> object:
    """Records of any kind, mappings and sequences as plain JSON data; decimals as text, so that no digit is lost."""
    if isinstance(thing, Finding):
        return {"where": thing.where, **_fields(thing)}
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return _fields(thing)
    if isinstance(thing, Enum):
        return thing.value
    if isinstance(thing, Decimal | PartialDate | Path):
        return str(thing)
    if isinstance(thing, date | time):
        return thing.isoformat()
    if isinstance(thing, Mapping):
        return {str(key): as_data(value) for key, value in thing.items()}
    if isinstance(thing, Sequence) and not isinstance(thing, str | bytes):
        named = thing._asdict() if isinstance(thing, tuple) and hasattr(thing, "_asdict") else None
        return [as_data(part) for part in thing] if named is None else as_data(named)
    return thing


def _fields(thing: object) -> dict[str, object]:
    names = [field.name for field in dataclasses.fields(thing)]  # type: ignore[arg-type]  # known to be a dataclass
    return {name: as_data(getattr(thing, name)) for name in names}


def talk(text: str) -> None:
    """Say something to the person, apart from results."""
    click.echo(speakable(text), err=True)


def show_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, err: bool = False) -> None:
    """Print rows under a header, columns aligned, control characters shown and not obeyed. On stderr when asked."""
    shown = [[printable(cell) for cell in row] for row in rows]
    widths = [max(len(cell) for cell in column) for column in zip(header, *shown, strict=True)]
    click.echo(
        "  ".join(paint(name.ljust(width), bold=True) for name, width in zip(header, widths, strict=True)), err=err
    )
    for row in shown:
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip(), err=err)


def printable(text: str) -> str:
    """Text for a terminal: control characters become visible escapes."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def show_findings(findings: Sequence[Finding], limit: int | None = None) -> None:
    """One line per finding on stderr: where, how bad, code, what, what to do."""
    for finding in findings[:limit]:
        word, colour = _MARKS[finding.is_hard]
        place = f"{finding.where}: " if finding.where else ""
        remedy = f" {finding.remedy}" if finding.remedy else ""
        talk(printable(f"{place}") + paint(word, colour) + printable(f" {finding.code}: {finding.message}{remedy}"))
    if limit is not None and len(findings) > limit:
        talk(f"… and {len(findings) - limit} more; --all shows every one. In all:")
        for (code, item), count in Counter((finding.code, finding.item) for finding in findings).most_common():
            talk(f"{count:>7,} × {code} {item}".rstrip())


def plural(count: int, noun: str) -> str:
    """``1 record``, ``2 records``, ``3 queries``."""
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1] + 'ies' if noun.endswith('y') else noun + 's'}"


def summarise_save(outcome: SaveOutcome, *, dry_run: bool) -> str:
    """What a batch did, or would do, in one line."""
    counts = ", ".join(f"{count:,} {status.value}" for status in Status if (count := outcome.count(status)))
    counted = counts or "no record"
    counted += f"; {plural(outcome.held_back, 'row')} held back" if outcome.held_back else ""
    enrolled = f"{plural(len(outcome.new_subjects), 'subject')} enrolled; " if outcome.new_subjects else ""
    errors = sum(finding.is_hard for finding in outcome.findings)
    if dry_run:
        return f"Dry run, nothing was stored. It would be: {enrolled}{counted}."
    if outcome.stored:
        opened = f" {plural(len(outcome.queries_opened), 'query')} opened." if outcome.queries_opened else ""
        closed = f" {plural(len(outcome.queries_closed), 'query')} closed." if outcome.queries_closed else ""
        left_out = f" Left out, because of {plural(errors, 'error')}: what is named above." if errors else ""
        return f"Stored: {enrolled}{counted}.{opened}{closed}{left_out}"
    if errors:
        because = f"Nothing was stored, because of {plural(errors, 'error')}."
        clean = len(outcome.records) - outcome.count(Status.REFUSED)
        return f"{because} It would have been: {enrolled}{counted}." if clean or enrolled else because
    return f"Nothing to store: {counted}."
