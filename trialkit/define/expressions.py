"""The expressions of forms and checks go in; what is wrong with them comes out, placed to the character.

Each expression is compiled in the scope of its form and thrown away: stations compile again what they need.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from trialkit.define.claims import Claim
from trialkit.define.located import Steps
from trialkit.errors import Problem
from trialkit.extension import ItemType
from trialkit.language import (
    Compiled,
    ExpressionError,
    Scope,
    ScopedForm,
    check_scope,
    compile_expression,
    form_scope,
    scoped_forms,
)
from trialkit.language.parse import parse
from trialkit.language.problem import ProblemCode
from trialkit.language.reach import find_unreachable
from trialkit.language.skip_reach import unreachable_items
from trialkit.language.tree import ItemName, ParameterName, walk
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.domain_mapping import DomainMapping, TestMapping
from trialkit.model.form import Form
from trialkit.model.kind import Function, Kind
from trialkit.model.protocol import Protocol

BY_PYTHON = "python"
"""What an item's `derive` says when a plugin computes it in Python."""

_ABOUT_TRUTH = (ProblemCode.NEVER_TRUE, ProblemCode.ALWAYS_TRUE)


@dataclass(frozen=True)
class Surroundings:
    """What expressions may refer to besides the items of their form.

    Attributes:
        protocol: the protocol as the study follows it.
        codelists, item_types, functions: by name.
        forms: the forms that the protocol uses: checks may read their records.
        known_forms: every form that somebody defines.
        foreign_forms: those that are not the house's.
        overridden: the parameters that the study itself gives another number.
        is_variant: whether the study follows a variant of the protocol.
    """

    protocol: Protocol
    codelists: Mapping[str, CodeList]
    item_types: Mapping[str, ItemType]
    functions: Mapping[str, Function]
    forms: Mapping[str, Form] = field(default_factory=dict)
    known_forms: frozenset[str] = frozenset()
    foreign_forms: frozenset[str] = frozenset()
    overridden: frozenset[str] = frozenset()
    is_variant: bool = False

    @cached_property
    def _kinds(self) -> Mapping[str, Kind]:
        return {name: item_type.kind for name, item_type in self.item_types.items()}

    @cached_property
    def _scoped_forms(self) -> Mapping[str, ScopedForm]:
        return scoped_forms(self.forms, self.codelists, self._kinds)

    def scope(self, form: Form) -> Scope:
        """The scope of the expressions on a form that look at one record alone."""
        return form_scope(form, self.codelists, self.protocol, self._kinds, self.functions)

    def check_scope(self, form: Form) -> Scope:
        """The scope of the checks on a form, which may read other records."""
        return check_scope(
            form, self.codelists, self.protocol, self._kinds, self.functions, self._scoped_forms, self.known_forms
        )

    def method_scope(self) -> Scope | None:
        """The scope of the methods of the protocol, which stand on no form; None while it uses no form."""
        form = next(iter(self.forms.values()), None)
        return None if form is None else replace(self.check_scope(form), form="", items={})


def check_form_expressions(claim: Claim[Form], around: Surroundings) -> Iterator[Problem]:
    """Problems of the expressions of a form's items and of its SDTM mappings, and of derivations in a circle."""
    scope = around.scope(claim.thing)
    reads: dict[str, frozenset[str]] = {}
    for steps, text, expect in _expressions(claim.thing, around.item_types):
        compiled, problems = _compile(claim, steps, text, scope, expect)
        yield from problems
        if compiled is not None and steps[-1] == "derive":
            item = claim.thing.items[int(steps[1])].item
            reads[item] = frozenset(compiled.items)
    yield from _check_circles(claim, reads)
    for found in unreachable_items(claim.thing, scope):
        place = claim.thing.item_names.index(found.item)
        code = ProblemCode.UNREACHABLE_ITEM
        yield claim.problem(("items", place, "collect_when"), code, found.message, found.remedy)


@dataclass(frozen=True, slots=True)
class CheckVerdict:
    """What is found of the expression of a check.

    Attributes:
        problems: what is wrong with it.
        set_aside: why a check of the house has no meaning in this protocol; empty when it has.
        reads: the forms whose other records it reads.
    """

    problems: tuple[Problem, ...] = ()
    set_aside: str = ""
    reads: frozenset[str] = frozenset()


def judge_check(claim: Claim[Check], form: Form, around: Surroundings) -> CheckVerdict:
    """Look at the expression of a check.

    A check of the house that speaks of a form, parameter, method or tag which this protocol does not have, or of an
    item that somebody's form in the place of the house's does not have, is set aside: the house's rules are a library.
    So is one that the numbers of the protocol put out of action. In a variant, which leaves out what its protocol has,
    the same goes for everybody's checks; otherwise that is a mistake.
    """
    text = claim.thing.when
    if text is None:
        return CheckVerdict()
    scope = around.check_scope(form)
    try:
        compiled = compile_expression(text, scope, Kind.BOOLEAN)
        unreachable = find_unreachable(compiled.tree, scope)
        if unreachable:
            raise ExpressionError(unreachable)
    except ExpressionError as error:
        if (claim.is_of_the_house or around.is_variant) and _is_of_no_use_here(text, error, around):
            return CheckVerdict(set_aside=" ".join(found.message for found in error.problems))
        return CheckVerdict(tuple(_placed(claim, ("when",), error)))
    return CheckVerdict(reads=compiled.reads)


def _is_of_no_use_here(text: str, error: ExpressionError, around: Surroundings) -> bool:
    """Whether a rule of a library is sound, and only this protocol has no use for it.

    A number that the study itself set is no such reason: whoever set it is told which rule it puts out of action.
    """
    if _speaks_of(text, around.foreign_forms):
        return True
    numbers = {node.parameter for node, _ in walk(parse(text)) if isinstance(node, ParameterName)}
    is_set_by_the_study = bool(numbers & around.overridden)
    return all(found.is_absent and not (is_set_by_the_study and found.code in _ABOUT_TRUTH) for found in error.problems)


def _speaks_of(text: str, forms: Collection[str]) -> bool:
    """Whether an expression names one of these forms."""
    named = (node for node, _ in walk(parse(text)) if isinstance(node, ItemName))
    return any(node.form in forms or (node.form is None and node.item in forms) for node in named)


def check_methods(claim: Claim[Protocol], around: Surroundings) -> Iterator[Problem]:
    """Problems of the methods of a protocol."""
    scope = around.method_scope()
    for name, method in claim.thing.methods.items():
        if scope is None:
            continue
        others = {other: text for other, text in scope.methods.items() if other != name}
        try:
            compiled = compile_expression(method.value, scope, Kind.ANY)
            unreachable = find_unreachable(compiled.tree, replace(scope, methods=others))
            if unreachable:
                raise ExpressionError(unreachable)
        except ExpressionError as error:
            yield from _placed(claim, ("methods", name, "value"), error)


def _expressions(form: Form, item_types: Mapping[str, ItemType]) -> Iterator[tuple[Steps, str, Kind]]:
    """Every expression of a form with the way to it and the kind of its result."""
    for place, item in enumerate(form.items):
        if item.collect_when is not None:
            yield ("items", place, "collect_when"), item.collect_when, Kind.BOOLEAN
        if item.derive is not None and item.derive != BY_PYTHON:
            kind = item_types[item.type].kind if item.type in item_types else Kind.ANY
            yield ("items", place, "derive"), item.derive, kind
    for place, mapping in enumerate(form.sdtm):
        here: Steps = ("sdtm", place)
        if mapping.when is not None:
            yield (*here, "when"), mapping.when, Kind.BOOLEAN
        yield from _mapped(here, mapping)
        for number, test in enumerate(mapping.tests):
            yield from _mapped((*here, "tests", number), test)


def _mapped(steps: Steps, mapping: DomainMapping | TestMapping) -> Iterator[tuple[Steps, str, Kind]]:
    for variable, text in mapping.variables.items():
        yield (*steps, "variables", variable), text, Kind.ANY
    for name, qualifier in mapping.supplemental.items():
        yield (*steps, "supplemental", name, "value"), qualifier.value, Kind.ANY


def _compile(
    claim: Claim[Form] | Claim[Check], steps: Steps, text: str, scope: Scope, expect: Kind
) -> tuple[Compiled | None, list[Problem]]:
    try:
        return compile_expression(text, scope, expect), []
    except ExpressionError as error:
        return None, list(_placed(claim, steps, error))


def _placed(
    claim: Claim[Form] | Claim[Check] | Claim[Protocol], steps: Steps, error: ExpressionError
) -> Iterator[Problem]:
    for found in error.problems:
        yield claim.problem(steps, found.code, found.message, found.remedy, found.column - 1)


def _check_circles(claim: Claim[Form], reads: Mapping[str, frozenset[str]]) -> Iterator[Problem]:
    """One problem for each circle of derived items, at the first of them on the form."""
    reported: set[str] = set()
    for place, item in enumerate(claim.thing.items):
        circle = _circle_through(item.item, reads)
        if circle and item.item not in reported:
            reported.update(circle)
            way = " needs ".join((*circle, item.item))
            message = f"derived items are computed from each other in a circle: {way}"
            yield claim.problem(("items", place, "derive"), "D130", message, "Compute one of them from other items.")


def _circle_through(start: str, reads: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    """The shortest circle of needs that leads from an item back to it; empty when there is none."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for needed in sorted(reads.get(way[-1], frozenset())):
            if needed == start:
                return way
            if needed not in seen:
                seen.add(needed)
                ways.append((*way, needed))
    return ()
