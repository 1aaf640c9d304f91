"""Questions that only a person can answer: what a text means, and which column tells subject and visit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from trialkit.capture.proposing.building import needs_visit
from trialkit.capture.proposing.decision import Column, Draft, Meaning, Option, Question, Role, Wishes
from trialkit.capture.proposing.table import Table
from trialkit.capture.proposing.visit_words import Bare, visit_for, visits_for
from trialkit.capture.proposing.words import fold_text, spellings
from trialkit.model.item import Item, MissingReason
from trialkit.model.study import Study
from trialkit.wording import list_some, quote

_MOST_ASKED = 25
"""Texts of one column that are asked about; the rest waits as undecided."""


def open_questions(column: Column, study: Study) -> list[Question]:
    """One question for each text of a column that no rule reads; an answer is a rule in the mapping file."""
    return [
        Question(
            column.header,
            f"{column.becomes}: what does {quote(text)} mean?",
            tuple(_meanings(column, text, study)),
            is_about_texts=True,
        )
        for text in column.open_texts[:_MOST_ASKED]
    ]


def _meanings(column: Column, text: str, study: Study) -> Iterator[Option]:
    """What a text may mean: any visit, timepoint or code of the item, or any reason why there is no value."""
    protocol = study.protocol
    if column.role is Role.VISIT:
        likely = visits_for(study, text)
        for visit in sorted(protocol.visits, key=lambda visit: visit.visit not in likely):
            meaning = Meaning(text, visit.visit)
            yield Option(f"{visit.visit}: {visit.label}", name=visit.visit, meaning=meaning)
    elif column.role is Role.TIMEPOINT:
        for point in protocol.timepoints:
            meaning = Meaning(text, point.timepoint)
            yield Option(f"{point.timepoint}: {point.label}", name=point.timepoint, meaning=meaning)
    elif column.role is Role.ITEM:
        yield from _values(column, text, study)


def _values(column: Column, text: str, study: Study) -> Iterator[Option]:
    items = [item for target in column.targets if (item := study.forms[target.form].item(target.item)) is not None]
    suggested = spellings("unsure").get(fold_text(text)) or spellings("missing").get(fold_text(text))
    reasons = [reason for reason in MissingReason if all(reason in item.missing for item in items)]
    if suggested is not None:
        reasons.sort(key=lambda reason: reason != suggested)
    missing = [
        Option(f"no value: {reason.in_words}", name=reason, meaning=Meaning(text, missing=reason)) for reason in reasons
    ]
    codes = list(_codes(items, text, study)) if len(items) == 1 else []
    yield from (*missing, *codes) if suggested is not None else (*codes, *missing)


def _codes(items: Sequence[Item], text: str, study: Study) -> Iterator[Option]:
    codelist = study.codelists.get(items[0].codelist or "")
    for term in codelist.terms if codelist is not None else ():
        words = term.code if term.display == term.code else f"{term.code}: {term.display}"
        yield Option(words, name=term.code, meaning=Meaning(text, term.code))


def ask_keys(draft: Draft, table: Table, study: Study, wishes: Wishes) -> Iterator[Question]:
    """Which columns tell subject and visit, where none is recognised and something needs it."""
    roles = {column.role for column in draft.columns.values()}
    if Role.SUBJECT not in roles:
        yield ask_subject(table, wishes)
    if Role.VISIT not in roles and any(needs_visit(column, draft, study) for column in draft.columns.values()):
        yield ask_visit(table, study, wishes)


def ask_subject(table: Table, wishes: Wishes) -> Question:
    """Which column names the subject, where none is recognised."""
    return Question("", "Which column names the subject?", tuple(_columns("subject", table, wishes)))


def ask_visit(table: Table, study: Study, wishes: Wishes) -> Question:
    """Which column names the visit, or at which visit the whole file is, where nothing says so."""
    columns = list(_columns("visit", table, wishes))
    whole = [
        Option(
            f"the whole file is about one visit: {visit.visit}, {visit.label}",
            name=visit.visit,
            wishes=replace(wishes, visit=visit.visit),
        )
        for visit in study.protocol.visits
    ]
    return Question("", "Which column names the visit?", (*columns, *whole))


def _columns(role: str, table: Table, wishes: Wishes) -> Iterator[Option]:
    for column in table.columns:
        if column.header not in wishes.keys.values():
            told = replace(wishes, keys={**wishes.keys, role: column.header})
            shown = list_some((quote(text) for text in column.distinct), 3)
            yield Option(f"{column.header}: {shown}", name=column.header, wishes=told)


def ask_fill_down(column: Column, rows: Sequence[int], wishes: Wishes) -> Question:
    """Whether blank cells in the column of subject or visit mean what stands above them; no merged cells say so."""
    told = replace(wishes, fill_down=(*wishes.fill_down, column.header))
    text = f"{column.becomes}: does a blank cell mean the same as the cell above it (row {list_some(rows)})?"
    return Question(column.header, text, (Option("yes", name="yes", wishes=told),), is_about_texts=True)


def ask_group(header: str, group: str, study: Study, wishes: Wishes) -> Question:
    """Which visit a header of an upper row means."""
    options = tuple(
        Option(
            f"{visit.visit}: {visit.label}",
            name=visit.visit,
            wishes=replace(wishes, groups={**wishes.groups, group: visit.visit}),
        )
        for visit in study.protocol.visits
    )
    return Question(header, f"Which visit is {quote(group)}?", options)


def ask_bare(header: str, texts: Sequence[str], study: Study, wishes: Wishes) -> Question:
    """Whether the numbers in the column of the visit are numbers of visits or study days."""
    options = []
    for bare, words in ((Bare.NUMBER, "numbers of visits"), (Bare.DAY, "study days")):
        named = [f"{quote(text)} {visit}" for text in texts if (visit := visit_for(study, text, bare)) is not None]
        if named:
            options.append(Option(f"{words}: {list_some(named)}", name=bare, wishes=replace(wishes, bare=bare)))
    return Question(header, "Are its numbers the numbers of visits or study days?", tuple(options), is_about_texts=True)


def without_twins(draft: Draft) -> tuple[Draft, list[Question]]:
    """No item is filled by two columns: where two are sure of one item, both are asked about."""
    holders: dict[tuple[str, str, str, object], list[Column]] = {}
    for column in draft.columns.values():
        for target in column.targets:
            holders.setdefault((target.form, target.item, target.visit, target.where), []).append(column)
    questions: list[Question] = []
    for (form, item, *_), several in holders.items():
        if len({column.header for column in several}) < 2:
            continue
        names = list_some(column.header for column in several)
        for column in several:
            open_ = draft.columns[column.header]
            if open_.role is Role.UNDECIDED:
                continue
            reason = f"{names} may all be {form}.{item}"
            draft = draft.with_columns([column.undecided(reason)])
            questions.append(Question(column.header, f"Is this {form}.{item}? {reason}."))
    return draft, questions
