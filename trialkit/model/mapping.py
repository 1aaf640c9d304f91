"""Mappings: how a foreign layout becomes records, written once, read and reviewed by people, replayed each time."""

from __future__ import annotations

from pydantic import Field, model_validator

from trialkit.model.base import Label, Name, Noun, Oid
from trialkit.model.item import MissingReason


class KeyMapping(Noun):
    """How one part of a record's key is found in a row.

    Attributes:
        column: the header of the column.
        columns: several headers: the first that is filled counts, and all that are filled must agree.
        template: builds the text from several columns, for example ``{SITEID}-{SUBJID}``.
        value: a constant, for files about one visit.
        values: the texts of the source and what they mean here; a text that is not listed stays as it is.
    """

    column: Label | None = None
    columns: tuple[Label, ...] = ()
    template: Label | None = None
    value: str | None = None
    values: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _exactly_one_way(self) -> KeyMapping:
        ways = [self.column is not None, bool(self.columns), self.template is not None, self.value is not None]
        if sum(ways) != 1:
            raise ValueError("say exactly one of column, columns, template and value")
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
        values: the texts of the source and the codes or texts they mean.
        missing: the texts of the source that mean "no value", each with its reason.
        missing_column: a second column that says why there is no value, read through `missing`.
        unit: the unit of every number in the column.
        unit_column: the column that holds the unit of each number.
        units: the unit texts of the source and the units they mean.
        date_format: how dates are written: from DD, MM, MON, YYYY, HH, MI, SS and separators; several layouts are
            separated by ``|``.
        decimal_comma: whether numbers are written ``36,6``.
    """

    column: Label | None = None
    template: Label | None = None
    value: str | None = None
    values: dict[str, str] = Field(default_factory=dict)
    missing: dict[str, MissingReason] = Field(default_factory=dict)
    missing_column: Label | None = None
    unit: Label | None = None
    unit_column: Label | None = None
    units: dict[str, str] = Field(default_factory=dict)
    date_format: str | None = None
    decimal_comma: bool = False

    @model_validator(mode="after")
    def _exactly_one_way(self) -> ItemMapping:
        ways = [self.column is not None, self.template is not None, self.value is not None]
        if sum(ways) != 1:
            raise ValueError("say exactly one of column, template and value")
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
        items: item identifier to where it is found.
    """

    form: Oid
    filled: tuple[Label, ...] = ()
    visit: KeyMapping | None = None
    visit_repeat: KeyMapping | None = None
    timepoint: KeyMapping | None = None
    repeat: KeyMapping | None = None
    items: dict[Oid, ItemMapping] = Field(min_length=1)


class Mapping(Noun):
    """One mapping file: one sheet of one kind of file.

    Attributes:
        mapping: its name.
        sheet: the sheet; the only one when left out.
        header_row: the row that holds the headers, first is 1.
        encoding: of a CSV file; recognised and said when left out.
        delimiter: of a CSV file; recognised and said when left out.
        subject: how the subject is named.
        records: what each row makes: usually one record, several when a row holds several forms.
        reason: where a row says why it changes stored values; it goes before what is said for the whole import.
        ignore: columns that are known and not wanted; any other unmapped column is reported.
    """

    mapping: Name
    sheet: str | None = None
    header_row: int = Field(default=1, ge=1)
    encoding: str | None = None
    delimiter: str | None = Field(default=None, min_length=1, max_length=1)
    subject: SubjectMapping
    records: tuple[RecordMapping, ...] = Field(min_length=1)
    reason: KeyMapping | None = None
    ignore: tuple[str, ...] = ()
