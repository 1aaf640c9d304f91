"""Columns that belong together: the questions of a scale with their total, a question and its answer, two pressures."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from trialkit.capture.proposing.candidates import (
    Candidate,
    NumberedGroup,
    numbered_groups,
    questions_of,
    roles_of,
    split_unit,
)
from trialkit.capture.proposing.candidates import scales_for as find_scales
from trialkit.capture.proposing.choosing import SURE, Setting, Weighed, choose, column_for, is_placed, supports, weigh
from trialkit.capture.proposing.decision import Column, Option, Question, Role, Target
from trialkit.capture.proposing.table import Table, TableColumn
from trialkit.capture.proposing.words import fold, fold_text, spellings
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.wording import quote

_PAIR = re.compile(r"[0-9]{2,3}\s*/\s*[0-9]{2,3}")
_LIKE_A_PAIR = re.compile(r"[0-9]{2,3}[^0-9/]*/\s*[0-9]{2,3}(?:[^0-9].*)?")
_PAIRS = (("SYSBP", "DIABP"), ("PDSBP1", "PDDBP1"))
_MOST_TEXTS = 2_000

VisitOf = Callable[[TableColumn], str]


def propose_scales(
    setting: Setting, columns: Sequence[TableColumn], visit_of: VisitOf
) -> Iterator[tuple[list[Column], Question | None]]:
    """For each group of numbered columns its columns, and a question where several scales have so many questions."""
    for group in numbered_groups(columns):
        scales = find_scales(group, setting.forms, setting.hints)
        made = [(form, score, _group_columns(setting, group, form, score, visit_of)) for form, score in scales]
        fitting = [(form, score, found) for form, score, found in made if found]
        if not fitting:
            continue
        first = fitting[0]
        if first[1] >= SURE and (len(fitting) == 1 or fitting[1][1] < SURE):
            yield first[2], None
            continue
        options = tuple(
            Option(f"{form.form}: {form.title}", (*found, *totals_of(columns, found))) for form, _, found in fitting[:8]
        )
        headers = [column.header for column in group.columns.values()]
        reason = f"questions of {' or '.join(form.form for form, _, _ in fitting[:8])}"
        open_ = [Column(header, Role.UNDECIDED, reason=reason) for header in headers]
        ask = f"Of which scale are {headers[0]} to {headers[-1]} the questions?"
        yield open_, Question(headers[0], ask, options)


def _group_columns(setting: Setting, group: NumberedGroup, form: Form, score: int, visit_of: VisitOf) -> list[Column]:
    """The columns as questions of one scale; empty when the answers are mostly none of its."""
    found: list[Column] = []
    fit = 0.0
    for number, item in enumerate(questions_of(form)[: len(group.columns)], 1):
        column = group.columns[number]
        codelist = setting.study.codelists.get(item.codelist or "")
        judged = setting.judge.judge(item, codelist, column.distinct[:_MOST_TEXTS], "")
        candidate = Candidate(form, item, score, f"question {number} of {form.form}")
        found.append(column_for(column, Weighed(candidate, judged), visit_of(column)))
        fit += judged.fit
    return found if fit / len(found) >= 0.5 else []


def totals_of(columns: Sequence[TableColumn], taken: Iterable[Column]) -> Iterator[Column]:
    """A total beside the questions of the only scale of the sheet."""
    forms: dict[str, list[str]] = {}
    for column in taken:
        for target in column.targets:
            if column.reason.startswith("question "):
                forms.setdefault(target.form, []).append(target.item)
    if len(forms) != 1:
        return
    ((form, items),) = forms.items()
    for found in columns:
        roles = roles_of(found.name)
        if "total" in roles and not found.group:
            reason = f"a synonym ({roles['total']}); compared with the questions of {form}"
            yield Column(found.header, Role.TOTAL, 95, reason, total_of=(form, *items))


def doubt_scales(setting: Setting, table: Table, columns: Iterable[Column]) -> Iterator[tuple[Column, Question]]:
    """Columns that are questions of a scale by their words alone, where the sheet is hardly about that scale.

    So it is when fewer than half of its questions are there, or when another scale is named beside them.
    """
    found: dict[str, list[Column]] = {}
    for column in columns:
        for target in column.targets:
            if target.form not in setting.hints and _is_question_by_words(setting, target, column):
                found.setdefault(target.form, []).append(column)
    headers = [fold(column.name).replace(" ", "") for column in table.columns]
    scales = [form.form for form in setting.study.forms.values() if form.instrument is not None]
    for form, several in found.items():
        questions = questions_of(setting.study.forms[form])
        items = {target.item for column in several for target in column.targets}
        others = [
            scale
            for scale in scales
            if scale != form and len(scale) >= 4 and any(header.startswith(fold(scale)) for header in headers)
        ]
        if 2 * len(items) >= len(questions) and not others:
            continue
        why = (
            f"other columns are of {others[0]}"
            if others
            else f"{len(items)} of its {len(questions)} questions are here"
        )
        for column in several:
            reason = f"may be {column.becomes} ({column.score}), but {why}"
            option = Option(f"{column.becomes}: {column.reason}", (column,))
            yield column.undecided(reason), Question(column.header, "Which item is this?", (option,))


def _is_question_by_words(setting: Setting, target: Target, column: Column) -> bool:
    """Whether a column is a question of a scale neither by the item's name nor by a number."""
    form = setting.study.forms[target.form]
    is_question = any(item.item == target.item for item in questions_of(form))
    return is_question and not column.reason.startswith(("the name of the item", "question ", "answers to "))


def propose_answers(
    setting: Setting, table: Table, columns: Sequence[TableColumn]
) -> tuple[list[Column], list[Question]]:
    """A column of questions and one of answers: each question is a column of its own, folded into two."""
    asked = [column for column in columns if "question" in roles_of(column.name)]
    answers = [column for column in columns if "answer" in roles_of(column.name)]
    if len(asked) != 1 or len(answers) != 1:
        return [], []
    question, answer = asked[0], answers[0]
    targets: list[Target] = []
    left: list[str] = []
    for text in question.distinct:
        found = _answer_to(setting, question, answer, text, len(table.columns))
        if found is None:
            left.append(text)
        else:
            targets.append(found)
    if not targets:
        return [], []
    reason = f"answers to the questions under {question.header}"
    made = [
        Column(question.header, Role.QUESTION, 90, "each row holds one question", open_texts=tuple(left)),
        Column(answer.header, Role.ITEM, 90, reason, tuple(targets)),
    ]
    return made, []


def _answer_to(setting: Setting, question: TableColumn, answer: TableColumn, text: str, index: int) -> Target | None:
    """The item that answers one question, when it is certain."""
    texts = tuple(
        dict.fromkeys(
            given for asked, given in zip(question.cells, answer.cells, strict=True) if asked == text and given
        )
    )
    column = TableColumn(index, answer.header, "", text, texts)
    several = weigh(setting, text, texts) or _numbered_answer(setting, text, texts)
    made, asked_ = choose(column, several, supports({text: several}, setting), "", [])
    if asked_ is not None or made.role is not Role.ITEM or made.parts is not None or made.open_texts:
        return None
    return Target(made.targets[0].form, made.targets[0].item, made.targets[0].rule, "", (question.header, text))


def _numbered_answer(setting: Setting, text: str, texts: Sequence[str]) -> list[Weighed]:
    """``phq9_9``: a question of a scale by the scale's name and a number."""
    for form in setting.forms:
        own, folded = fold(form.form), fold(text)
        number = folded.removeprefix(own).strip()
        questions = questions_of(form)
        if folded.startswith(own) and number.isdigit() and 1 <= int(number) <= len(questions):
            item = questions[int(number) - 1]
            judged = setting.judge.judge(item, setting.study.codelists.get(item.codelist or ""), texts, "")
            return [Weighed(Candidate(form, item, 95, f"question {number} of {form.form}"), judged)]
    return []


def propose_pressure(setting: Setting, column: TableColumn) -> list[tuple[Weighed, Weighed]]:
    """Systolic and diastolic in one cell, for each form that has both: ``128/82`` under a name of blood pressure.

    Most cells have to be written so; what else stands there stays open, or says why there is no value.
    """
    names = {*roles_of(column.name), *roles_of(split_unit(column.name)[0])}
    pairs = [text for text in column.distinct if _is_pair(text)]
    filled = [text for text in column.texts if fold_text(text) not in spellings("missing")]
    alike = sum(_LIKE_A_PAIR.fullmatch(text) is not None for text in filled)
    if "pressure" not in names or not pairs or 2 * alike <= len(filled):
        return []
    odd = [text for text in column.distinct if not _is_pair(text)]
    sides = [tuple(dict.fromkeys(text.split("/")[side].strip() for text in pairs)) for side in (0, 1)]
    found: list[tuple[Weighed, Weighed]] = []
    for form in (form for form in setting.forms if is_placed(setting, form)):
        for named in _PAIRS:
            pair = [item for name in named if (item := form.item(name)) is not None]
            weighed = [_side(setting, column, form, item, texts, odd) for item, texts in zip(pair, sides, strict=False)]
            if len(weighed) == 2 and all(one.judged.fit == 1 for one in weighed):
                found.append((weighed[0], weighed[1]))
    return found


def _is_pair(text: str) -> bool:
    return _PAIR.fullmatch(text) is not None


def _side(
    setting: Setting, column: TableColumn, form: Form, item: Item, texts: Sequence[str], odd: Sequence[str]
) -> Weighed:
    """One of two pressures; texts that everywhere mean that there is no value do so for both."""
    judged = setting.judge.judge(item, None, texts, "")
    missing = setting.judge.judge(item, None, odd, "").rule.get("missing", {})
    rule = {**judged.rule, "missing": missing} if missing else judged.rule
    left = tuple(text for text in odd if text not in missing)
    return Weighed(Candidate(form, item, 95, quote(column.name)), replace(judged, rule=rule, open_texts=left))
