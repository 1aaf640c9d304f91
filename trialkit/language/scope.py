"""What an expression may speak of on one form: its items, the protocol's names, and the functions. Pure data."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from trialkit.language.functions import BUILTIN_FUNCTIONS
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item, ItemTypeName
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
        unit: the standard unit as written, or None.
        whole: whether its numbers are always whole; a number that was converted need not be.
    """

    kind: Kind
    codes: tuple[str, ...] | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    hard: Interval | None = None
    unit: str | None = None
    whole: bool = False


@dataclass(frozen=True, slots=True)
class ScopedForm:
    """A form of the study as expressions of other forms see it.

    Attributes:
        items: item name to item.
        repeating: whether a visit may have several records of it.
    """

    items: Mapping[str, ScopedItem]
    repeating: bool = False


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
        forms: the forms whose records may be read beside the own one; empty for what reads one record alone.
        known_forms: forms that somebody defines and that this protocol does not use.
        methods: name of a method of the protocol to its expression; empty for what reads one record alone.
        parameter_units: protocol parameter to its unit as written.
        rule_form: inside a scan the form on which the rule stands; empty outside.
        rule_items: inside a scan the items of that form.
    """

    form: str
    items: Mapping[str, ScopedItem]
    parameters: Mapping[str, Decimal]
    functions: Mapping[str, Function]
    visits: frozenset[str]
    tags: frozenset[str]
    timepoints: frozenset[str]
    route: str = ""
    forms: Mapping[str, ScopedForm] = field(default_factory=dict)
    known_forms: frozenset[str] = frozenset()
    methods: Mapping[str, str] = field(default_factory=dict)
    parameter_units: Mapping[str, str] = field(default_factory=dict)
    rule_form: str = ""
    rule_items: Mapping[str, ScopedItem] = field(default_factory=dict)

    def of_form(self, form: str) -> Scope:
        """The same inside a scan of a form."""
        rule = (self.rule_form, self.rule_items) if self.rule_form else (self.form, self.items)
        return replace(self, form=form, items=self.forms[form].items, rule_form=rule[0], rule_items=rule[1])

    def of_rule(self) -> Scope:
        """The same, back at the record on which the rule stands."""
        if not self.rule_form:
            return self
        return replace(self, form=self.rule_form, items=self.rule_items, rule_form="", rule_items={})


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
        parameter_units={name: parameter.unit for name, parameter in protocol.parameters.items()},
    )


def check_scope(
    form: Form,
    codelists: Mapping[str, CodeList],
    protocol: Protocol,
    kinds: Mapping[str, Kind],
    functions: Mapping[str, Function],
    forms: Mapping[str, ScopedForm],
    known_forms: Collection[str] = (),
) -> Scope:
    """The scope of the checks on a form: as `form_scope`, and they may read the records of other forms.

    Args:
        form, codelists, protocol, kinds, functions: see `form_scope`.
        forms: the forms that the protocol uses, see `scoped_forms`.
        known_forms: every form that somebody defines.
    """
    return replace(
        form_scope(form, codelists, protocol, kinds, functions),
        forms=forms,
        known_forms=frozenset(known_forms),
        methods={name: method.value for name, method in protocol.methods.items()},
    )


def scoped_forms(
    forms: Mapping[str, Form], codelists: Mapping[str, CodeList], kinds: Mapping[str, Kind]
) -> Mapping[str, ScopedForm]:
    """The forms of a study as expressions of other forms see them; each is made ready when it is first asked for.

    Args:
        forms: the forms that the protocol uses, by identifier.
        codelists: code list identifier to code list.
        kinds: item type name to the kind of its values.
    """
    return _ScopedForms(forms, codelists, kinds)


class _ScopedForms(Mapping[str, ScopedForm]):
    def __init__(self, forms: Mapping[str, Form], codelists: Mapping[str, CodeList], kinds: Mapping[str, Kind]) -> None:
        self._forms = forms
        self._codelists = codelists
        self._kinds = kinds
        self._made: dict[str, ScopedForm] = {}

    def __getitem__(self, form: str) -> ScopedForm:
        if form not in self._made:
            found = self._forms[form]
            items = {item.item: _scoped(item, self._codelists, self._kinds) for item in found.items}
            self._made[form] = ScopedForm(items, repeating=found.repeating)
        return self._made[form]

    def __iter__(self) -> Iterator[str]:
        return iter(self._forms)

    def __len__(self) -> int:
        return len(self._forms)


def _scoped(item: Item, codelists: Mapping[str, CodeList], kinds: Mapping[str, Kind]) -> ScopedItem:
    kind = kinds.get(item.type, Kind.ANY)
    codelist = codelists.get(item.codelist) if item.codelist else None
    if codelist is None:
        whole = item.type == ItemTypeName.INTEGER and len(item.accepted_units) <= 1
        return ScopedItem(kind, hard=item.hard, unit=item.unit, whole=whole)
    labels = {term.code: term.display for term in codelist.terms}
    return ScopedItem(kind, codelist.codes, labels, item.hard)
