"""Decisions in, a mapping out: as much of it as stands. What can not be written yet is undecided, with its reason."""

from __future__ import annotations

from dataclasses import dataclass, replace

from trialkit.capture.placing import visits_with
from trialkit.capture.proposing.decision import Column, Draft, Role, Target
from trialkit.model.mapping import ItemMapping, KeyMapping, Mapping, RecordMapping, SubjectMapping
from trialkit.model.study import Study

_Place = tuple[str, str, tuple[str, str] | None]
"""Form, visit of the header, and question."""


@dataclass(frozen=True, slots=True)
class Built:
    """What the decisions make.

    Attributes:
        mapping: the mapping; None while no subject or no item is told.
        columns: the columns as they stand in it: those that could not be written are undecided, with the reason.
        comments: steps into the mapping to score and reason.
    """

    mapping: Mapping | None
    columns: tuple[Column, ...]
    comments: dict[tuple[str | int, ...], str]

    @property
    def undecided(self) -> dict[str, tuple[str, ...]]:
        """What waits: header to texts, or to nothing where the whole column waits."""
        waiting = {column.header: column.open_texts for column in self.columns if column.open_texts}
        return waiting | {column.header: () for column in self.columns if column.role is Role.UNDECIDED}


def build_mapping(draft: Draft, study: Study) -> Built:
    """The mapping of a draft. What it can not write is undecided: a form whose visit or timepoint nothing tells."""
    columns = [_written(column, draft, study) for column in draft.columns.values()]
    subject = next((column for column in columns if column.role is Role.SUBJECT), None)
    records = _records(columns, draft, study)
    if subject is None or subject.key is None or not records:
        return Built(None, tuple(columns), {})
    built = Built(None, tuple(columns), {})
    key = subject.key.model_dump(exclude_defaults=True)
    single = len(draft.header_rows) == 1
    mapping = Mapping(
        mapping=draft.name,
        sheet=draft.sheet,
        header_row=draft.header_rows[0] if single else 1,
        header_rows=() if single else draft.header_rows,
        encoding=draft.encoding,
        delimiter=draft.delimiter,
        drop=draft.drop,
        fill_down=draft.fill_down,
        parts=tuple(column.parts for column in columns if column.parts is not None),
        subject=SubjectMapping.model_validate({**key, "enrol": draft.enrol}),
        records=tuple(records),
        remarks=tuple(column.header for column in columns if column.role is Role.REMARK),
        ignore=tuple(column.header for column in columns if column.role is Role.IGNORE),
        undecided=built.undecided,
    )
    return replace(built, mapping=mapping, comments=_comments(mapping, columns))


def _written(column: Column, draft: Draft, study: Study) -> Column:
    """The column, undecided where one of its items can not be placed."""
    for target in column.targets:
        problem = _problem(target, draft, study)
        if problem:
            return column.undecided(f"{target} ({column.score}: {column.reason}), but {problem}")
    return column


def _problem(target: Target, draft: Draft, study: Study) -> str:
    form = study.forms[target.form]
    if form.reference:
        return ""
    if _visit_key(target, draft, study) is None:
        return "nothing says at which visit: say --visit, or write it in the mapping"
    entries = [entry for visit in visits_with(study, target.form) for entry in visit.entries(target.form)]
    has_timepoint = _key(draft, Role.TIMEPOINT) is not None
    if entries and all(entry.timepoints for entry in entries) and not has_timepoint:
        return "nothing says at which timepoint"
    return ""


def needs_visit(column: Column, draft: Draft, study: Study) -> bool:
    """Whether a column fills an item of which nothing says the visit."""
    return any(
        not study.forms[target.form].reference and _visit_key(target, draft, study) is None for target in column.targets
    )


def _visit_key(target: Target, draft: Draft, study: Study) -> KeyMapping | None:
    """How the visit is told; None when nothing tells it."""
    if target.visit:
        return KeyMapping(value=target.visit)
    told = _key(draft, Role.VISIT)
    if told is not None:
        return told
    if draft.visit:
        return KeyMapping(value=draft.visit)
    visits = visits_with(study, target.form)
    is_plain = len(visits) == 1 and target.form not in study.protocol.log_forms
    return KeyMapping(value=visits[0].visit) if is_plain else None


def _key(draft: Draft, role: Role) -> KeyMapping | None:
    return next((column.key for column in draft.columns.values() if column.role is role), None)


def _records(columns: list[Column], draft: Draft, study: Study) -> list[RecordMapping]:
    grouped: dict[_Place, dict[str, ItemMapping]] = {}
    first: dict[_Place, Target] = {}
    for column in columns:
        for target in column.targets:
            place = target.form, target.visit, target.where
            grouped.setdefault(place, {})[target.item] = target.rule
            first.setdefault(place, target)
    records: list[RecordMapping] = []
    for place, items in grouped.items():
        form, target = study.forms[place[0]], first[place]
        timepoint = _key(draft, Role.TIMEPOINT) if _is_timed(form.form, study) else None
        where = {} if target.where is None else {target.where[0]: (target.where[1],)}
        visit = None if form.reference else _visit_key(target, draft, study)
        totals = {
            column.header: column.total_of[1:]
            for column in columns
            if column.total_of[:1] == (form.form,) and set(column.total_of[1:]) <= set(items)
        }
        records.append(
            RecordMapping(form=form.form, where=where, visit=visit, timepoint=timepoint, totals=totals, items=items)
        )
    return records


def _is_timed(form: str, study: Study) -> bool:
    return any(entry.timepoints for visit in visits_with(study, form) for entry in visit.entries(form))


def _comments(mapping: Mapping, columns: list[Column]) -> dict[tuple[str | int, ...], str]:
    """Score and reason at the place in the mapping that they are about."""
    comments = _key_comments(mapping, columns)
    for column in columns:
        words = f"{column.score}: {column.reason}" if column.score else column.reason
        if column.role is Role.SUBJECT:
            comments["subject",] = words
        elif column.role is Role.UNDECIDED:
            comments["undecided", column.header] = f"to decide: {words}"
        elif column.open_texts:
            comments["undecided", column.header] = f"to decide: what these mean for {column.becomes}"
        for target in column.targets:
            for place, record in enumerate(mapping.records):
                if record.form == target.form and record.items.get(target.item) == target.rule:
                    comments["records", place, "items", target.item] = words
    return comments


def _key_comments(mapping: Mapping, columns: list[Column]) -> dict[tuple[str | int, ...], str]:
    comments: dict[tuple[str | int, ...], str] = {}
    for role, name in ((Role.VISIT, "visit"), (Role.TIMEPOINT, "timepoint")):
        told = next((column for column in columns if column.role is role), None)
        for place, record in enumerate(mapping.records):
            if told is not None and getattr(record, name) == told.key:
                comments["records", place, name] = f"{told.score}: {told.reason}"
    return comments
