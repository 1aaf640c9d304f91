"""A study in, its schedule of activities out. Reads the compiled protocol and the titles of forms, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from trialkit.document.schedule.footnotes import Footnotes
from trialkit.document.schedule.table import (
    Cell,
    EpochSpan,
    Mark,
    RowGroup,
    ScheduleColumn,
    ScheduleRow,
    ScheduleTable,
    TimepointColumn,
    TimepointGrid,
)
from trialkit.document.visit_words import day_words, minutes_words, run_words, window_words
from trialkit.errors import unknown_name
from trialkit.model.protocol import ScheduledForm, Visit
from trialkit.model.study import Study

__all__ = ["chosen_visits", "make_schedule", "protocol_points"]

_ONCE = "Records of a visit"
_SCALES = "Rating scales and questionnaires"
_TIMED = "Within a dosing day"
_LOGS = "Whenever it happens"

_MOST_DAYS = 5
"""So many study days are listed one by one when visits share a column."""


def make_schedule(study: Study, visits: Sequence[str] = (), *, compact: bool = False) -> ScheduleTable:
    """Lay the schedule of a study out as a table.

    Args:
        study: the compiled study.
        visits: only these visits; all of them when empty.
        compact: put neighbouring visits that are alike into one column.

    Raises:
        UsageError: U111 for a visit that the protocol does not have.
    """
    chosen = chosen_visits(study, visits)
    footnotes = Footnotes(study.protocol)
    columns, cells = _columns(chosen, footnotes)
    if compact:
        columns, cells = _joined(columns, cells)
    return ScheduleTable(
        study=study.definition.study,
        study_title=study.definition.title,
        protocol=study.protocol.protocol,
        protocol_title=study.protocol.title,
        version=study.protocol.version,
        variant=study.definition.variant or "",
        digest=study.digest,
        columns=tuple(columns),
        epochs=tuple(EpochSpan(epoch, len(list(span))) for epoch, span in groupby(columns, lambda one: one.epoch)),
        groups=tuple(_groups(study, chosen, cells)),
        grids=tuple(_grids(study, chosen, footnotes)),
        footnotes=footnotes.all,
        restrictions=tuple(_restrictions(study, chosen)),
        to_confirm=tuple(protocol_points(study)),
    )


def chosen_visits(study: Study, visits: Sequence[str]) -> tuple[Visit, ...]:
    """The visits of these names in the order of the protocol, or all. Raises UsageError U111."""
    known = [visit.visit for visit in study.protocol.visits]
    for name in visits:
        if name not in known:
            raise unknown_name("U111", "visit", name, known)
    return tuple(visit for visit in study.protocol.visits if not visits or visit.visit in visits)


def protocol_points(study: Study) -> Iterator[str]:
    """What nobody has confirmed yet of the protocol and its parameters, one sentence each."""
    yield from study.protocol.to_confirm
    for name, parameter in study.protocol.parameters.items():
        if parameter.to_confirm:
            value = f"{parameter.value} {parameter.unit}".strip()
            yield f"{parameter.label or name} ({name} = {value}): {parameter.to_confirm}"


def _columns(visits: Sequence[Visit], footnotes: Footnotes) -> tuple[list[ScheduleColumn], list[dict[str, Cell]]]:
    columns, cells = [], []
    for visit in visits:
        column = ScheduleColumn(
            visits=(visit.visit,),
            name=visit.visit,
            label=visit.label,
            day=day_words(visit),
            window=window_words(visit.window),
            modes=visit.modes,
            epoch=visit.epoch,
            repeating=visit.repeating,
            notes=footnotes.of_text(visit.note),
        )
        columns.append(column)
        cells.append({form: _cell(visit.entries(form), footnotes) for form in _forms_of([visit])})
    return columns, cells


def _forms_of(visits: Iterable[Visit]) -> list[str]:
    return list(dict.fromkeys(entry.form for visit in visits for entry in visit.forms))


def _cell(entries: Sequence[ScheduledForm], footnotes: Footnotes) -> Cell:
    """The marks of one form at one visit; timed entries of one kind make one mark."""
    marks: dict[tuple[str, tuple[str, ...], bool], Mark] = {}
    for entry in entries:
        found = footnotes.mark(entry)
        key = (found.letter, found.footnotes, bool(found.timepoints))
        before = marks.get(key)
        marks[key] = found if before is None else replace(before, timepoints=before.timepoints + found.timepoints)
    return tuple(marks.values())


def _groups(study: Study, visits: Sequence[Visit], cells: Sequence[dict[str, Cell]]) -> Iterator[RowGroup]:
    protocol = study.protocol
    grouped: dict[str, list[ScheduleRow]] = {title: [] for title in (_ONCE, _SCALES, _TIMED, _LOGS)}
    scheduled = _forms_of(visits)
    for form in scheduled:
        row = ScheduleRow(form, _title(study, form), tuple(column.get(form, ()) for column in cells))
        marks = [mark for cell in row.cells for mark in cell]
        if form in protocol.log_forms:
            grouped[_LOGS].append(row)
        elif all(mark.timepoints for mark in marks):
            grouped[_TIMED].append(row)
        else:
            grouped[_SCALES if _is_instrument(study, form) else _ONCE].append(row)
    for form in protocol.log_forms:
        if form not in scheduled:
            found = study.forms.get(form)
            remark = "kept by the site" if found is not None and found.reference else "at any visit"
            grouped[_LOGS].append(ScheduleRow(form, _title(study, form), ((),) * len(cells), remark))
    return (RowGroup(title, tuple(rows)) for title, rows in grouped.items() if rows)


def _is_instrument(study: Study, form: str) -> bool:
    found = study.forms.get(form)
    return found is not None and found.instrument is not None


def _title(study: Study, form: str) -> str:
    found = study.forms.get(form)
    return form if found is None else found.title


def _joined(
    columns: Sequence[ScheduleColumn], cells: Sequence[dict[str, Cell]]
) -> tuple[list[ScheduleColumn], list[dict[str, Cell]]]:
    """Neighbours with the same marks, window, modes, epoch and notes in one column."""
    alike = [
        (one.window, one.modes, one.epoch, one.repeating, one.notes, bool(one.day), tuple(marks.items()))
        for one, marks in zip(columns, cells, strict=True)
    ]
    joined, kept = [], []
    for _, group in groupby(range(len(columns)), key=lambda place: alike[place]):
        places = list(group)
        members = [columns[place] for place in places]
        joined.append(members[0] if len(members) == 1 else _join(members))
        kept.append(cells[places[0]])
    return joined, kept


def _join(members: Sequence[ScheduleColumn]) -> ScheduleColumn:
    first, last = members[0], members[-1]
    days = [member.day for member in members]
    listed = ", ".join(days) if len(days) <= _MOST_DAYS else f"{days[0]}, {days[1]}, … {days[-1]}"
    return replace(
        first,
        visits=tuple(visit for member in members for visit in member.visits),
        name=f"{first.name}–{last.name}",
        label=first.label if first.label == last.label else f"{first.label} … {last.label}",
        day=listed if first.day else "",
    )


def _grids(study: Study, visits: Sequence[Visit], footnotes: Footnotes) -> Iterator[TimepointGrid]:
    """Each distinct day of timed forms once, with the visits that have it."""
    protocol = study.protocol
    order = [point.timepoint for point in sorted(protocol.timepoints, key=lambda point: point.number)]
    found: dict[tuple[tuple[str, tuple[tuple[str, Mark], ...]], ...], list[str]] = {}
    for visit in visits:
        day = []
        for form in _forms_of([visit]):
            marks = [
                (point, replace(footnotes.mark(entry), timepoints=()))
                for entry in visit.entries(form)
                for point in entry.timepoints
            ]
            if marks:
                day.append((form, tuple(sorted(marks, key=lambda one: order.index(one[0])))))
        if day:
            found.setdefault(tuple(day), []).append(visit.visit)
    for key, names in found.items():
        used = {point for _, marks in key for point, _ in marks}
        points = [protocol.timepoint(name) for name in order if name in used]
        there = [point for point in points if point is not None]
        columns = tuple(
            TimepointColumn(point.timepoint, point.label, minutes_words(point), window_words(point.window))
            for point in there
        )
        rows = tuple(
            ScheduleRow(
                form,
                _title(study, form),
                tuple(tuple(mark for name, mark in marks if name == column.timepoint) for column in columns),
            )
            for form, marks in key
        )
        reference = ", ".join(dict.fromkeys(point.reference for point in there if point.reference))
        yield TimepointGrid(
            tuple(names), run_words(names, [visit.visit for visit in protocol.visits]), reference, columns, rows
        )


def _restrictions(study: Study, visits: Sequence[Visit]) -> Iterator[str]:
    for rule in study.protocol.restrictions:
        if any(rule.tag in visit.tags for visit in visits):
            modes = " or ".join(mode.lower() for mode in rule.modes)
            yield f"Visits tagged {rule.tag} take place only as {modes}: {rule.reason}"
