"""The mappings that forms carry in, compiled expressions out; and a record in, the values of its variables out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal

from trialkit.export.plain_number import as_text, within_double_precision
from trialkit.export.sdtm.draft import Fault, Qualifier
from trialkit.export.sdtm.standard import Standard, StandardDomain, StandardVariable
from trialkit.extension import ItemType
from trialkit.language import Compiled, NotEvaluated, Row, Scope, compile_expression, form_scope
from trialkit.model.dataset import Datum, VariableType
from trialkit.model.domain_mapping import DomainMapping, SupplementalQualifier, TestMapping
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName
from trialkit.model.kind import Function, Kind, Typed
from trialkit.model.partial import PartialDate
from trialkit.model.study import Study

__all__ = [
    "CompiledMapping",
    "CompiledQualifier",
    "CompiledTest",
    "MappedRow",
    "MappedVariable",
    "compile_mappings",
    "evaluate",
    "qualify",
]

MappedRow = tuple[dict[str, Datum], tuple[Fault, ...], tuple[Qualifier, ...]]
"""The values of one row, what was wrong with them, and its supplemental qualifiers."""

_SEVERAL = "MULTIPLE"
"""What SDTMIG 4.2.8.3 puts in a qualifier to which a subject gave several answers."""


@dataclass(frozen=True, slots=True)
class MappedVariable:
    """A variable and where it comes from.

    Attributes:
        standard: the variable.
        compiled: the expression.
        item: the item, when the expression is nothing but an item's name.
        is_constant: whether it reads no item at all.
        holds_free_text: whether one of the items it reads is free text.
    """

    standard: StandardVariable
    compiled: Compiled
    item: Item | None
    is_constant: bool
    holds_free_text: bool


@dataclass(frozen=True, slots=True)
class CompiledQualifier:
    """A supplemental qualifier and where its value comes from."""

    qnam: str
    defined: SupplementalQualifier
    compiled: Compiled


@dataclass(frozen=True, slots=True)
class CompiledTest:
    """One test of a findings domain laid out wide."""

    testcd: str
    test: str
    item: Item
    variables: tuple[MappedVariable, ...]
    qualifiers: tuple[CompiledQualifier, ...] = ()


@dataclass(frozen=True, slots=True)
class CompiledMapping:
    """How the records of one form become rows of one domain; `unknown` names variables that the standard lacks."""

    form: Form
    domain: StandardDomain
    when: Compiled | None
    variables: tuple[MappedVariable, ...]
    tests: tuple[CompiledTest, ...]
    unknown: tuple[str, ...]
    qualifiers: tuple[CompiledQualifier, ...] = ()

    @property
    def reported_apart(self) -> frozenset[str]:
        """The items that supplemental qualifiers read."""
        return frozenset(item for qualifier in self.qualifiers for item in qualifier.compiled.items)

    @property
    def every_variable(self) -> Iterator[MappedVariable]:
        """Those of the mapping and those of its tests."""
        yield from self.variables
        for test in self.tests:
            yield from test.variables


def compile_mappings(
    study: Study, standard: Standard, item_types: Mapping[str, ItemType], functions: Mapping[str, Function]
) -> tuple[CompiledMapping, ...]:
    """Every mapping of every form to a domain that the standard has, in the order of forms and mappings."""
    kinds = {name: item_type.kind for name, item_type in item_types.items()}
    compiled = []
    for name in sorted(study.forms):
        form = study.forms[name]
        scope = form_scope(form, study.codelists, study.protocol, kinds, functions)
        found = [mapping for mapping in form.sdtm if mapping.domain in standard.domains]
        compiled += [_compile(form, mapping, standard, scope) for mapping in found]
    return tuple(compiled)


def evaluate(
    variables: tuple[MappedVariable, ...], row: Row, apart: frozenset[str] = frozenset()
) -> tuple[dict[str, Datum], tuple[Fault, ...]]:
    """The values of mapped variables on one record, and what was wrong with them.

    Several answers in one variable are no fault where supplemental qualifiers report them: `apart` are the items that
    these read.
    """
    values: dict[str, Datum] = {}
    faults: list[Fault] = []
    for variable in variables:
        try:
            typed = variable.compiled.evaluate(row)
        except NotEvaluated:
            faults.append(Fault("X112", variable.standard.name))
            continue
        datum = _datum(typed, variable.standard.type)
        values[variable.standard.name] = datum
        if datum is None and typed not in (None, ""):
            faults.append(Fault("X110", variable.standard.name))
        if isinstance(typed, tuple) and len(typed) > 1 and not apart.intersection(variable.compiled.items):
            faults.append(Fault("X108", variable.standard.name))
    return values, tuple(faults)


def qualify(qualifiers: tuple[CompiledQualifier, ...], row: Row) -> tuple[tuple[Qualifier, ...], tuple[Fault, ...]]:
    """The supplemental qualifiers of one record that have a value, and what was wrong with others."""
    found: list[Qualifier] = []
    faults: list[Fault] = []
    for qualifier in qualifiers:
        try:
            text = _text(qualifier.compiled.evaluate(row))
        except NotEvaluated:
            faults.append(Fault("X112", qualifier.qnam))
            continue
        if text:
            defined = qualifier.defined
            found.append(Qualifier(qualifier.qnam, defined.label, text, defined.origin, defined.evaluator))
    return tuple(found), tuple(faults)


def _compile(form: Form, mapping: DomainMapping, standard: Standard, scope: Scope) -> CompiledMapping:
    names = {*mapping.variables, *(name for test in mapping.all_tests for name in test.variables)}
    unknown = tuple(sorted(name for name in names if standard.variable(mapping.domain, name) is None))
    tests = tuple(_compile_test(form, mapping.domain, test, standard, scope) for test in mapping.all_tests)
    return CompiledMapping(
        form=form,
        domain=standard.domains[mapping.domain],
        when=None if mapping.when is None else compile_expression(mapping.when, scope, Kind.BOOLEAN),
        variables=_compile_variables(form, mapping.domain, mapping.variables, standard, scope),
        tests=tuple(test for test in tests if test is not None),
        unknown=unknown,
        qualifiers=_compile_qualifiers(mapping.supplemental, scope),
    )


def _compile_qualifiers(defined: Mapping[str, SupplementalQualifier], scope: Scope) -> tuple[CompiledQualifier, ...]:
    return tuple(
        CompiledQualifier(qnam, found, compile_expression(found.value, scope, Kind.ANY))
        for qnam, found in defined.items()
    )


def _compile_test(form: Form, domain: str, test: TestMapping, standard: Standard, scope: Scope) -> CompiledTest | None:
    item = form.item(test.result)
    if item is None:
        return None
    variables = _compile_variables(form, domain, test.variables, standard, scope)
    name = _test_name(test, domain, item, standard)
    return CompiledTest(test.testcd, name, item, variables, _compile_qualifiers(test.supplemental, scope))


def _test_name(test: TestMapping, domain: str, item: Item, standard: Standard) -> str:
    """--TEST: as the mapping says, as the controlled terms say, or the label of an item that is its own test."""
    own_label = item.label if test.testcd == item.item else ""
    return test.test or standard.test_name(domain, test.testcd) or own_label


def _compile_variables(
    form: Form, domain: str, expressions: Mapping[str, str], standard: Standard, scope: Scope
) -> tuple[MappedVariable, ...]:
    mapped = []
    for name, expression in expressions.items():
        variable = standard.variable(domain, name)
        if variable is None:
            continue
        compiled = compile_expression(expression, scope, Kind.ANY)
        items = [item for item in form.items if item.item in compiled.items]
        free = any(item.type == ItemTypeName.TEXT for item in items)
        bare = form.item(expression.strip().removeprefix(f"{form.form}."))
        mapped.append(MappedVariable(variable, compiled, bare, not items, free))
    return tuple(mapped)


def _datum(typed: Typed, kind: VariableType) -> Datum:
    if kind is VariableType.NUM:
        return _number(typed)
    return _text(typed)


def _number(typed: Typed) -> Decimal | None:
    """The number, also of a text that is one; None for everything else."""
    if isinstance(typed, str):
        try:
            typed = Decimal(typed)
        except ArithmeticError:
            return None
    if isinstance(typed, Decimal) and typed.is_finite():
        return within_double_precision(typed)
    return None


def _text(typed: Typed) -> str | None:
    if isinstance(typed, bool):
        return "Y" if typed else "N"
    if isinstance(typed, Decimal):
        return as_text(within_double_precision(typed))
    if isinstance(typed, tuple):
        return (typed[0] if len(typed) == 1 else _SEVERAL) if typed else None
    if isinstance(typed, time):
        return f"{typed:%H:%M}" if not typed.second else f"{typed:%H:%M:%S}"
    return str(typed) if isinstance(typed, PartialDate) else typed or None
