"""How a file tells subject, visit and timepoint: by words of the study, or such as differ from them in signs only."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

from trialkit.capture.proposing.asking import ask_bare
from trialkit.capture.proposing.candidates import roles_of
from trialkit.capture.proposing.decision import Column, Option, Question, Role, Wishes
from trialkit.capture.proposing.table import Table, TableColumn
from trialkit.capture.proposing.visit_words import Bare, is_bare, visit_for, visits_for
from trialkit.capture.proposing.words import fold_text, spellings
from trialkit.capture.subject_finder import subject_patterns
from trialkit.model.mapping import KeyMapping
from trialkit.model.study import Study
from trialkit.wording import list_some, quote

_MOST_VISITS = 40
"""Different texts up to which a column can be one of visits, though none of them is known."""

_NEARLY = 0.9
"""The share of its texts that are subjects, from which a column names the subject whatever its header says."""

_MINUTES = re.compile(r"\+?\s*([0-9]{1,4})\s*(min|minutes|m|h|hr|hours)?", re.IGNORECASE)


def propose_subject(
    table: Table, study: Study, known: Collection[str], wishes: Wishes
) -> tuple[list[Column], list[Question]]:
    """The column that names the subject, with that of the site where it needs one, and questions about lost zeros.

    The only column of which nearly all texts are subjects of the study is it, whatever its header says. Else a single
    column is sure by its header alone, since a row that names no subject of the study is a finding in any case. Of
    several that are called so the one counts in which most subjects of the study are; else a person says.
    """
    said = table.column(wishes.keys.get("subject", ""))
    named = [column for column in table.columns if "subject" in roles_of(column.name) and column.texts]
    telling = _telling(table, named, known)
    named = [said] if said is not None else [telling] if telling is not None else named
    if not named:
        return [], []
    shares = {column.header: _known_share(column, known) for column in named}
    share = max(shares.values())
    best = [column for column in named if shares[column.header] == share]
    if len(best) > 1:
        options = [_subject_column(column, study, shares[column.header]) for column in best]
        ask = f"Which column names the subject: {list_some(column.header for column in best)}?"
        choices = tuple(Option(made.header, (made,), name=made.header) for made in options)
        reason = "several columns are called so"
        return [options[0].undecided(reason)], [Question(best[0].header, ask, choices)]
    joined = _joined(table, best[0], study, known) if share == 0 else None
    if joined is not None:
        return joined
    made = _subject_column(best[0], study, share)
    key = made.key or KeyMapping(column=made.header)
    beside = () if share > 0 else best[0].distinct
    return [made], _zeros(best[0], key, known if share > 0 else (), beside)


def _telling(table: Table, named: Sequence[TableColumn], known: Collection[str]) -> TableColumn | None:
    """The only column of which nearly all texts are subjects; bare numbers count only under a fitting header."""
    found = [
        column
        for column in table.columns
        if column.texts
        and _known_share(column, known) >= _NEARLY
        and (column in named or not any(text.isdecimal() for text in column.distinct))
    ]
    return found[0] if len(found) == 1 else None


def _joined(
    table: Table, column: TableColumn, study: Study, known: Collection[str]
) -> tuple[list[Column], list[Question]] | None:
    """Site and number in two columns, when together they name subjects of the study; zeros may have been lost."""
    site = _column_for("site", table)
    if site is None or site is column or {"{", "}"} & {*site.header, *column.header}:
        return None
    shape = study.definition.subject_id.replace("{study}", study.definition.study)
    pairs = dict.fromkeys(pair for pair in zip(site.cells, column.cells, strict=True) if all(pair))
    names = {shape.format(site=first, number=second): (first, second) for first, second in pairs}
    by_number: dict[str, list[str]] = {}
    for name in known:
        by_number.setdefault(_without_zeros(name), []).append(name)
    meant = {
        name: found[0]
        for name in names
        if name not in known and len(found := by_number.get(_without_zeros(name), [])) == 1
    }
    share = sum(name in known for name in names) / len(names) if names else 0.0
    if not meant and not share:
        return None
    template = shape.replace("{site}", f"{{{site.header}}}").replace("{number}", f"{{{column.header}}}")
    reason = f"with {site.header} before it, {share:.0%} of its texts are subjects of the study"
    key = KeyMapping(template=template)
    made = Column(column.header, Role.SUBJECT, 95, reason, key=key)
    return [made, Column(site.header, Role.SITE, 95, f"stands before the number under {column.header}")], _asked_zeros(
        made, key, meant
    )


def _without_zeros(name: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", name)


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
    return _asked_zeros(Column(column.header, Role.SUBJECT), key, meant)


def _asked_zeros(column: Column, key: KeyMapping, meant: Mapping[str, str]) -> list[Question]:
    if not meant:
        return []
    told = key.model_copy(update={"values": {**key.values, **meant}})
    said = list_some(f"{quote(text)} {name}" for text, name in meant.items())
    yes = Option("yes", (Column(column.header, Role.SUBJECT, 90, "zeros were lost", key=told),))
    return [Question(column.header, f"Zeros may have been lost: is {said}?", (yes,))]


def propose_visit(table: Table, study: Study, wishes: Wishes) -> tuple[Column | None, list[Question]]:
    """The column that names the visit; texts that may be several visits, or none, stay open.

    A column of days counts where no column is called a visit, and only when each of its texts is the day of one visit:
    it may be a day of the month. Numbers under a header that says neither number nor day are what all of them can be;
    when they can be both, and mean other visits then, a person says.
    """
    said = table.column(wishes.keys.get("visit", ""))
    named = _column_for("visit", table) or _column_for("visitnumber", table)
    column = said or named or _column_for("studyday", table)
    if column is None:
        return None, []
    is_day = said is None and named is None
    bare, questions = _bare(column, study, wishes)
    is_told = bool({"visit", "visitnumber", "studyday"} & {*roles_of(column.name)}) or bare is not Bare.EITHER
    meant = {text: visit_for(study, text, bare) if is_told or not is_bare(text) else None for text in column.distinct}
    left = tuple(text for text, visit in meant.items() if visit is None)
    if is_day and left:
        reason = "the header; not each of its texts is the day of a visit"
        return Column(column.header, Role.UNDECIDED, 0, reason), questions
    if len(left) == len(column.distinct) > _MOST_VISITS:
        reason = "the header; none of its texts is a visit of the protocol"
        return Column(column.header, Role.UNDECIDED, 0, reason), questions
    values = {text: visit for text, visit in meant.items() if visit is not None and visit != text}
    what = {Bare.NUMBER: "numbers of visits", Bare.DAY: "days of the study", Bare.EITHER: "visits of the protocol"}[
        bare
    ]
    reason = f"the header, and {what if values or len(left) < len(meant) else 'texts to decide about'}"
    key = KeyMapping(column=column.header, values=values)
    return Column(column.header, Role.VISIT, 95, reason, key=key, open_texts=left), questions


def _bare(column: TableColumn, study: Study, wishes: Wishes) -> tuple[Bare, list[Question]]:
    """What the numbers of a column are, by its header and by what all of them can be."""
    numbers = [text for text in column.distinct if is_bare(text)]
    roles = roles_of(column.name)
    if not numbers or wishes.bare is not Bare.EITHER:
        return wishes.bare, []
    if "visitnumber" in roles or "studyday" in roles:
        return Bare.NUMBER if "visitnumber" in roles else Bare.DAY, []
    is_visit = "visit" in roles  # a header that a person alone calls so may count weeks
    by_number = [visit_for(study, text, Bare.NUMBER) for text in numbers]
    by_day = [visit_for(study, text, Bare.DAY) for text in numbers]
    if is_visit and None not in by_number and (None in by_day or by_day == by_number):
        return Bare.NUMBER, []
    asked = ask_bare(column.header, numbers, study, wishes)
    return Bare.EITHER, [asked] if asked.options else []


def propose_timepoint(table: Table, study: Study, wishes: Wishes) -> Column | None:
    """The column that names the timepoint; texts that the protocol does not know stay open."""
    said = table.column(wishes.keys.get("timepoint", ""))
    column = said or _column_for("timepoint", table)
    if column is None:
        return None
    values = {text: meant for text in column.distinct if (meant := find_timepoint_word(study, text)) is not None}
    left = tuple(text for text in column.distinct if text not in values)
    if not values and said is None:
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


def find_blanks(
    column: Column, table: Table, merged: Sequence[tuple[int, int, int, int]]
) -> tuple[list[int], list[int]]:
    """The rows with a blank cell below a filled one of a column, and those of them that no merged cells explain.

    Args:
        column: the column of subject, visit or timepoint.
        table: its table; only rows with other cells count.
        merged: first row, first column, last row and last column of merged cells, columns from 0.
    """
    found = table.column(column.header)
    if found is None or not found.cells or not found.cells[0]:
        return [], []
    blank = [row for row, text in zip(table.rows, found.cells, strict=True) if not text]
    spans = [(top, bottom) for top, left, bottom, right in merged if left == right == found.index]
    return blank, [row for row in blank if not any(top < row <= bottom for top, bottom in spans)]


def visits_named(column: Column | None, table: Table, study: Study) -> list[str]:
    """The visits that a column names, as the protocol calls them; none when some of its texts may be any visit."""
    found = None if column is None else table.column(column.header)
    if column is None or column.key is None or found is None:
        return []
    named: dict[str, None] = {}
    for text in found.distinct:
        meant = visits_for(study, text) if text in column.open_texts else {column.key.values.get(text, text)}
        if not meant:
            return []
        named.update(dict.fromkeys(sorted(meant)))
    return list(named)
