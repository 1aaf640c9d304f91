"""What an import came to, or would come to: counts by form and subject, the first findings, one last line."""

from __future__ import annotations

from collections import Counter
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trialkit.cli.output import as_data, plural, show_findings, show_table, summarise_save, talk
from trialkit.model.outcome import SaveOutcome, Status
from trialkit.model.record import RecordKey

if TYPE_CHECKING:
    from trialkit.store import JournalEntry

_FORM = attrgetter("form")
_SHOWN = 40
_SUBJECTS = 10

Counts = dict[str, Counter[Status]]
"""A form or a subject to how many of its records ended how."""


def show_contents(file: Path, outcome: SaveOutcome, *, show_all: bool) -> None:
    """What a file would do: notes, findings, counts by form and by subject. On stderr."""
    for note in dict.fromkeys(outcome.notes):  # two mappings of one sheet say the same of it
        talk(f"{file.name}: {note}")
    show_findings(outcome.findings, None if show_all else _SHOWN)
    if outcome.count(Status.UNCHANGED) < len(outcome.records):
        _show_counts("FORM", outcome.records.count_by(_FORM))
        _show_subjects(outcome.records.count_by(_owner), None if show_all else _SUBJECTS)


def show_end(file: Path, outcome: SaveOutcome, *, dry_run: bool, is_marked: bool) -> None:
    """What became of a file, in one line, and what to do next. On stderr."""
    if not is_marked and any(finding.source is not None for finding in outcome.findings):
        talk("--corrections . writes the file again with these cells marked, for whoever sent it.")
    talk(f"{file.name}: {plural(outcome.rows, 'row')} with data. {summarise_save(outcome, dry_run=dry_run)}")
    if outcome.has_hard_findings and not outcome.stored and not dry_run:
        others = outcome.count(Status.NEW) + outcome.count(Status.CHANGED)
        rest = ", or store the rest with --on-error skip-record" if others else ""
        talk(f"Mend the cells named above and import again{rest}.")


def question(outcome: SaveOutcome) -> str:
    """What is asked before anything is stored."""
    counts = [
        f"{count:,} {status.value}" for status in (Status.NEW, Status.CHANGED) if (count := outcome.count(status))
    ]
    records = f"{' and '.join(counts)} {'record' if counts == ['1 new'] or counts == ['1 changed'] else 'records'}"
    enrolled = plural(len(outcome.new_subjects), "subject") if outcome.new_subjects else ""
    what = " and ".join(filter(None, (records if counts else "", f"enrol {enrolled}" if enrolled else "")))
    return f"Store {what}?" if counts else f"{what.capitalize()}?"


def outcome_data(file: Path, outcome: SaveOutcome) -> dict[str, Any]:  # Any: JSON
    """An outcome for machines, with its counts by form and by subject."""
    return {
        "file": file.name,
        **_mapping(as_data(outcome)),
        "summary": {
            "forms": _plain(outcome.records.count_by(_FORM)),
            "subjects": _plain(outcome.records.count_by(_owner)),
        },
    }


def entry_data(entry: JournalEntry) -> dict[str, object]:
    """The entry of the journal that says that a plan was applied, for machines."""
    return {"entry": entry.seq, "by": entry.user, "at": entry.at.isoformat(), "file": entry.details["file"]}


def _owner(key: RecordKey) -> str:
    return key.subject or f"site {key.site}"


def _show_subjects(subjects: Counts, most: int | None) -> None:
    """One line for each subject of whom something changes or is refused; those that are refused first when cut."""
    moved = [name for name, count in subjects.items() if count.total() > count[Status.UNCHANGED]]
    if len(subjects) < 2 or not moved:
        return
    first = sorted(moved, key=lambda name: (-subjects[name][Status.REFUSED], -subjects[name][Status.CHANGED], name))
    shown = sorted(first[:most])
    _show_counts("SUBJECT", {name: subjects[name] for name in shown})
    if len(shown) < len(moved):
        talk(f"… and {plural(len(moved) - len(shown), 'subject')} more; --all shows every one.")
    if len(moved) < len(subjects):
        talk(f"{plural(len(subjects) - len(moved), 'subject')} unchanged.")


def _show_counts(head: str, counts: Counts) -> None:
    """A table with one line for each, and a column for each way in which records ended."""
    ways = [status for status in Status if any(count[status] for count in counts.values())]
    rows = [
        (name, *(f"{count[status]:,}" if count[status] else "" for status in ways)) for name, count in counts.items()
    ]
    show_table((head, *(status.value.upper() for status in ways)), rows, err=True)


def _plain(counts: Counts) -> dict[str, dict[str, int]]:
    return {name: {status.value: count[status] for status in Status} for name, count in counts.items()}


def _mapping(data: object) -> dict[str, Any]:  # Any: JSON
    return data if isinstance(data, dict) else {}
