"""A record of a form in, rows of a findings domain out: original result, standard result, or why it was not done."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from trialkit.export.plain_number import plain_number, within_double_precision
from trialkit.export.sdtm.draft import Fault
from trialkit.export.sdtm.mapping import CompiledMapping, CompiledTest, MappedRow, MappedVariable, evaluate, qualify
from trialkit.export.sdtm.standard import Standard, StandardDomain
from trialkit.language import Row
from trialkit.model.codelist import CodeList
from trialkit.model.dataset import Datum
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.record import Record, Value
from trialkit.model.study import Study
from trialkit.model.unit import UnitConversion, to_standard_unit

__all__ = ["finding_rows"]

_Values = tuple[dict[str, Datum], tuple[Fault, ...]]
"""The values of one row and what was wrong with them."""

_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?$", re.ASCII)
_NOT_NUMBERS = (ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE, ItemTypeName.TIME, ItemTypeName.DATETIME)
_RESULT = ("ORRES", "ORRESU", "STRESC", "STRESN", "STRESU")


@dataclass(frozen=True, slots=True)
class _Result:
    """A result as it was given: what people read, what stands for it, its unit, and the unit it should have.

    A code is kept as it is, also when it is a digit; a date is no number, also when it is only a year. A text item with
    a test of its own is no number either, also when it is all digits; laid out long, one text item holds the results
    of many tests, numbers among them.
    """

    shown: str
    standing: str
    unit: str | None
    standard_unit: str | None
    is_code: bool = False
    is_text: bool = False
    is_date: bool = False
    is_derived: bool = False


def finding_rows(
    mapping: CompiledMapping, record: Record, row: Row, study: Study, standard: Standard
) -> Iterator[MappedRow]:
    """The rows that one record makes.

    Laid out wide (the mapping has tests): one row for each test whose item has a value or a missing reason, or for
    which the mapping says --STAT; the variables of a test win over those of the mapping. Laid out long: one row.
    A mapped variable that has a value wins over a made one; a row that was not done has no result.
    """
    shared, faults = evaluate(mapping.variables, row)
    common, spoilt = qualify(mapping.qualifiers, row)
    faults += spoilt
    if not mapping.tests:
        yield *_long_row(mapping, record, shared, faults, study, standard), common
        return
    for test in mapping.tests:
        own, own_faults = evaluate(test.variables, row)
        value = record.values.get(test.item.item)
        mapped = {**shared, **own}
        if value is not None or mapped.get(mapping.domain.named("STAT")):
            values, found = _test_row(mapping.domain, test, value, mapped, study)
            qualifiers, spoilt = qualify(test.qualifiers, row)
            yield values, faults + own_faults + found + spoilt, (*common, *qualifiers)


def _test_row(
    domain: StandardDomain, test: CompiledTest, value: Value | None, mapped: Mapping[str, Datum], study: Study
) -> _Values:
    topic: dict[str, Datum] = {domain.named("TESTCD"): test.testcd, domain.named("TEST"): test.test or None}
    result = _result_of(value, test.item, study.codelists, is_wide=True)
    made, faults = _made(domain, result, value, mapped, study.units)
    return {**topic, **made}, faults


def _long_row(
    mapping: CompiledMapping,
    record: Record,
    shared: Mapping[str, Datum],
    faults: tuple[Fault, ...],
    study: Study,
    standard: Standard,
) -> _Values:
    domain = mapping.domain
    item = _result_item(mapping.variables, domain.named("ORRES"))
    value = record.values.get(item.item) if item else None
    testcd = shared.get(domain.named("TESTCD"))
    test = standard.test_name(domain.domain, testcd) if isinstance(testcd, str) else ""
    if item is not None:
        result = _result_of(value, item, study.codelists)
        shared = {name: datum for name, datum in shared.items() if name != domain.named("ORRES")}
    else:
        text = shared.get(domain.named("ORRES"))
        result = _Result(text, text, None, None) if isinstance(text, str) else None
    made, found = _made(domain, result, value, shared, study.units)
    if made.get(domain.named("TEST")) is None:
        made[domain.named("TEST")] = test or None
    return made, faults + found


def _made(
    domain: StandardDomain,
    result: _Result | None,
    value: Value | None,
    mapped: Mapping[str, Datum],
    conversions: Iterable[UnitConversion],
) -> _Values:
    """Mapped variables over made ones; nothing but the status where there is no result."""
    given = _given(mapped)
    if result is None:
        blank: dict[str, Datum] = {name: datum for name, datum in mapped.items() if name not in _results(domain)}
        return {**blank, **_not_done(domain, value), **_given(blank)}, ()
    made, faults = _standardised(domain, result, given, conversions)
    values = {**mapped, **made, **given}
    is_wording = result.is_date or (result.is_text and domain.named("STRESC") not in given)
    if not is_wording and values.get(domain.named("STRESN")) is None:
        values[domain.named("STRESN")] = _as_number(values[domain.named("STRESC")])
    return values, faults


def _standardised(
    domain: StandardDomain, result: _Result, given: Mapping[str, Datum], conversions: Iterable[UnitConversion]
) -> _Values:
    """--ORRES to --STRESU, except --STRESN, which is read back from --STRESC so that the two never differ."""
    mapped_unit, mapped_standard = given.get(domain.named("ORRESU")), given.get(domain.named("STRESU"))
    original_unit = mapped_unit if isinstance(mapped_unit, str) else result.unit
    unit = result.unit or original_unit
    wanted = mapped_standard if isinstance(mapped_standard, str) else result.standard_unit
    number = None if result.is_code or result.is_date or result.is_text else _as_number(result.standing)
    standing, standard_unit = result.standing, original_unit
    faults: tuple[Fault, ...] = ()
    if number is not None:
        converted = to_standard_unit(number, unit, wanted, conversions)
        if converted is None:
            standing = plain_number(number)
            is_mapped = domain.named("STRESC") in given
            faults = () if is_mapped else (Fault("X109", domain.named("STRESC"), f"{unit} to {wanted}"),)
        else:
            standing = plain_number(converted if converted == number else within_double_precision(converted))
            standard_unit = wanted or original_unit
    values: dict[str, Datum] = {domain.named("STRESC"): standing, domain.named("STRESU"): standard_unit}
    if result.is_derived:
        return {**values, domain.named("DRVFL"): "Y"}, faults
    return {domain.named("ORRES"): result.shown, domain.named("ORRESU"): original_unit, **values}, faults


def _result_of(
    value: Value | None, item: Item, codelists: Mapping[str, CodeList], *, is_wide: bool = False
) -> _Result | None:
    if value is None or value.text is None:
        return None
    shown = _decoded(value.text, codelists.get(item.codelist)) if item.codelist else value.text
    return _Result(
        shown=shown,
        standing=value.text,
        unit=value.unit or item.unit,
        standard_unit=item.unit,
        is_code=item.codelist is not None,
        is_text=is_wide and item.type == ItemTypeName.TEXT and item.codelist is None,
        is_date=item.type in _NOT_NUMBERS,
        is_derived=item.derive is not None,
    )


def _decoded(text: str, codelist: CodeList | None) -> str:
    codes = [code.strip() for code in text.split(";")]
    terms = [codelist.term(code) if codelist else None for code in codes]
    return "; ".join(code if term is None else term.display for code, term in zip(codes, terms, strict=True))


def _not_done(domain: StandardDomain, value: Value | None) -> dict[str, Datum]:
    """--STAT and --REASND of a missing result; "not done" says nothing about why."""
    if value is None or value.missing is None:
        return {}
    reason = None if value.missing is MissingReason.NOT_DONE else value.missing.in_words
    return {domain.named("STAT"): "NOT DONE", domain.named("REASND"): reason}


def _as_number(datum: Datum) -> Decimal | None:
    if not isinstance(datum, str) or not _NUMBER.match(datum):
        return None
    return Decimal(datum)


def _result_item(variables: tuple[MappedVariable, ...], orres: str) -> Item | None:
    return next((variable.item for variable in variables if variable.standard.name == orres), None)


def _results(domain: StandardDomain) -> frozenset[str]:
    return frozenset(domain.named(suffix) for suffix in _RESULT)


def _given(values: Mapping[str, Datum]) -> dict[str, Datum]:
    return {name: datum for name, datum in values.items() if datum is not None}
