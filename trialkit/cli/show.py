"""``trialkit show``, ``history`` and ``why``: what is there, and where each value comes from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.output import plural, printable, show_json, show_table, talk
from trialkit.cli.paint import paint
from trialkit.errors import UsageError
from trialkit.model.form import Form
from trialkit.model.lock import LockScope
from trialkit.model.record import Record, Value

if TYPE_CHECKING:
    from trialkit.store import JournalEntry


@click.command(epilog="Examples: trialkit show 012-0007  ·  trialkit show 012-0007 V1 VS")
@click.argument("subject")
@click.argument("visit", required=False)
@click.argument("form", required=False)
@json_option
@study_options
def show(
    subject: str, visit: str | None, form: str | None, as_json: bool, folder: Path | None, user: str | None
) -> None:
    """Show the records of SUBJECT, of one VISIT, or of one FORM there, value by value."""
    with open_engine(folder, user) as engine:
        found = engine.records(subject, visit, form)
        forms = engine.assembly.study.forms
        locks = engine.locks_on(found, subject)
    if as_json:
        show_json(found)
        return
    if form is not None:
        for record in found:
            show_record(record, forms.get(record.key.form))
    elif found:
        rows = [
            (str(record.key), f"{len(record.values)} of {len(forms[record.key.form].items)}", str(record.version))
            for record in found
            if record.key.form in forms
        ]
        show_table(("RECORD", "ITEMS", "VERSION"), rows)
    for lock in locks:
        since = lock.at.strftime("%Y-%m-%d %H:%M UTC")
        talk(printable(f"{lock.scope} is locked, by {lock.by} since {since}: {lock.reason}"))
    talk(f"{plural(len(found), 'record')}.")


@click.command(epilog="Example: trialkit history 012-0007 V1 VS SYSBP")
@click.argument("subject")
@click.argument("visit", required=False)
@click.argument("form", required=False)
@click.argument("item", required=False)
@json_option
@study_options
def history(
    subject: str,
    visit: str | None,
    form: str | None,
    item: str | None,
    as_json: bool,
    folder: Path | None,
    user: str | None,
) -> None:
    """Show every change to SUBJECT, narrowed to VISIT, FORM and ITEM, oldest first."""
    with open_engine(folder, user) as engine:
        engine.records(subject, visit, form)  # says so when a name is not known
        changes = engine.history(subject, visit, form, item)
        locks = engine.lock_history(subject, visit, form)
    if as_json:
        show_json(changes)
        return
    rows = [
        (
            change.at.strftime("%Y-%m-%d %H:%M:%SZ"),
            change.user,
            change.where,
            f"{show_value(change.old)} → {show_value(change.new)}",
            change.reason or "",
        )
        for change in changes
    ]
    rows += [
        (entry.at.strftime("%Y-%m-%d %H:%M:%SZ"), entry.user, about_lock(entry), entry.action[7:], entry.reason or "")
        for entry in locks
    ]
    if rows:
        show_table(("WHEN", "WHO", "WHAT", "CHANGE", "WHY"), sorted(rows, key=lambda row: row[0]))
    talk(f"{plural(len(changes), 'change')}.")


@click.command(epilog="Example: trialkit why 012-0007 V1 VS SYSBP")
@click.argument("subject")
@click.argument("visit")
@click.argument("form")
@click.argument("item")
@json_option
@study_options
def why(subject: str, visit: str, form: str, item: str, as_json: bool, folder: Path | None, user: str | None) -> None:
    """Trace the value of ITEM: who entered it, when, why, and from which cell of which file."""
    with open_engine(folder, user) as engine:
        engine.records(subject, visit, form)
        changes = engine.history(subject, visit, form, item)
    if not changes:
        raise UsageError(
            "U130", f"{subject} {visit} {form}.{item} was never entered.", remedy="trialkit show lists what is there."
        )
    newest: dict[str, int] = {change.where: number for number, change in enumerate(changes)}
    standing = [changes[number] for number in sorted(newest.values())]
    if as_json:
        show_json(standing)
        return
    for change in standing:
        origin = f"from {change.source}" if change.source else "computed" if change.derived else "typed"
        reason = f", because: {change.reason}" if change.reason else ""
        click.echo(printable(f"{change.where} = {show_value(change.new)}"))
        if change.new is not None and change.new.raw is not None:
            click.echo(printable(f"  written there as {change.new.raw}"))
        click.echo(f"  {origin} by {change.user} at {change.at.isoformat()} ({change.zone}){reason}")
        click.echo(f"  journal entry {change.seq}; file digest {change.source_digest or 'none'}")


def about_lock(entry: JournalEntry) -> str:
    """What an entry locks or unlocks, in words."""
    return str(LockScope(entry.site, entry.subject, str(entry.details["visit"]), str(entry.details["form"])))


def show_record(record: Record, form: Form | None) -> None:
    """One record, item by item, with labels."""
    click.echo(paint(f"{record.key}  (version {record.version}, form version {record.form_version})", bold=True))
    labels = {item.item: item.label for item in form.items} if form else {}
    rows = [(name, show_value(value), labels.get(name, "")) for name, value in record.values.items()]
    show_table(("ITEM", "VALUE", "LABEL"), rows)


def show_value(value: Value | None) -> str:
    """A value for people: text with unit, or the missing reason, or a dash for nothing."""
    if value is None:
        return "-"
    if value.missing is not None:
        return f".{value.missing} ({value.missing.in_words})"
    return " ".join(filter(None, (value.text, value.unit)))
