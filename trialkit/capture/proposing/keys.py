"""How a file tells subject, visit and timepoint: by words of the study, or such as differ from them in signs only."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from trialkit.capture.proposing.candidates import roles_of
from trialkit.capture.proposing.decision import Column, Option, Question, Role
from trialkit.capture.proposing.table import Table, TableColumn
from trialkit.capture.proposing.words import fold_text, spellings
from trialkit.capture.subject_finder import subject_patterns
from trialkit.model.mapping import KeyMapping
from trialkit.model.study import Study
from trialkit.wording import list_some, quote

_SIGNS = re.compile(r"[\W_]+")
_DAY = re.compile(r"(?:day|d|tag)?\s*(-?[0-9]{1,4})", re.IGNORECASE)
_MINUTES = re.compile(r"\+?\s*([0-9]{1,4})\s*(min|minutes|m|h|hr|hours)?", re.IGNORECASE)


def propose_subject(table: Table, study: Study, known: Collection[str]) -> tuple[Column | None, list[Question]]:
    """The column that names the subject, and questions about numbers that lost their zeros.

    A single column is sure by its header alone, since a row that names no subject of the study is a finding in any
    case. Of several that are called so the one counts in which most subjects of the study are; else a person says.
    """
    named = [column for column in table.columns if "subject" in roles_of(column.name) and column.texts]
    if not named:
        return None, []
    shares = {column.header: _known_share(column, known) for column in named}
    share = max(shares.values())
    best = [column for column in named if shares[column.header] == share]
    if len(best) > 1:
        options = [_subject_column(column, study, shares[column.header]) for column in best]
        ask = f"Which column names the subject: {list_some(column.header for column in best)}?"
        choices = tuple(Option(made.header, (made,)) for made in options)
        reason = "several columns are called so"
        return options[0].undecided(reason), [Question(best[0].header, ask, choices)]
    made = _subject_column(best[0], study, share)
    key = made.key or KeyMapping(column=made.header)
    beside = () if share > 0 else best[0].distinct
    return made, _zeros(best[0], key, known if share > 0 else (), beside)


def _subject_column(column: TableColumn, study: Study, share: float) -> Column:
    """How a column names the subject; `share` of its texts are subjects of the study."""
    if share > 0:
        reason, key = f"{share:.0%} of its texts are subjects of the study", KeyMapping(column=column.header)
        return Column(column.header, Role.SUBJECT, 98, reason, key=key)
    sites = [site.site for site in study.definition.sites]
    patterns = subject_patterns(study)
    if any(pattern.fullmatch(text) for pattern in patterns.values() for text in column.distinct):
        key, reason = KeyMapping(column=column.header), "the header, and texts that are written as subjects are"
    elif len(sites) == 1 and study.definition.subject_id == "{site}-{number}" and "{" not in column.header:
        key = KeyMapping(template=f"{sites[0]}-{{{column.header}}}")
        reason = f"the header; the only site of the study, {sites[0]}, is put before the number"
    else:
        key, reason = KeyMapping(column=column.header), "the header; none of its texts is a subject of the study yet"
    return Column(column.header, Role.SUBJECT, 90, reason, key=key)


def _known_share(column: TableColumn, known: Collection[str]) -> float:
    return sum(text in known for text in column.distinct) / len(column.distinct)


def _zeros(column: TableColumn, key: KeyMapping, known: Collection[str], beside: Collection[str]) -> list[Question]:
    """``402`` beside ``0402``: a spreadsheet takes zeros for nothing, and so nobody knows who is meant.

    Args:
        column: the column that names the subject.
        key: how it is read.
        known: the subjects of the study; a text that is one of them is meant.
        beside: the other texts of the column, where none is a subject yet.
    """
    twins: dict[str, list[str]] = {}
    for name in (*known, *beside):
        if name.startswith("0"):
            twins.setdefault(name.lstrip("0"), []).append(name)
    meant = {
        text: twins[text][0]
        for text in column.distinct
        if text not in known and text.isdigit() and len(twins.get(text, ())) == 1
    }
    if not meant:
        return []
    told = key.model_copy(update={"values": {**key.values, **meant}})
    said = list_some(f"{quote(text)} {name}" for text, name in meant.items())
    yes = Option("yes", (Column(column.header, Role.SUBJECT, 90, "zeros were lost", key=told),))
    return [Question(column.header, f"Zeros may have been lost: is {said}?", (yes,))]


def propose_visit(table: Table, study: Study) -> Column | None:
    """The column that names the visit; texts that the protocol does not know stay open.

    A column of days counts where no column is called a visit, and only when each of its texts is the day of one visit:
    it may be a day of the month.
    """
    column = _column_for("visit", table) or _column_for("studyday", table)
    if column is None:
        return None
    values: dict[str, str] = {}
    left: list[str] = []
    for text in column.distinct:
        meant = text if study.protocol.visit(text) is not None else find_visit_word(study, text)[0]
        if meant is None:
            left.append(text)
        elif meant != text:
            values[text] = meant
    is_day = "visit" not in roles_of(column.name)
    if left and (is_day or len(left) == len(column.distinct)):
        what = (
            "not each of its texts is the day of a visit" if is_day else "none of its texts is a visit of the protocol"
        )
        return Column(column.header, Role.UNDECIDED, 0, f"the header; {what}")
    reason = f"the header, and {'days of the study' if is_day else 'visits of the protocol'}"
    key = KeyMapping(column=column.header, values=values)
    return Column(column.header, Role.VISIT, 95, reason, key=key, open_texts=tuple(left))


def find_visit_word(study: Study, text: str) -> tuple[str | None, bool]:
    """The visit that a word names: up to case and signs (``V 4``), or by its study day (``Day 8``, ``8``).

    Returns the visit, or None, and whether it was found by its day. A day that two visits have names none.
    """
    wanted = _SIGNS.sub("", text).casefold()
    visits = study.protocol.visits
    alike = {
        visit.visit
        for visit in visits
        if wanted and wanted in (_SIGNS.sub("", visit.visit).casefold(), _SIGNS.sub("", visit.label).casefold())
    }
    if len(alike) == 1:
        return alike.pop(), False
    match = _DAY.fullmatch(text.strip())
    days = {visit.visit for visit in visits if match is not None and visit.day == int(match[1])}
    return (days.pop(), True) if len(days) == 1 and not alike else (None, False)


def propose_timepoint(table: Table, study: Study) -> Column | None:
    """The column that names the timepoint; texts that the protocol does not know stay open."""
    column = _column_for("timepoint", table)
    if column is None:
        return None
    values = {text: meant for text in column.distinct if (meant := find_timepoint_word(study, text)) is not None}
    left = tuple(text for text in column.distinct if text not in values)
    if not values:
        return Column(column.header, Role.UNDECIDED, 0, "the header; none of its texts is a timepoint of the protocol")
    key = KeyMapping(column=column.header, values={text: name for text, name in values.items() if text != name})
    reason = f"the header, and timepoints of the protocol: {list_some(values.values())}"
    return Column(column.header, Role.TIMEPOINT, 95, reason, key=key, open_texts=left)


def find_timepoint_word(study: Study, text: str) -> str | None:
    """The timepoint that a word names: its name or label, its minutes (``+40``, ``2h``), or a word for before."""
    points = study.protocol.timepoints
    folded = fold_text(text)
    named = [point.timepoint for point in points if folded in (fold_text(point.timepoint), fold_text(point.label))]
    if named:
        return named[0] if len(named) == 1 else None
    meant = spellings("timepoint").get(folded)
    if meant is not None:
        return meant if any(point.timepoint == meant for point in points) else None
    match = _MINUTES.fullmatch(text.strip())
    if match is None:
        return None
    minutes = int(match[1]) * (60 if (match[2] or "").casefold().startswith("h") else 1)
    at = [point.timepoint for point in points if point.timepoint == f"T+{minutes}"]
    return at[0] if len(at) == 1 else None


def _column_for(role: str, table: Table) -> TableColumn | None:
    """The only column that is called so; None where several are."""
    named = [column for column in table.columns if role in roles_of(column.name) and column.texts]
    return named[0] if len(named) == 1 else None


def visits_named(column: Column | None, table: Table) -> list[str]:
    """The visits that a column names, as the protocol calls them."""
    if column is None or column.key is None:
        return []
    found = next(other for other in table.columns if other.header == column.header)
    return _meant(found.distinct, column)


def _meant(texts: Sequence[str], column: Column) -> list[str]:
    values = {} if column.key is None else column.key.values
    named: Iterable[str] = (values.get(text, text) for text in texts if text not in column.open_texts)
    return list(dict.fromkeys(named))
