"""What is proposed for a column, and what is asked about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

from trialkit.model.mapping import DropRule, ItemMapping, KeyMapping, PartsMapping


class Role(StrEnum):
    """What a column is for."""

    SUBJECT = "subject"
    VISIT = "visit"
    TIMEPOINT = "timepoint"
    ITEM = "item"
    TOTAL = "total"
    REMARK = "remark"
    IGNORE = "ignore"
    QUESTION = "question"
    UNDECIDED = "undecided"


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


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to a question: what it says, and what the columns that it is about are then."""

    text: str
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """Something that only a person can say.

    Attributes:
        header: the column it is about.
        text: the question.
        options: answers to choose from; no answer leaves the column undecided.
    """

    header: str
    text: str
    options: tuple[Option, ...] = ()


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

    def with_columns(self, columns: Iterable[Column]) -> Draft:
        """The same with other proposals for some columns."""
        return replace(self, columns={**self.columns, **{column.header: column for column in columns}})
