"""The expressions of forms and checks go in; what is wrong with them comes out, placed to the character.

Each expression is compiled in the scope of its form and thrown away: stations compile again what they need.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialkit.define.claims import Claim
from trialkit.define.located import Steps
from trialkit.errors import Problem
from trialkit.extension import ItemType
from trialkit.language import Compiled, ExpressionError, Scope, compile_expression, form_scope
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.domain_mapping import DomainMapping, TestMapping
from trialkit.model.form import Form
from trialkit.model.kind import Function, Kind
from trialkit.model.protocol import Protocol

BY_PYTHON = "python"
"""What an item's `derive` says when a plugin computes it in Python."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What expressions may refer to besides the items of their form."""

    protocol: Protocol
    codelists: Mapping[str, CodeList]
    item_types: Mapping[str, ItemType]
    functions: Mapping[str, Function]

    def scope(self, form: Form) -> Scope:
        """The scope of the expressions on a form."""
        kinds = {name: item_type.kind for name, item_type in self.item_types.items()}
        return form_scope(form, self.codelists, self.protocol, kinds, self.functions)


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


def check_check_expression(claim: Claim[Check], form: Form, around: Surroundings) -> list[Problem]:
    """Problems of the expression of a check."""
    return _compile(claim, ("when",), claim.thing.when, around.scope(form), Kind.BOOLEAN)[1]


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
        return None, [
            claim.problem(steps, found.code, found.message, found.remedy, found.column - 1) for found in error.problems
        ]


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
