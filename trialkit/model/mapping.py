"""Mappings: how a foreign layout becomes records, written once, read and reviewed by people, replayed each time."""

from __future__ import annotations

import re
from collections.abc import Mapping as KeysOf
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from trialkit.model.base import Label, Name, Noun, Oid
from trialkit.model.cell_pattern import read_pattern
from trialkit.model.interval import Interval
from trialkit.model.item import MissingReason

PartName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,30}$")]
"""What a part of a cell is called."""

_HOLES = re.compile(r"\{([^{}]*)\}")


class KeyMapping(Noun):
    """How one part of a record's key is found in a row.

    Attributes:
        column: the header of the column.
        columns: several headers: the first that is filled counts, and all that are filled must agree.
        template: builds the text from several columns, for example ``{SITEID}-{SUBJID}``.
        value: a constant, for files about one visit.
        part: a part of a cell that the mapping takes apart.
        values: the texts of the source and what they mean here; a text that is not listed stays as it is.
    """

    column: Label | None = None
    columns: tuple[Label, ...] = ()
    template: Label | None = None
    value: str | None = None
    part: PartName | None = None
    values: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _exactly_one_way(self) -> KeyMapping:
        ways = (self.column, self.columns or None, self.template, self.value, self.part)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("say exactly one of column, columns, template, value and part")
        return self


class SubjectMapping(KeyMapping):
    """How the subject is named in a row; `enrol` adds subjects that the study does not know yet."""

    enrol: bool = False


class ItemMapping(Noun):
    """How one item is found in a row.

    Attributes:
        column: the header of the column.
        template: builds the text from several columns, for example ``{DATE}T{TIME}``.
        value: a constant for every row.
        part: a part of a cell that the mapping takes apart.
        count: how often a cell holds these patterns, by their names.
        values: the texts of the source and the codes or texts they mean.
        otherwise: what every other filled text means; nothing at all when it is an empty text.
        missing: the texts of the source that mean "no value", each with its reason.
        missing_column: a second column that says why there is no value, read through `missing`.
        unit: the unit of every number in the column.
        unit_column: the column that holds the unit of each number.
        units: the unit texts of the source and the units they mean.
        unit_ranges: the unit of a number that comes without one, by the range that it lies in; a number in no range, or
            in several, is a finding.
        date_format: how dates are written: from DD, MM, MON, YYYY, HH, MI, SS and separators; several layouts are
            separated by ``|``.
        decimal_comma: whether numbers are written ``36,6``.
    """

    column: Label | None = None
    template: Label | None = None
    value: str | None = None
    part: PartName | None = None
    count: tuple[PartName, ...] = ()
    values: dict[str, str] = Field(default_factory=dict)
    otherwise: str | None = None
    missing: dict[str, MissingReason] = Field(default_factory=dict)
    missing_column: Label | None = None
    unit: Label | None = None
    unit_column: Label | None = None
    units: dict[str, str] = Field(default_factory=dict)
    unit_ranges: dict[str, Interval] = Field(default_factory=dict)
    date_format: str | None = None
    decimal_comma: bool = False

    @model_validator(mode="after")
    def _exactly_one_way(self) -> ItemMapping:
        ways = (self.column, self.template, self.value, self.part, self.count or None)
        if sum(way is not None for way in ways) != 1:
            raise ValueError("say exactly one of column, template, value, part and count")
        if self.unit is not None and self.unit_column is not None:
            raise ValueError("a unit is constant or stands in a column, not both")
        return self


class RecordMapping(Noun):
    """How each row makes a record of one form. A row in which every mapped item is blank makes none.

    Attributes:
        form: the form.
        visit: where the visit is named; required unless the form is scheduled at one visit only.
        visit_repeat: the how-manieth of a repeating visit.
        timepoint: the timepoint, for timed forms.
        repeat: the number of the row on a log form; counted in file order per subject and visit when left out.
        filled: headers of which at least one must be filled for a row to make a record, where a column that stands on
            every row (a date, say) is mapped, too; any mapped item when left out.
        where: headers and the texts that must stand under all of them for a row to make this record; for files in which
            each row holds one question and its answer.
        each: the header of a column that `parts` reads as `each`: every find in its cell makes a record of its own.
        find: with `each`: only the how-manieth find is meant, and it makes the one record of the row.
        occurrence: only the how-manieth row of its record is meant, for a second reading in a row of its own.
        once_by: items that tell whether two rows are one and the same: of rows that agree in them the first counts.
        totals: headers of sums that stand beside the items, each with the items it should be the sum of; a total is
            compared and never imported.
        items: item identifier to where it is found.
    """

    form: Oid
    filled: tuple[Label, ...] = ()
    where: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    each: Label | None = None
    find: int | None = Field(default=None, ge=1, le=99)
    occurrence: int | None = Field(default=None, ge=1, le=20)
    once_by: tuple[Oid, ...] = ()
    totals: dict[str, tuple[Oid, ...]] = Field(default_factory=dict)
    visit: KeyMapping | None = None
    visit_repeat: KeyMapping | None = None
    timepoint: KeyMapping | None = None
    repeat: KeyMapping | None = None
    items: dict[Oid, ItemMapping] = Field(min_length=1)


class PartsReading(StrEnum):
    """How the patterns of a column are held against a cell."""

    WHOLE = "whole"
    WITHIN = "within"
    EACH = "each"


class PartPattern(Noun):
    """One way in which the cells of a column are written.

    Attributes:
        pattern: the text with its parts: ``{sys:integer}/{dia:integer}``.
        name: what it is called, where its finds are counted.
        put: further parts, each a text that may hold parts of the pattern: ``<{limit}``; for example the value that a
            slip was meant to be.
        sum: parts that are computed, each from numbers of the pattern and their factors: ``{lb: {st: 14, rest: 1}}``.
        unit: the unit of the numbers it takes.
        ask: a question that is asked about every record that such a cell fills.
    """

    pattern: Label
    name: PartName | None = None
    put: dict[PartName, str] = Field(default_factory=dict)
    sum: dict[PartName, dict[PartName, Decimal]] = Field(default_factory=dict)
    unit: Label | None = None
    ask: Label | None = None

    @model_validator(mode="after")
    def _pattern_is_sound(self) -> PartPattern:
        own = read_pattern(self.pattern).kinds
        for terms in self.sum.values():
            if unknown := [name for name in terms if own.get(name) not in ("integer", "number", "comma")]:
                raise ValueError(f"a sum is made of numbers of its pattern, and {unknown[0]} is none")
        for text in self.put.values():
            if unknown := [name for name in _HOLES.findall(text) if name not in own]:
                raise ValueError(f"a text that is put holds {{{unknown[0]}}}, which is no part of its pattern")
        if twice := [name for name in (*self.put, *self.sum) if name in own]:
            raise ValueError(f"part {twice[0]} stands twice: in the pattern and behind it")
        return self

    def put_texts(self, taken: KeysOf[str, str]) -> dict[str, str]:
        """The further parts for the parts that were taken."""
        return {name: _HOLES.sub(lambda hole: taken[hole[1]], text) for name, text in self.put.items()}

    @property
    def parts(self) -> tuple[str, ...]:
        """Every part that it gives."""
        return (*read_pattern(self.pattern).kinds, *self.put, *self.sum)


class PartsMapping(Noun):
    """How the cells of one column are taken apart. A cell that no pattern fits is a finding.

    Attributes:
        column: the header of the column.
        how: `whole`: a pattern must fit the cell from end to end. `within`: patterns are looked for in a longer text,
            such as a remark, and the rest is shown to a person. `each`: the cell is a row of finds, and each of them
            fits a pattern.
        between: for `each`: what may stand between the finds, beside blanks.
        patterns: the first that fits counts.
        apply: whether what is found is imported, or only proposed to a person. What stands `within` a longer text is
            proposed unless this says otherwise, everything else is imported.
    """

    column: Label
    how: PartsReading = PartsReading.WHOLE
    between: tuple[str, ...] = ()
    patterns: tuple[PartPattern, ...] = Field(min_length=1)
    apply: bool | None = None

    @property
    def applies(self) -> bool:
        """Whether its parts are imported."""
        return self.how is not PartsReading.WITHIN if self.apply is None else self.apply


class DropRule(Noun):
    """Rows that are known to hold no data: sums, headings.

    Attributes:
        column: the header under which they are recognised.
        texts: what stands there, exactly.
        why: what they are; said with their numbers at each import.
    """

    column: Label
    texts: tuple[str, ...] = Field(min_length=1)
    why: Label


class Mapping(Noun):
    """One mapping file: one sheet of one kind of file.

    Attributes:
        mapping: its name.
        sheet: the sheet; the only one when left out.
        header_row: the row that holds the headers, first is 1.
        header_rows: several rows that hold the headers together, in place of `header_row`: a header of an upper row
            reaches to the next one, and stands before the lower one: ``Day 8 / MADRS``.
        encoding: of a CSV file; recognised and said when left out.
        delimiter: of a CSV file; recognised and said when left out.
        drop: rows that hold no data.
        fill_down: headers of columns in which a blank cell means the same as the cell above it (merged cells).
        missing: texts that mean "no value" for every item, each with its reason; what an item says itself wins.
        spellings: code list to code to the texts that mean it, for every item of that list; what an item says wins.
        parts: cells that are taken apart.
        subject: how the subject is named.
        records: what each row makes: usually one record, several when a row holds several forms.
        remarks: columns of free text: what stands there is shown to a person with its record, and never imported.
        reason: where a row says why it changes stored values; it goes before what is said for the whole import.
        ignore: columns that are known and not wanted; any other unmapped column is reported.
        undecided: columns that wait for a decision and are not imported; with texts, only the meaning of these texts
            waits, and each of them is a finding.
    """

    mapping: Name
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    header_rows: tuple[int, ...] = ()
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    drop: tuple[DropRule, ...] = ()
    fill_down: tuple[Label, ...] = ()
    missing: dict[str, MissingReason] = Field(default_factory=dict)
    spellings: dict[Oid, dict[str, tuple[str, ...]]] = Field(default_factory=dict)
    parts: tuple[PartsMapping, ...] = ()
    subject: SubjectMapping
    records: tuple[RecordMapping, ...] = Field(min_length=1)
    remarks: tuple[Label, ...] = ()
    reason: KeyMapping | None = None
    ignore: tuple[str, ...] = ()
    undecided: dict[str, tuple[str, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _header_rows_are_rows(self) -> Mapping:
        if any(row < 1 for row in self.header_rows) or len(set(self.header_rows)) < len(self.header_rows):
            raise ValueError("header rows are numbers of rows, each once, the first is 1")
        return self

    @property
    def all_header_rows(self) -> tuple[int, ...]:
        """The rows that hold the headers, from above."""
        return tuple(sorted(self.header_rows)) or (self.header_row,)
