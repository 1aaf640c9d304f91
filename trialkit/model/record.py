"""Records: one completed row of one form, its key, and its values as they were given."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from trialkit.model.item import MissingReason


@dataclass(frozen=True, slots=True)
class Subject:
    """A person in the study, known by a code only.

    Attributes:
        subject: the identifier as people write it, for example ``012-0007``.
        site: the site that enrolled the person.
        number: SUBJID, the part that the site gave.
        status: ``enrolled`` or ``withdrawn``.
    """

    subject: str
    site: str
    number: str
    status: str = "enrolled"


class RecordKey(NamedTuple):
    """What makes a record one and the same. Sorts by site, subject, visit, form, timepoint, repeat.

    Attributes:
        site: the subject's site.
        subject: the subject's identifier; empty for a row of a reference form, which belongs to the site alone.
        visit: the visit's identifier; empty for a row of a reference form.
        visit_repeat: 1, or the how-manieth of a repeating visit.
        form: the form's identifier.
        timepoint: the timepoint's identifier; empty when the form is not timed at this visit.
        repeat: 1, or the number of the row on a log form.
    """

    site: str
    subject: str
    visit: str
    visit_repeat: int
    form: str
    timepoint: str = ""
    repeat: int = 1

    def __str__(self) -> str:
        visit = self.visit if self.visit_repeat == 1 else f"{self.visit}.{self.visit_repeat}"
        parts = [self.subject or f"site {self.site}", *filter(None, (visit,)), self.form]
        if self.timepoint:
            parts.append(f"@{self.timepoint}")
        if self.repeat != 1:
            parts.append(f"#{self.repeat}")
        return " ".join(parts)


@dataclass(frozen=True, slots=True)
class CellReference:
    """A cell in a file that somebody sent: ``site012.xlsx!VS!D14``. For CSV the sheet is empty: ``vs.csv!D14``."""

    file: str
    sheet: str
    address: str

    @property
    def row(self) -> int:
        """The number of the row; 0 when the address names none."""
        return int(self.address[len(self.address.rstrip("0123456789")) :] or 0)

    def __str__(self) -> str:
        return "!".join(part for part in (self.file, self.sheet, self.address) if part)


@dataclass(frozen=True, slots=True)
class RawValue:
    """What came in for one item, before anything was made of it.

    Attributes:
        text: the text as given; empty for a blank.
        unit: the unit as given, or None.
        missing: a missing reason given instead of a value.
        date_format: how dates are written in this source, for example ``DD-MON-YYYY``; None for ISO 8601.
        decimal_comma: whether the source writes ``36,6``.
        given: what stood there before a mapping put `text` in its place; None when `text` is what stood there.
    """

    text: str
    unit: str | None = None
    missing: MissingReason | None = None
    date_format: str | None = None
    decimal_comma: bool = False
    given: str | None = None


@dataclass(frozen=True, slots=True)
class Value:
    """One stored value: the canonical text, or the reason why there is none. Exactly one of the two is set.

    Attributes:
        text: canonical text (number as written, ISO 8601, code), or None.
        missing: the reason why there is no text, or None.
        unit: the unit the number was given in; None where the item has no unit.
        raw: the text as it stood in the source, when it differs from `text`; else None.
    """

    text: str | None = None
    missing: MissingReason | None = None
    unit: str | None = None
    raw: str | None = None

    def __post_init__(self) -> None:
        if (self.text is None) == (self.missing is None):
            raise ValueError("a value has a text or a missing reason, exactly one of them")


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a form as it stands.

    Attributes:
        key: what it is a record of.
        values: item identifier to value; an item that was never given is absent.
        version: 0 for a record that is not stored yet, then 1, 2, 3 with each change.
        form_version: version of the form it was captured under.
        entered_at: when the record was first entered, in UTC; None where that is not known.
        entered_by: who entered it first; empty where that is not known.
    """

    key: RecordKey
    values: Mapping[str, Value]
    version: int = 0
    form_version: str = "1"
    entered_at: datetime | None = None
    entered_by: str = ""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One item of one record going from one value to another; None is "never given"."""

    item: str
    old: Value | None
    new: Value | None
    derived: bool = False


@dataclass(frozen=True, slots=True)
class RecordChange:
    """A record about to be written: what a veto looks at and what the journal keeps.

    Attributes:
        key: the record.
        base_version: the version it is built on; 0 for a new record.
        form_version: version of the form in force.
        items: the items that change, in form order; never empty.
        values: the whole record as it will stand.
        sources: item identifier to the cell it came from.
    """

    key: RecordKey
    base_version: int
    form_version: str
    items: tuple[ItemChange, ...]
    values: Mapping[str, Value]
    sources: Mapping[str, CellReference] = field(default_factory=dict)

    @property
    def needs_reason(self) -> bool:
        """Whether a value that a person gave before is changed or cleared (ICH E6, 21 CFR 11.10(e)).

        What is computed from it follows and needs no reason of its own.
        """
        return any(change.old is not None and not change.derived for change in self.items)


class RecordChanges(Sequence[RecordChange]):
    """Records that are about to be written together; of a long file each is made when somebody asks for it."""

    @property
    @abstractmethod
    def of_standing(self) -> Iterator[RecordChange]:
        """Those of records that stand already. No other is made: of a first import there are none."""
