"""What an expression may speak of on one form: its items, the protocol's names, and the functions. Pure data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from trialkit.language.functions import BUILTIN_FUNCTIONS
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item
from trialkit.model.kind import Function, Kind
from trialkit.model.protocol import Protocol


@dataclass(frozen=True, slots=True)
class ScopedItem:
    """An item as expressions see it.

    Attributes:
        kind: the kind of its values; ANY when it is not known.
        codes: the codes of its code list, or None when it has none.
        labels: code to what people read.
        hard: the numbers that are possible, in the standard unit, or None.
    """

    kind: Kind
    codes: tuple[str, ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    hard: Interval | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Every name that an expression on one form may use.

    Attributes:
        form: the form whose records are read.
        items: item name to item.
        parameters: protocol parameter to its value in this study.
        functions: name to function, those of the house among them.
        visits: the visits of the protocol and of all its variants.
        tags: every tag that one of these visits carries.
        timepoints: the timepoints of the protocol.
        route: the route of administration of the protocol; empty when it does not say.
    """

    form: str
    items: Mapping[str, ScopedItem]
    parameters: Mapping[str, Decimal]
    functions: Mapping[str, Function]
    visits: frozenset[str]
    tags: frozenset[str]
    timepoints: frozenset[str]
    route: str = ""


def form_scope(
    form: Form,
    codelists: Mapping[str, CodeList],
    protocol: Protocol,
    kinds: Mapping[str, Kind],
    functions: Mapping[str, Function],
) -> Scope:
    """The scope of the expressions on a form.

    Args:
        form: the form they stand on.
        codelists: code list identifier to code list.
        protocol: the protocol with the study's parameters applied.
        kinds: item type name to the kind of its values.
        functions: functions that plugins hand in, by name; the house's own are always there and can not be replaced.

    Returns:
        The scope. An item of an unknown type may be used as anything, one with an unknown code list like free text:
        both are reported where the form is defined.
    """
    return Scope(
        form=form.form,
        items={item.item: _scoped(item, codelists, kinds) for item in form.items},
        parameters={name: parameter.value for name, parameter in protocol.parameters.items()},
        functions={**functions, **{function.name: function for function in BUILTIN_FUNCTIONS}},
        visits=frozenset(visit.visit for visit in protocol.known_visits),
        tags=frozenset(tag for visit in protocol.known_visits for tag in visit.tags),
        timepoints=frozenset(point.timepoint for point in protocol.timepoints),
        route=protocol.route,
    )


def _scoped(item: Item, codelists: Mapping[str, CodeList], kinds: Mapping[str, Kind]) -> ScopedItem:
    kind = kinds.get(item.type, Kind.ANY)
    codelist = codelists.get(item.codelist) if item.codelist else None
    if codelist is None:
        return ScopedItem(kind, hard=item.hard)
    labels = {term.code: term.display for term in codelist.terms}
    return ScopedItem(kind, codelist.codes, labels, item.hard)
