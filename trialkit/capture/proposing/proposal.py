"""The proposal for one sheet: every column with what it becomes, and the questions that only a person can answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from trialkit.capture.header_row import choose_sheet
from trialkit.capture.proposing.building import Built, build_mapping
from trialkit.capture.proposing.candidates import Candidate, roles_of, split_unit
from trialkit.capture.proposing.choosing import Setting, Weighed, choose, decide, elsewhere, supports, weigh
from trialkit.capture.proposing.decision import Column, Draft, Option, Question, Role
from trialkit.capture.proposing.keys import (
    find_visit_word,
    propose_subject,
    propose_timepoint,
    propose_visit,
    visits_named,
)
from trialkit.capture.proposing.scales import propose_answers, propose_pressure, propose_scales, totals_of
from trialkit.capture.proposing.table import Table, TableColumn, find_table
from trialkit.capture.proposing.values import Judge, Reads
from trialkit.capture.proposing.words import fold_text, spellings
from trialkit.model.form import Form
from trialkit.model.item import Item, MissingReason
from trialkit.model.mapping import DropRule
from trialkit.model.source import SourceFile
from trialkit.model.study import Study
from trialkit.wording import list_some, quote

_ROLES = {"remark": Role.REMARK, "ignore": Role.IGNORE}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person says beforehand.

    Attributes:
        name: what the mapping is to be called.
        sheet: the sheet; the only one with data when None.
        forms: the forms that the file is about; any when empty.
        visit: the visit of rows that name none; empty when nobody says.
        enrol: whether unknown subjects are to be added.
        encoding: of a CSV file, where the person says it.
        delimiter: of a CSV file, where the person says it.
    """

    name: str
    sheet: str | None = None
    forms: tuple[str, ...] = ()
    visit: str = ""
    enrol: bool = False
    encoding: str | None = None
    delimiter: str | None = None


@dataclass(frozen=True, slots=True)
class MappingProposal:
    """What is proposed for one sheet.

    Attributes:
        draft: the decisions so far.
        questions: what only a person can say, in the order of the columns.
        notes: what else has to be said.
        study: the study it is for.
        name_column: makes a column hold an item that a person names; with what is to be asked then.
    """

    draft: Draft
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    study: Study
    name_column: Callable[[str, Form, Item], tuple[Column, Question | None]]

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column, in the order of the sheet."""
        return tuple(self.draft.columns.values())

    def answer(self, question: Question, choice: int) -> MappingProposal:
        """The proposal after one of the options of a question, by its place, was chosen."""
        columns = [_said(column) for column in question.options[choice].columns]
        return self._with(question, columns, [open_question(column) for column in columns if column.open_texts])

    def name_item(self, question: Question, form: Form, item: Item) -> MappingProposal:
        """The proposal after a person named the item of a column; asks on where its values can be read in two ways."""
        column, further = self.name_column(question.header, form, item)
        asked = [further] if further is not None else []
        asked += [open_question(column)] if column.open_texts else []
        return self._with(question, [_said(column) if further is None else column], asked)

    def set_role(self, question: Question, role: Role) -> MappingProposal:
        """The proposal after a column was called a remark, or one to ignore."""
        return self._with(question, [Column(question.header, role, 100, "a person says so")], [])

    def _with(self, question: Question, columns: Sequence[Column], asked: Sequence[Question]) -> MappingProposal:
        """With these columns decided; where two hold one item then, neither does, and both are asked about."""
        settled = {column.header for column in columns} - {question.header}
        left = [other for other in self.questions if other is not question and other.header not in settled]
        draft, doubled = _without_twins(self.draft.with_columns(columns))
        return replace(self, draft=draft, questions=(*asked, *doubled, *left))

    def build(self) -> Built:
        """The mapping that the decisions make, as far as it stands."""
        return build_mapping(self.draft, self.study)


def propose_mapping(
    source: SourceFile, study: Study, subjects: Collection[str], reads: Reads, wishes: Wishes
) -> MappingProposal:
    """Propose how one sheet of a file is mapped.

    Args:
        source: the file as it was read.
        study: the compiled study.
        subjects: the identifiers of the subjects that the study knows.
        reads: whether a text is a value of an item.
        wishes: what the person says beforehand.

    Raises:
        SourceFileError: S150, S151 as in `trialkit.capture.map_source`.
    """
    sheet = choose_sheet(source, wishes.sheet)
    table = find_table(sheet, f"{source.name}!{sheet.name}" if sheet.name else source.name)
    work = _Work(table, study, reads, wishes, (sheet.name, wishes.name))
    work.propose_keys(subjects)
    work.propose_items()
    drop = tuple(DropRule(column=table.first, texts=(text,), why=why) for text, why in table.dropped.items())
    draft = Draft(
        columns={column.header: work.columns[column.header] for column in table.columns},
        header_rows=table.header_rows,
        sheet=sheet.name or None,
        name=wishes.name,
        drop=drop,
        visit=wishes.visit,
        enrol=wishes.enrol,
        encoding=wishes.encoding,
        delimiter=wishes.delimiter,
    )
    draft, doubled = _without_twins(draft)
    order = {column.header: column.index for column in table.columns}
    questions = sorted([*work.questions, *doubled], key=lambda question: order[question.header])
    return MappingProposal(draft, tuple(questions), tuple(work.notes), study, work.name_column)


class _Work:
    """Decides about column after column."""

    def __init__(self, table: Table, study: Study, reads: Reads, wishes: Wishes, hints: Sequence[str]) -> None:
        self._table, self._study, self._wishes = table, study, wishes
        self._hints = [hint for hint in (*hints, *wishes.forms) if hint]
        self._judge = Judge(reads, study.units)
        self.columns: dict[str, Column] = {}
        self.questions: list[Question] = []
        self.notes: list[str] = []

    def propose_keys(self, subjects: Collection[str]) -> None:
        """Subject, visit and timepoint."""
        subject, questions = propose_subject(self._table, self._study, subjects)
        self.questions += questions
        if subject is None:
            self.notes.append("no column is recognised as the one that names the subject")
        for column in (subject, propose_visit(self._table, self._study), propose_timepoint(self._table, self._study)):
            if column is not None and column.header not in self.columns:
                self._take(column)
                if column.role is Role.UNDECIDED and column is not subject:
                    self.questions.append(Question(column.header, f"What does it hold? {column.reason}."))

    def name_column(self, header: str, form: Form, item: Item) -> tuple[Column, Question | None]:
        """A column as the item that a person names."""
        column = next(found for found in self._table.columns if found.header == header)
        codelist = self._study.codelists.get(item.codelist or "")
        judged = self._judge.judge(item, codelist, column.distinct, split_unit(column.name)[1])
        weighed = Weighed(Candidate(form, item, 99, "named by hand"), judged)
        return decide(column, weighed, self._visit_of(column))

    def propose_items(self) -> None:
        """Everything else."""
        setting = self._setting()
        for column in self._free():
            role = next((_ROLES[name] for name in roles_of(column.name) if name in _ROLES), None)
            if role is not None:
                source = next(source for name, source in roles_of(column.name).items() if name in _ROLES)
                self._take(Column(column.header, role, 95, f"a synonym ({source})"))
        for found, question in propose_scales(setting, self._free(), self._visit_of):
            for made in found:
                self._take(made)
            self.questions += [question] if question is not None else []
        for made in totals_of(self._free(), list(self.columns.values())):
            self._take(made)
        made_, questions = propose_answers(setting, self._table, self._free())
        for made in made_:
            self._take(made)
        self.questions += questions
        if any(column.role is Role.QUESTION for column in self.columns.values()):
            for column in self._free():
                reason = "each row holds one question, and nothing says to which of them this belongs"
                self._take(Column(column.header, Role.UNDECIDED, reason=reason))
                self.questions.append(Question(column.header, "To which questions does this belong?"))
        self._propose_rest(setting)

    def _propose_rest(self, setting: Setting) -> None:
        free = self._free()
        weighed = {column.header: weigh(setting, column.name, column.distinct) for column in free}
        paired = {column.header: propose_pressure(setting, column) for column in free}
        everything = {
            **weighed,
            **{header: [one for pair in pairs for one in pair] for header, pairs in paired.items() if pairs},
        }
        support = supports(everything, setting)
        for column in free:
            visit = self._visit_of(column)
            if column.group and not visit:
                reason = f"the header above says {quote(column.group)}, which is no visit"
                self._take(Column(column.header, Role.UNDECIDED, reason=reason))
                self.questions.append(Question(column.header, f"Which visit is {quote(column.group)}?"))
                continue
            several, pairs = weighed[column.header], paired[column.header]
            misplaced = () if any(one.fits for one in several) else elsewhere(setting, column.name)
            made, question = choose(column, several, support, visit, pairs, misplaced)
            self._take(made)
            self.questions += [question] if question is not None else []

    def _visit_of(self, column: TableColumn) -> str:
        """The visit that the header above a column names; empty where there is none."""
        return (find_visit_word(self._study, column.group)[0] or "") if column.group else ""

    def _setting(self) -> Setting:
        named = {name.upper() for name in self._wishes.forms}
        forms = [form for form in self._study.forms.values() if not named or form.form in named]
        visit = next((column for column in self.columns.values() if column.role is Role.VISIT), None)
        visits = visits_named(visit, self._table) or ([self._wishes.visit] if self._wishes.visit else [])
        has_timepoint = any(column.role is Role.TIMEPOINT for column in self.columns.values())
        hints = {form.form for form in forms if form.form.casefold() in {hint.casefold() for hint in self._hints}}
        return Setting(self._study, self._judge, forms, has_timepoint, visits, hints)

    def _free(self) -> list[TableColumn]:
        return [column for column in self._table.columns if column.header not in self.columns]

    def _take(self, column: Column) -> None:
        self.columns[column.header] = column
        if column.open_texts:
            self.questions.append(open_question(column))


def open_question(column: Column) -> Question:
    """What texts mean that no rule reads; the answer is a rule in the mapping file."""
    shown = list_some((quote(text) for text in column.open_texts), 6)
    unsure = spellings("unsure")
    options: tuple[Option, ...] = ()
    if column.role is Role.ITEM and all(fold_text(text) in unsure for text in column.open_texts):
        reasons = {text: MissingReason(unsure[fold_text(text)]) for text in column.open_texts}
        targets = tuple(
            replace(target, rule=target.rule.model_copy(update={"missing": {**target.rule.missing, **reasons}}))
            for target in column.targets
        )
        words = list_some(dict.fromkeys(reason.in_words for reason in reasons.values()))
        options = (Option(f"no value: {words}", (replace(column, targets=targets, open_texts=()),)),)
    return Question(column.header, f"{column.becomes}: what do these mean: {shown}?", options)


def _said(column: Column) -> Column:
    return replace(column, score=100, reason=f"a person says so; {column.reason}")


def _without_twins(draft: Draft) -> tuple[Draft, list[Question]]:
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
