"""Forms, cells and the findings of Cerberus one record after another, for the tests of the columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from trialkit.extension import ItemType
from trialkit.language import Row, Setting
from trialkit.language.row import typed_value
from trialkit.model.codelist import CodeList, Term
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.kind import Kind, Typed
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol, Visit
from trialkit.model.record import Record, RecordKey, Value
from trialkit.model.record_table import RecordTable, table_of, value_at
from trialkit.model.study import Site, Study, StudyDefinition
from trialkit.model.unit import UnitConversion
from trialkit.normalise import HOUSE_TYPES
from trialkit.validate import CheckPlan, ask_fields, plan_checks
from trialkit.validate.columnar import FieldFindings, field_findings

MOMENT = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOURS = {"A": 14, "B": -11, "C": 0}
"""Sites and how far their clocks are before UTC."""

CODES = ("N", "Y", "NA", "not done", "1.5*(a|b)?", "ß", "A&B ~#-x")
CONVERSIONS = (
    UnitConversion(unit="LB", to="kg", factor=Decimal("0.45359237")),
    UnitConversion(unit="F", to="C", shift=Decimal(-32), factor=Decimal(5), divisor=Decimal(9), decimals=1),
    UnitConversion(unit="in", to="cm", factor=Decimal("2.54"), decimals=0),
    UnitConversion(unit="in", to="cm", factor=Decimal(1)),
    UnitConversion(unit="below", to="kg", factor=Decimal(-1)),
)


def _tally(text: str) -> Typed:
    """A number in strokes: ``|||``; nothing for none."""
    if text.strip("|"):
        raise ValueError(text)
    return Decimal(len(text)) if text else None


def _week(text: str) -> Typed:
    return PartialDate.parse(text.removeprefix("w"))


def _wrong_kind(text: str) -> Typed:
    return text if text.startswith("x") else Decimal(1)


PLUGIN_TYPES = (
    ItemType("tally", Kind.NUMBER, lambda text, *_: text, _tally, "strokes"),
    ItemType("week", Kind.DATE, lambda text, *_: text, _week, "a week"),
    ItemType("odd", Kind.NUMBER, lambda text, *_: text, _wrong_kind, "anything"),
    ItemType("switch", Kind.BOOLEAN, lambda text, *_: text, lambda text: text == "on", "on or off"),
    ItemType("free", Kind.TEXT, lambda text, *_: text, str.upper, "a text"),
)
TYPES = {found.name: found for found in (*HOUSE_TYPES, *PLUGIN_TYPES)}
GATE = Item(item="GATE", label="Gate", type="code", codelist="NY")


@dataclass(frozen=True, repr=False)
class Sample:
    """A form with records, as both sides take them."""

    plan: CheckPlan
    setting: Setting
    table: RecordTable

    def __repr__(self) -> str:
        rules = [item.model_dump(exclude_defaults=True, mode="json") for item in self.plan.form.items[1:]]
        return f"{rules} {[value_at(self.table, place) for place in range(len(self.table))]}"

    @classmethod
    def of(
        cls,
        items: Sequence[Item],
        records: Sequence[Record],
        conversions: Sequence[UnitConversion] = CONVERSIONS,
        moment: datetime = MOMENT,
    ) -> Sample:
        """A form of these items, behind an item GATE that conditions may ask."""
        form = Form(form="VS", title="Form", items=(GATE, *items), repeating=True)
        study = Study(
            definition=StudyDefinition(study="S", title="S", protocol="p", sites=(Site(site="A"),)),
            protocol=Protocol(protocol="p", title="P", visits=(Visit(visit="V1", label="Visit", number=Decimal(1)),)),
            forms={"VS": form},
            codelists={"NY": CodeList(codelist="NY", terms=tuple(Term(code=code) for code in CODES))},
            checks={},
            units=tuple(conversions),
            origins={},
            digest="",
        )
        setting = Setting(
            forms=study.forms,
            protocol=study.protocol,
            units=study.units,
            typed={name: found.typed for name, found in TYPES.items()},
            moment=moment,
            local=lambda site, moment: (moment + timedelta(hours=HOURS[site])).replace(tzinfo=None),
            unplanned={},
            subjects_with=lambda _form, _item: {},
        )
        return cls(plan_checks(form, study, TYPES, {}, []), setting, table_of("VS", records))

    @property
    def rows(self) -> list[Row]:
        """The records as expressions see them; what its type can not read stays text."""
        return [self._row(place, value_at(self.table, place)) for place in range(len(self.table))]

    @property
    def asked(self) -> dict[str, list[bool | None]]:
        """Who is asked for the items that skip logic rules."""
        found = {name: [condition.evaluate(row) for row in self.rows] for name, condition in self.plan.asked.items()}
        return {name: [answer if isinstance(answer, bool) else None for answer in row] for name, row in found.items()}

    def expected(self) -> list[Finding]:
        """What Cerberus finds, one record after another."""
        found = [
            finding
            for place, row in enumerate(self.rows)
            for finding in ask_fields(self.plan, self.table.key(place), value_at(self.table, place), row, {})
        ]
        return sorted(found, key=lambda finding: finding.sort_key)

    def found(self) -> FieldFindings:
        """What the columns find."""
        return field_findings(self.plan, self.table, self.setting, self.asked)

    def _row(self, place: int, values: Mapping[str, Value]) -> Row:
        return Row(
            values={
                item.item: self._typed(item, value)
                for item in self.plan.form.items
                if (value := values.get(item.item)) is not None and value.text is not None
            },
            reasons={name: str(value.missing) for name, value in values.items() if value.missing is not None},
            units={name: value.unit for name, value in values.items() if value.unit is not None},
            visit="",
            tags=frozenset(),
            timepoint="",
            today=self.setting.now(self.table.site[place]).date(),
        )

    def _typed(self, item: Item, value: Value) -> Typed:
        text = value.text or ""
        try:
            return typed_value(item, text, value.unit, self.setting.units, self.setting.typed)
        except (ArithmeticError, ValueError):
            return text


def records_of(item: str, values: Sequence[Value], site: str = "A") -> list[Record]:
    """A record for each of the values of one item."""
    return [
        Record(RecordKey(site, f"{site}-{place:04d}", "V1", 1, "VS"), {item: value})
        for place, value in enumerate(values)
    ]
