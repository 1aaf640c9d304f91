"""The condition of a rule in, everything it reads out: each with its label, its unit and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from trialkit.document.rule_phrases import join_places
from trialkit.document.rule_scans import ScanParts, take_apart
from trialkit.language.parse import parse
from trialkit.language.rowcheck import ROW_CALLS
from trialkit.language.tree import Call, ItemName, ParameterName, Tree, children
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.study import Study

__all__ = ["RuleInput", "limited_inputs", "rule_inputs"]

_LONGEST_FORMULA = 120
_BY_PYTHON = "python"
_SCHEDULE = "the schedule of the protocol"
_SOURCES = {
    "entered": "the journal",
    "entered_by": "the journal",
    "expected": _SCHEDULE,
    "missing_forms": _SCHEDULE,
    "now": "the clock of the site",
    "outside_timepoint": _SCHEDULE,
    "outside_window": _SCHEDULE,
    "route": "the protocol",
    "scheduled": _SCHEDULE,
    "subjects_with": "all subjects of the study",
    "tag": _SCHEDULE,
    "today": "the clock of the site",
    "visit_day": _SCHEDULE,
}
"""Functions that read something that is no item."""


@dataclass(frozen=True, slots=True)
class RuleInput:
    """Something that a rule reads.

    Attributes:
        name: as the rule names it: ``SYSBP``, ``DM.AGE``, ``P.bp_high``, ``first_dose()``.
        label: what people call it.
        unit: its unit; empty for none.
        origin: where it comes from.
        detail: how it is computed, or its value.
    """

    name: str
    label: str
    unit: str
    origin: str
    detail: str = ""


def rule_inputs(study: Study, form: str, condition: str) -> tuple[RuleInput, ...]:
    """What a condition reads, each once, in the order of first use.

    Args:
        study: the study.
        form: the form on which the rule stands.
        condition: the condition.
    """
    return tuple(dict.fromkeys(_Reading(study, form).of(parse(condition))))


def limited_inputs(form: Form, items: Sequence[str], code: str, origin: str = "this record") -> tuple[RuleInput, ...]:
    """The items that a rule without a condition looks at, each with the limit that it holds it against.

    Args:
        form: the form.
        items: the items that the rule is about.
        code: the rule of the house: ``V103``; empty for a rule in Python, whose limits nobody knows.
        origin: where the items come from.
    """
    found = [item for name in items if (item := form.item(name)) is not None]
    return tuple(RuleInput(item.item, item.label, item.unit or "", origin, _limit(item, code)) for item in found)


def _limit(item: Item, code: str) -> str:
    match code:
        case "V103" if item.hard is not None:
            return f"possible: {item.hard.in_words()}"
        case "V201" if item.soft is not None:
            return f"usual: {item.soft.in_words()}"
        case "V104" if item.codelist is not None:
            return f"codes of the list {item.codelist}"
        case "V202" | "V203" if item.collect_when is not None:
            return f"asked when {' '.join(item.collect_when.split())}"
        case "V202" if item.required:
            return "always asked"
        case "N101":
            return f"type {item.type}"
    return ""


@dataclass(frozen=True, slots=True)
class _Reading:
    """What a part of a condition reads; inside a scan, with the form whose records are asked, and where they are."""

    study: Study
    form: str
    scanned: str = ""
    origin: str = "this record"

    def of(self, node: Tree) -> Iterator[RuleInput]:
        match node:
            case ItemName():
                yield from self._item(node)
                return
            case ParameterName(parameter=name):
                yield from self._parameter(name)
                return
            case Call():
                yield from self._call(node)
                return
        for below in children(node):
            yield from self.of(below)

    def _call(self, node: Call) -> Iterator[RuleInput]:
        name = node.function
        method = self.study.protocol.methods.get(name)
        parts = take_apart(node, self.form)
        if parts is not None:
            yield from self._scan(parts)
        elif method is not None:
            expression = " ".join(method.value.split())
            yield RuleInput(f"{name}()", method.label, "", "method of the protocol", expression)
        elif name == "cur":
            yield from replace(self, scanned="", origin="this record").of(node.arguments[0])
        else:
            if name in _SOURCES:
                yield RuleInput(f"{name}()", ROW_CALLS[name].meaning.rstrip("."), "", _SOURCES[name])
            for argument in node.arguments:
                yield from self.of(argument)

    def _scan(self, parts: ScanParts) -> Iterator[RuleInput]:
        found = self.study.forms.get(parts.form)
        noun = "rows" if found is not None and found.reference else "records"
        whose = " of the site" if noun == "rows" else ""
        inside = replace(self, scanned=parts.form, origin=f"{noun} of {parts.form}{whose}{join_places(parts.places)}")
        if parts.value is None and not parts.asked:
            yield RuleInput(parts.form, "" if found is None else found.title, "", inside.origin)
        for node in (parts.value, *parts.asked):
            if node is not None:
                yield from inside.of(node)

    def _item(self, node: ItemName) -> Iterator[RuleInput]:
        form = self.study.forms.get(node.form or self.scanned or self.form)
        item = None if form is None else form.item(node.item)
        if form is None or item is None:
            return
        own = self.scanned or self.form
        name = item.item if form.form == self.form else f"{form.form}.{item.item}"
        if form.form == own:
            origin = self.origin
        elif form.form == self.form:
            origin = "this record"
        else:
            origin = self._companion(form)
        yield RuleInput(name, item.label, item.unit or "", origin, self._formula(form, item))

    def _companion(self, form: Form) -> str:
        """Which record of another form goes with this one."""
        protocol = self.study.protocol
        together = [visit for visit in protocol.visits if visit.entries(self.form) or self.form in protocol.log_forms]
        scheduled = [visit for visit in together if visit.entries(form.form)]
        if together and len(scheduled) == len(together):
            return f"the record of {form.form} at the same visit"
        if not scheduled:
            return f"the last record of {form.form} up to this visit"
        return f"the record of {form.form} at the same visit; at a visit without {form.form}, the last one before"

    def _formula(self, form: Form, item: Item) -> str:
        if item.derive is None:
            return ""
        if any(item.item in (score.score, score.band_item, score.prorated_item) for score in form.scores):
            return f"score, see trialkit form show {form.form}"
        formula = " ".join(item.derive.split())
        if formula == _BY_PYTHON:
            return "computed by a plugin"
        return f"computed: {formula}" if len(formula) <= _LONGEST_FORMULA else f"computed, see form {form.form}"

    def _parameter(self, name: str) -> Iterator[RuleInput]:
        found = self.study.protocol.parameters.get(name)
        if found is None:
            return
        is_overridden = name in self.study.definition.parameters
        source = "set by the study" if is_overridden else found.source
        detail = f"{found.value:f}; {source}" if source else f"{found.value:f}"
        yield RuleInput(f"P.{name}", found.label, found.unit, "parameter of the protocol", detail)
