"""The proposal for one sheet: every column with what it becomes, and the questions that only a person can answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from trialkit.capture.header_row import choose_sheet
from trialkit.capture.proposing.asking import ask_fill_down, ask_group, ask_keys, open_questions, without_twins
from trialkit.capture.proposing.building import Built, build_mapping
from trialkit.capture.proposing.candidates import Candidate, roles_of, split_unit
from trialkit.capture.proposing.choosing import (
    Setting,
    Weighed,
    choose,
    choose_ignored,
    decide,
    elsewhere,
    supports,
    weigh,
    without_claimed,
)
from trialkit.capture.proposing.decision import KEY_ROLES, Column, Draft, Question, Role, Wishes
from trialkit.capture.proposing.keys import find_blanks, propose_subject, propose_timepoint, propose_visit, visits_named
from trialkit.capture.proposing.scales import doubt_scales, propose_answers, propose_pressure, propose_scales, totals_of
from trialkit.capture.proposing.table import Table, TableColumn, find_merged, find_table
from trialkit.capture.proposing.values import Judge, Reads
from trialkit.capture.proposing.visit_words import visit_for
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.mapping import DropRule
from trialkit.model.source import SourceFile
from trialkit.model.study import Study
from trialkit.wording import quote


@dataclass(frozen=True, slots=True)
class MappingProposal:
    """What is proposed for one sheet.

    Attributes:
        draft: the decisions so far.
        questions: what only a person can say: what bears on everything first, then in the order of the columns.
        notes: what else has to be said.
        study: the study it is for.
        wishes: what the person said about the sheet as a whole.
        name_column: makes a column hold an item that a person names; with what is to be asked then.
        propose: proposes once more, with other wishes.
        ask_keys: what is to be asked about subject and visit of a draft.
        said: header to what a person decided about it.
    """

    draft: Draft
    questions: tuple[Question, ...]
    notes: tuple[str, ...]
    study: Study
    wishes: Wishes
    name_column: Callable[[str, Form, Item], tuple[Column, Question | None]]
    propose: Callable[[Wishes], MappingProposal]
    ask_keys: Callable[[Draft], Sequence[Question]]
    said: Mapping[str, Column] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[Column, ...]:
        """Every column, in the order of the sheet."""
        return tuple(self.draft.columns.values())

    def answer(self, question: Question, choice: int) -> MappingProposal:
        """The proposal after one of the options of a question, by its place, was chosen."""
        option = question.options[choice]
        if option.wishes is not None:
            return self._again(option.wishes)
        if option.meaning is not None:
            return self._with(question, [_said(self.draft.columns[question.header].with_meaning(option.meaning))], [])
        columns = [_said(column) for column in option.columns]
        return self._with(question, columns, [asked for made in columns for asked in open_questions(made, self.study)])

    def name_item(self, question: Question, form: Form, item: Item) -> MappingProposal:
        """The proposal after a person named the item of a column; asks on where its values can be read in two ways."""
        column, further = self.name_column(question.header, form, item)
        asked = [further] if further is not None else open_questions(column, self.study)
        return self._with(question, [_said(column) if further is None else column], asked)

    def set_role(self, question: Question, role: Role) -> MappingProposal:
        """The proposal after a column was called a remark, one to ignore, or that of subject, visit or timepoint."""
        if role.value in KEY_ROLES:
            return self._again(replace(self.wishes, keys={**self.wishes.keys, role.value: question.header}))
        return self._with(question, [Column(question.header, role, 100, "a person says so")], [])

    def ask_about(self, undecided: Mapping[str, Sequence[str]]) -> MappingProposal:
        """With questions about texts that an import would refuse and that nobody was asked about."""
        proposal = self
        for header, texts in undecided.items():
            column = self.draft.columns.get(header)
            new = () if column is None else tuple(text for text in texts if text not in column.open_texts)
            if column is not None and new and column.role is not Role.UNDECIDED:
                wider = replace(column, open_texts=(*column.open_texts, *new))
                asked = open_questions(replace(column, open_texts=new), self.study)
                questions = (*proposal.questions, *asked)
                proposal = replace(proposal, draft=proposal.draft.with_columns([wider]), questions=questions)
        return proposal

    def _again(self, wishes: Wishes) -> MappingProposal:
        """Proposed once more; what a person said about columns stands."""
        fresh = self.propose(wishes)
        kept = {name: column for name, column in self.said.items() if _stands(column, wishes.keys)}
        draft, doubled = without_twins(fresh.draft.with_columns(kept.values()))
        left = [
            asked
            for asked in self.questions
            if asked.header in kept and asked.is_about_texts and not asked.is_about_all
        ]
        new = [asked for asked in fresh.questions if asked.header not in kept or asked.is_about_all]
        return replace(fresh, draft=draft, questions=(*doubled, *left, *new), said=kept)

    def _with(self, question: Question, columns: Sequence[Column], asked: Sequence[Question]) -> MappingProposal:
        """With these columns decided; where two hold one item then, neither does, and both are asked about."""
        settled = {column.header for column in columns} - {question.header}
        left = [other for other in self.questions if other is not question and other.header not in settled]
        if not question.is_about_texts:
            left = [other for other in left if other.header != question.header]
        draft, doubled = without_twins(self.draft.with_columns(columns))
        said = {**self.said, **{column.header: column for column in columns}}
        before = {other.key for other in left}
        keys = [other for other in self.ask_keys(draft) if other.key not in before]
        return replace(self, draft=draft, questions=(*asked, *doubled, *left, *keys), said=said)

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
    return _propose(find_merged(source, sheet.name), table, study, subjects, reads, wishes)


def _propose(
    merged: Sequence[tuple[int, int, int, int]],
    table: Table,
    study: Study,
    subjects: Collection[str],
    reads: Reads,
    wishes: Wishes,
) -> MappingProposal:
    sheet = table.sheet
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
        fill_down=work.find_fill_down(merged),
    )
    draft, doubled = without_twins(draft)
    order = {column.header: column.index for column in table.columns}

    def ask_about_keys(decided: Draft) -> list[Question]:
        return list(ask_keys(decided, table, study, wishes))

    questions = sorted(
        [*ask_about_keys(draft), *work.questions, *doubled],
        key=lambda asked: (not asked.is_about_all, order.get(asked.header, -1)),
    )
    return MappingProposal(
        draft=draft,
        questions=tuple(questions),
        notes=tuple(work.notes),
        study=study,
        wishes=wishes,
        name_column=work.name_column,
        propose=lambda changed: _propose(merged, table, study, subjects, reads, changed),
        ask_keys=ask_about_keys,
    )


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
        told, questions = propose_subject(self._table, self._study, subjects, self._wishes)
        visit, asked = propose_visit(self._table, self._study, self._wishes)
        timepoint = propose_timepoint(self._table, self._study, self._wishes)
        self.questions += [*questions, *asked]
        if not told:
            self.notes.append("no column is recognised as the one that names the subject")
        for column in (*told, visit, timepoint):
            if column is not None and column.header not in self.columns:
                self._take(column)
                if column.role is Role.UNDECIDED and column not in told:
                    self.questions.append(Question(column.header, f"What does it hold? {column.reason}."))

    def find_fill_down(self, merged: Sequence[tuple[int, int, int, int]]) -> tuple[str, ...]:
        """The columns of subject and visit in which a blank cell means what stands above; asks where nobody knows."""
        found: list[str] = []
        for column in list(self.columns.values()):
            if column.role not in (Role.SUBJECT, Role.SITE, Role.VISIT):
                continue
            blank, loose = find_blanks(column, self._table, merged)
            if blank and (not loose or column.header in self._wishes.fill_down):
                found.append(column.header)
            elif blank:
                self.questions.append(ask_fill_down(column, loose, self._wishes))
        return tuple(found)

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
            remark = roles_of(column.name).get("remark")
            if remark is not None:
                self._take(Column(column.header, Role.REMARK, 95, f"a synonym ({remark})"))
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
        for doubted, asked in doubt_scales(setting, self._table, self.columns.values()):
            self.questions = [other for other in self.questions if other.header != doubted.header]
            self._take(doubted)
            self.questions.append(asked)

    def _propose_rest(self, setting: Setting) -> None:
        free = self._free()
        weighed = {column.header: weigh(setting, column.name, column.distinct) for column in free}
        weighed = without_claimed(free, weighed)
        paired = {column.header: propose_pressure(setting, column) for column in free}
        everything = {
            **weighed,
            **{header: [one for pair in pairs for one in pair] for header, pairs in paired.items() if pairs},
        }
        support = supports(everything, setting)
        groups: set[str] = set()
        for column in free:
            visit = self._visit_of(column)
            if column.group and not visit:
                reason = f"the header above says {quote(column.group)}, which is no visit"
                self._take(Column(column.header, Role.UNDECIDED, reason=reason))
                if column.group not in groups:
                    self.questions.append(ask_group(column.header, column.group, self._study, self._wishes))
                groups.add(column.group)
                continue
            several, pairs = weighed[column.header], paired[column.header]
            misplaced = () if any(one.fits for one in several) else elsewhere(setting, column.name)
            ignored = roles_of(column.name).get("ignore")
            if ignored is not None:
                made, question = choose_ignored(column, several, support, visit, ignored)
            else:
                made, question = choose(column, several, support, visit, pairs, misplaced)
            self._take(made)
            self.questions += [question] if question is not None else []

    def _visit_of(self, column: TableColumn) -> str:
        """The visit that the header above a column names; empty where there is none."""
        if not column.group:
            return ""
        return self._wishes.groups.get(column.group) or visit_for(self._study, column.group) or ""

    def _setting(self) -> Setting:
        named = {name.upper() for name in self._wishes.forms}
        forms = [form for form in self._study.forms.values() if not named or form.form in named]
        visit = next((column for column in self.columns.values() if column.role is Role.VISIT), None)
        visits = visits_named(visit, self._table, self._study) or ([self._wishes.visit] if self._wishes.visit else [])
        has_timepoint = any(column.role is Role.TIMEPOINT for column in self.columns.values())
        hints = {form.form for form in forms if form.form.casefold() in {hint.casefold() for hint in self._hints}}
        return Setting(self._study, self._judge, forms, has_timepoint, visits, hints)

    def _free(self) -> list[TableColumn]:
        return [column for column in self._table.columns if column.header not in self.columns]

    def _take(self, column: Column) -> None:
        self.columns[column.header] = column
        self.questions += open_questions(column, self._study)


def _stands(column: Column, keys: Mapping[str, str]) -> bool:
    """Whether what a person said about a column agrees with the columns that they call subject, visit and timepoint."""
    is_key = column.header in keys.values()
    return keys.get(column.role.value, column.header) == column.header and (not is_key or column.role.value in keys)


def _said(column: Column) -> Column:
    return replace(column, score=100, reason=f"a person says so; {column.reason}")
