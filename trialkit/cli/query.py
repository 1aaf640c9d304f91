"""``trialkit query``: what waits for an answer."""

from __future__ import annotations

from pathlib import Path

import click

from trialkit.cli.context import json_option, open_engine, study_options
from trialkit.cli.output import plural, show_json, show_table, talk


@click.group(epilog="Example: trialkit query list")
def query() -> None:
    """List, answer and close queries. Unusual values open them when they are stored."""


@query.command("list", epilog="Example: trialkit query list --subject 012-0007 --state open")
@click.option("--subject", help="Only this subject.")
@click.option(
    "--state",
    type=click.Choice(["open", "answered", "closed", "all"]),
    default="open",
    show_default=True,
    help="Which.",
)
@json_option
@study_options
def list_(subject: str | None, state: str, as_json: bool, folder: Path | None, user: str | None) -> None:
    """List queries, oldest first."""
    with open_engine(folder, user) as engine:
        queries = [found for found in engine.store.queries(subject=subject) if state in ("all", found.state)]
    if as_json:
        show_json(queries)
        return
    if queries:
        rows = [
            (found.query, f"{found.key}.{found.item}" if found.item else str(found.key), found.state, found.message)
            for found in queries
        ]
        show_table(("QUERY", "WHERE", "STATE", "WHAT"), rows)
    kind = "query" if state == "all" else f"{state} query"
    talk(f"{plural(len(queries), kind)}." + (" Answer one: trialkit query answer QUERY TEXT" if queries else ""))


@query.command(epilog='Example: trialkit query answer Q-0003 "Repeated at 09:20: 176. Source agrees."')
@click.argument("name", metavar="QUERY")
@click.argument("text")
@study_options
def answer(name: str, text: str, folder: Path | None, user: str | None) -> None:
    """Answer QUERY with TEXT. It stays until somebody closes it or its cause is gone."""
    with open_engine(folder, user) as engine:
        engine.answer_query(name, text)
    talk(f"{name} is answered.")


@query.command(epilog='Example: trialkit query close Q-0003 --reason "confirmed against source"')
@click.argument("name", metavar="QUERY")
@click.option("--reason", required=True, help="Why it is settled.")
@study_options
def close(name: str, reason: str, folder: Path | None, user: str | None) -> None:
    """Close QUERY, saying why."""
    with open_engine(folder, user) as engine:
        engine.close_query(name, reason)
    talk(f"{name} is closed.")
