"""What a check of everything stored came to, for people: counts first, then lines, then what became of queries."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

import click

from trialkit.cli.form_page import page_width, show_fitting
from trialkit.cli.output import printable, show_table
from trialkit.cli.paint import paint
from trialkit.document.finding_listing import FindingGroup, GroupBy, group_findings
from trialkit.model.finding import Finding
from trialkit.model.outcome import CheckOutcome
from trialkit.model.query import Query

_LINES = 40
"""So many findings are shown on a terminal, shared out among the groups."""

_QUERIES = 20


def show_outcome(outcome: CheckOutcome, by: GroupBy, narrowed: str, *, show_all: bool) -> None:
    """Print findings and queries.

    Args:
        outcome: what the check came to.
        by: what findings are grouped by.
        narrowed: the options that narrowed the check, to be repeated in advice.
        show_all: show everything, also on a terminal.
    """
    is_limited = sys.stdout.isatty() and not show_all
    groups = group_findings(outcome.findings, by)
    if groups:
        _show_counts(groups, by)
    limit = max(1, _LINES // max(len(groups), 1)) if is_limited else None
    for group in groups[: _LINES if is_limited else None]:
        click.echo()
        _show_group(group, by, limit, narrowed)
    if is_limited and len(groups) > _LINES:
        click.echo()
        click.echo(f"… and {len(groups) - _LINES} more: trialkit check {narrowed} --by {by} --all".replace("  ", " "))
    _show_queries("OPENED", outcome.opened, [query.message for query in outcome.opened], is_limited)
    _show_queries("CLOSED", outcome.closed, [query.reason or "" for query in outcome.closed], is_limited)


def _show_counts(groups: Sequence[FindingGroup], by: GroupBy) -> None:
    if by == "rule":
        rows = [
            (
                group.name,
                f"{len(group.findings):,}",
                f"{group.subjects:,}",
                group.findings[0].severity.value,
                group.findings[0].action.value,
                group.what or group.findings[0].message,
            )
            for group in groups
        ]
        show_fitting(("RULE", "FINDINGS", "SUBJECTS", "SEVERITY", "ACTION", "WHAT"), rows)
        return
    counts = [
        (
            group.name or "-",
            f"{len(group.findings):,}",
            f"{group.subjects:,}",
            str(sum(finding.is_hard for finding in group.findings)),
            str(sum(not finding.evaluated for finding in group.findings)),
        )
        for group in groups
    ]
    show_table((by.upper(), "FINDINGS", "SUBJECTS", "HARD", "NOT EVALUATED"), counts)


def _show_group(group: FindingGroup, by: GroupBy, limit: int | None, narrowed: str) -> None:
    said_once = by == "rule" and group.says_one_thing
    first = group.findings[0]
    what = f"  {first.message} {first.remedy}".rstrip() if said_once else f"  {group.what}" if group.what else ""
    click.echo(paint(printable(group.name or "-"), bold=True) + printable(what))
    for line in _lines(group.findings[:limit], by, said_once=said_once):
        click.echo(f"  {line}")
    if limit is not None and len(group.findings) > limit:
        one = f"--{group.name}" if group.name.startswith("site ") else f"--{by} {group.name}"
        words = " ".join(filter(None, (narrowed if one not in narrowed else "", one)))
        click.echo(f"  … and {len(group.findings) - limit:,} more: trialkit check {words} --all")


def _lines(findings: Sequence[Finding], by: GroupBy, *, said_once: bool) -> Iterator[str]:
    """Where, and what is not said above."""
    for finding in findings:
        where = printable(finding.where)
        if said_once:
            yield where
            continue
        word, colour = ("error", "red") if finding.is_hard else ("query", "yellow")
        code = "" if by == "rule" else f" {finding.code}"
        told = printable(f"{code}: {finding.message} {finding.remedy}".rstrip())
        yield f"{where}: " + paint(word, colour) + told


def _show_queries(title: str, queries: Sequence[Query], words: Sequence[str], is_limited: bool) -> None:
    if not queries:
        return
    click.echo()
    shown = _QUERIES if is_limited else len(queries)
    rows = [(query.query, query.where, query.code, text) for query, text in zip(queries[:shown], words, strict=False)]
    show_fitting((title, "WHERE", "RULE", "WHAT" if title == "OPENED" else "WHY"), rows)
    if len(queries) > shown:
        more = f"… and {len(queries) - shown:,} more: trialkit query list --state all"
        click.echo(more[: page_width()])
