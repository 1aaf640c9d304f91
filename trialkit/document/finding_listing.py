"""Findings in, listings for data managers out: one row for each finding, and counts by rule and by site."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, islice
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from trialkit.codes import load_codes
from trialkit.model.finding import Finding
from trialkit.model.outcome import CheckOutcome
from trialkit.model.query import Query
from trialkit.model.record import RecordKey
from trialkit.model.study import StudyDefinition
from trialkit.spreadsheet.inert import guard_text

__all__ = [
    "LISTING_HEADER",
    "FindingGroup",
    "GroupBy",
    "finding_csv",
    "finding_rows",
    "group_findings",
    "write_finding_workbook",
]

GroupBy = Literal["rule", "site", "subject"]
"""What findings are grouped by."""

Cell = str | int | None

LISTING_HEADER = (
    "SITE", "SUBJECT", "VISIT", "VISITREP", "FORM", "TIMEPOINT", "REPEAT", "ITEM", "CODE", "SEVERITY", "ACTION",
    "MESSAGE", "REMEDY", "PLUGIN", "EVALUATED", "QUERY", "QUERY_STATE",
)  # fmt: skip
"""The columns of a listing."""

_QUOTED = re.compile(r'[,"\r\n]')
"""Characters that stand within quotes only."""
_PORTION = 1_000
"""So many rows are written at a time."""
_WIDTHS = (8, 14, 9, 9, 9, 11, 8, 11, 9, 10, 17, 60, 44, 12, 11, 10, 13)
_SUMMARY_WIDTHS = (14, 10, 17, 60, 11, 11, 9, 14)


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings that belong together.

    Attributes:
        name: the code of the rule, the site, or the subject; a row of a site belongs to ``site 012``.
        what: what the rule says, when it always says the same, or the title of its code; empty for other groups.
        findings: in the order given.
    """

    name: str
    what: str
    findings: tuple[Finding, ...]

    @property
    def says_one_thing(self) -> bool:
        """Whether all findings have the same message."""
        return len({finding.message for finding in self.findings}) == 1

    @property
    def subjects(self) -> int:
        """How many subjects are concerned."""
        return len({finding.key.subject for finding in self.findings if finding.key is not None} - {""})


def group_findings(findings: Sequence[Finding], by: GroupBy) -> tuple[FindingGroup, ...]:
    """Findings by rule, the most frequent first; by site or subject, in their order."""
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_NAMES[by](finding), []).append(finding)
    made = [
        FindingGroup(name, _what(name, found) if by == "rule" else "", tuple(found)) for name, found in groups.items()
    ]
    order = (lambda group: (-len(group.findings), group.name)) if by == "rule" else (lambda group: (0, group.name))
    return tuple(sorted(made, key=order))


def _subject_of(finding: Finding) -> str:
    if finding.key is None:
        return ""
    return finding.key.subject or f"site {finding.key.site}"


_NAMES: Mapping[GroupBy, Callable[[Finding], str]] = MappingProxyType(
    {
        "rule": lambda finding: finding.code,
        "site": lambda finding: "" if finding.key is None else finding.key.site,
        "subject": _subject_of,
    }
)


def _what(code: str, findings: Sequence[Finding]) -> str:
    messages = {finding.message for finding in findings}
    known = load_codes().get(code)
    return messages.pop() if len(messages) == 1 and known is None else "" if known is None else known.title


def finding_rows(findings: Iterable[Finding], queries: Iterable[Query]) -> Iterator[tuple[Cell, ...]]:
    """One row for each finding, in the order given; see `LISTING_HEADER`.

    Args:
        findings: what was found.
        queries: of the study, in any order; a finding names the one that is not closed and asks about it.
    """
    asking = {query.identity: query for query in queries if not query.is_closed}
    return (_row(finding, asking) for finding in findings)


def _row(finding: Finding, asking: Mapping[tuple[str, RecordKey, str], Query]) -> tuple[Cell, ...]:
    key = finding.key
    query = None if key is None else asking.get((finding.code, key, finding.item))
    place: tuple[Cell, ...] = ("",) * 7
    if key is not None:
        place = (key.site, key.subject, key.visit, key.visit_repeat, key.form, key.timepoint, key.repeat)
    return (
        *place,
        finding.item,
        finding.code,
        finding.severity.value,
        finding.action.value,
        finding.message,
        finding.remedy,
        finding.plugin,
        "Y" if finding.evaluated else "N",
        "" if query is None else query.query,
        "" if query is None else query.state,
    )


def finding_csv(rows: Iterable[Sequence[Cell]], header: Sequence[str] = LISTING_HEADER) -> Iterator[bytes]:
    """A listing as CSV (RFC 4180, UTF-8), in pieces. A text that a spreadsheet program would take for a formula gets
    an apostrophe before it.
    """
    waiting = chain([header], rows)
    while portion := list(islice(waiting, _PORTION)):
        field = _Fields().__getitem__
        yield "".join([",".join(map(field, row)) + "\r\n" for row in portion]).encode()


class _Fields(dict[Cell, str]):
    """Cells as they are written into CSV. A listing says most of them again and again."""

    def __missing__(self, cell: Cell) -> str:
        text = "" if cell is None else guard_text(cell) if isinstance(cell, str) else str(cell)
        if _QUOTED.search(text):
            text = '"' + text.replace('"', '""') + '"'
        self[cell] = text
        return text


def write_finding_workbook(
    path: Path,
    study: StudyDefinition,
    outcome: CheckOutcome,
    rows: Sequence[Sequence[Cell]],
    made: datetime,
    narrowed: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Write a summary by rule and by site, and the listing, as an .xlsx file.

    Args:
        path: the file to make or to replace.
        study: whose findings they are.
        outcome: what the check came to.
        rows: the listing, see `finding_rows`.
        made: when the check was run, in UTC.
        narrowed: what the check was narrowed to: ``{"site": "012"}``.

    Raises:
        UsageError: S130 for a text that a sheet can not hold.
        StoreError: S132 when the disk refuses.
    """
    from trialkit.spreadsheet.listing import ListSheet, ListTable, write_listings

    facts: list[tuple[Cell, ...]] = [
        ("Study", f"{study.study}: {study.title}"),
        ("Checked at", made.strftime("%Y-%m-%d %H:%M UTC")),
        *((f"Only {word}", name) for word, name in narrowed.items()),
        ("Records", outcome.checked),
        ("Findings", len(outcome.findings)),
        ("Not evaluated", outcome.not_evaluated),
        ("Queries opened", len(outcome.opened)),
        ("Queries closed", len(outcome.closed)),
    ]
    waiting = Counter(row[LISTING_HEADER.index("CODE")] for row in rows if row[LISTING_HEADER.index("QUERY")])
    by_rule = [_rule_row(group, waiting[group.name]) for group in group_findings(outcome.findings, "rule")]
    by_site = [_site_row(group) for group in group_findings(outcome.findings, "site")]
    rule_header = ("RULE", "SEVERITY", "ACTION", "WHAT", "FINDINGS", "SUBJECTS", "SITES", "WITH A QUERY")
    summary = (
        ListTable((), facts, "Findings"),
        ListTable(rule_header, by_rule, "By rule"),
        ListTable(("SITE", "FINDINGS", "SUBJECTS", "MOST FREQUENT"), by_site, "By site"),
    )
    sheets = (
        ListSheet("Summary", summary, _SUMMARY_WIDTHS),
        ListSheet("Findings", (ListTable(LISTING_HEADER, rows),), _WIDTHS, fixed_columns=2),
    )
    write_listings(path, sheets, made)


def _rule_row(group: FindingGroup, waiting: int) -> tuple[Cell, ...]:
    first = group.findings[0]
    sites = {finding.key.site for finding in group.findings if finding.key is not None}
    return (
        group.name,
        first.severity.value,
        first.action.value,
        group.what or first.message,
        len(group.findings),
        group.subjects,
        len(sites),
        waiting,
    )


def _site_row(group: FindingGroup) -> tuple[Cell, ...]:
    most = Counter(finding.code for finding in group.findings).most_common(5)
    return group.name, len(group.findings), group.subjects, ", ".join(f"{code} ({count})" for code, count in most)
