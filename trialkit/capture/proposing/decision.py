"""What is proposed for a column, and what is asked about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from trialkit.capture.proposing.visit_words import Bare
from trialkit.model.item import MissingReason
from trialkit.model.mapping import DropRule, ItemMapping, KeyMapping, PartsMapping


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the person says beforehand, and what they answered about subject, visit and timepoint.

    Attributes:
        name: what the mapping is to be called.
        sheet: the sheet; the only one with data when None.
        forms: the forms that the file is about; any when empty.
        visit: the visit of rows that name none; empty when nobody says.
        enrol: whether unknown subjects are to be added.
        encoding: of a CSV file, where the person says it.
        delimiter: of a CSV file, where the person says it.
        keys: `subject`, `visit` or `timepoint` to the header of its column, where the person says it.
        groups: header of an upper row to the visit it means, where the person says it.
        bare: what numbers in the column of the visit are, where the person says it.
        fill_down: headers of columns in which a blank cell means what stands above it, where the person says it.
    """

    name: str
    sheet: str | None = None
    forms: tuple[str, ...] = ()
    visit: str = ""
    enrol: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    bare: Bare = Bare.EITHER
    fill_down: tuple[str, ...] = ()


class Role(StrEnum):
    """What a column is for."""

    SUBJECT = "subject"
    SITE = "site"
    VISIT = "visit"
    TIMEPOINT = "timepoint"
    ITEM = "item"
    TOTAL = "total"
    REMARK = "remark"
    IGNORE = "ignore"
    QUESTION = "question"
    UNDECIDED = "undecided"


KEY_ROLES = ("subject", "visit", "timepoint")
"""The roles of columns that say which record a row is about."""


@dataclass(frozen=True, slots=True)
class Target:
    """An item that a column fills.

    Attributes:
        form: the form.
        item: the item.
        rule: how it is read.
        visit: the visit, where the header says it; else empty.
        where: header and text of the question, where each row holds one question.
    """

    form: str
    item: str
    rule: ItemMapping
    visit: str = ""
    where: tuple[str, str] | None = None

    def __str__(self) -> str:
        visit = f" at {self.visit}" if self.visit else ""
        return f"{self.form}.{self.item}{visit}"


@dataclass(frozen=True, slots=True)
class Column:
    """What is proposed for one column.

    Attributes:
        header: as the mapping names it.
        role: what it is for.
        score: 0 to 100: how sure; 0 where nothing is proposed.
        reason: why, in words.
        targets: the items it fills; several when its cells are taken apart.
        key: how subject, visit or timepoint is told.
        parts: how its cells are taken apart, or None.
        total_of: the items that a total is compared with: form, then items.
        open_texts: texts that nothing says the meaning of.
    """

    header: str
    role: Role
    score: int = 0
    reason: str = ""
    targets: tuple[Target, ...] = ()
    key: KeyMapping | None = None
    parts: PartsMapping | None = None
    total_of: tuple[str, ...] = ()
    open_texts: tuple[str, ...] = ()

    @property
    def becomes(self) -> str:
        """What it is for, in a word: the items, or the role."""
        return ", ".join(map(str, self.targets)) if self.targets else self.role.value

    def undecided(self, reason: str) -> Column:
        """The same column with nothing proposed."""
        return Column(self.header, Role.UNDECIDED, reason=reason)

    def with_meaning(self, meaning: Meaning) -> Column:
        """The same column with a rule for one more of its texts."""
        left = tuple(text for text in self.open_texts if text != meaning.text)
        if self.key is not None:
            key = self.key.model_copy(update={"values": {**self.key.values, meaning.text: meaning.value}})
            return replace(self, key=key, open_texts=left)
        return replace(self, targets=tuple(_meant(target, meaning) for target in self.targets), open_texts=left)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a person says that a text means: a code, visit or timepoint, or why there is no value."""

    text: str
    value: str = ""
    missing: MissingReason | None = None


def _meant(target: Target, meaning: Meaning) -> Target:
    rule = target.rule
    if meaning.missing is not None:
        update: dict[str, object] = {"missing": {**rule.missing, meaning.text: meaning.missing}}
    else:
        update = {"values": {**rule.values, meaning.text: meaning.value}}
    return replace(target, rule=rule.model_copy(update=update))


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question.

    Attributes:
        text: what it says.
        columns: what the columns that it is about are then.
        name: what may be typed in place of its number; empty where nothing may.
        meaning: what a text means then, where the question is about one text.
        wishes: with what everything is proposed again, where the answer bears on more than its column.
    """

    text: str
    columns: tuple[Column, ...] = ()
    name: str = ""
    meaning: Meaning | None = None
    wishes: Wishes | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can say.

    Attributes:
        header: the column it is about; empty when it is about the whole sheet.
        text: the question.
        options: answers to choose from; no answer leaves the column undecided.
        is_about_texts: whether only the meaning of texts is asked, and the column itself is decided.
    """

    header: str
    text: str
    options: tuple[Option, ...] = ()
    is_about_texts: bool = False

    @property
    def key(self) -> tuple[str, str]:
        """What tells it from others: header and text."""
        return self.header, self.text

    @property
    def is_about_all(self) -> bool:
        """Whether its answers bear on more than its column: everything is proposed again then."""
        return any(option.wishes is not None for option in self.options)


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that is decided so far.

    Attributes:
        columns: header to what it is for.
        header_rows: the rows that hold the headers.
        sheet: the sheet; None for CSV.
        drop: rows that hold no data.
        visit: the visit of rows that name none; empty when nobody said.
        name: what the mapping is called.
        enrol: whether unknown subjects are added.
        encoding: of a CSV file, where the person said it.
        delimiter: of a CSV file, where the person said it.
        fill_down: headers of columns in which a blank cell means what stands above it.
    """

    columns: dict[str, Column]
    header_rows: tuple[int, ...]
    sheet: str | None
    name: str
    drop: tuple[DropRule, ...] = ()
    visit: str = ""
    enrol: bool = False
    encoding: str | None = None
    delimiter: str | None = None
    fill_down: tuple[str, ...] = ()

    def with_columns(self, columns: Iterable[Column]) -> Draft:
        """The same with other proposals for some columns."""
        return replace(self, columns={**self.columns, **{column.header: column for column in columns}})
