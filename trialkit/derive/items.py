"""Derived items: computed from the record they stand on, in the same breath as it is saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time
from decimal import ROUND_HALF_UP, Decimal, localcontext
from types import MappingProxyType

from trialkit.extension import Derivation, Function, ItemType, RecordView, TypeMismatchError
from trialkit.language import Compiled, NotEvaluated, Row, compile_expression, form_scope
from trialkit.model.check import Severity
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.kind import Typed
from trialkit.model.partial import PartialDate
from trialkit.model.record import RecordKey, Value
from trialkit.model.study import Contribution, Study

BY_PYTHON = "python"
"""What an item's `derive` says when a plugin's `Derivation` computes it."""


@dataclass(frozen=True, slots=True)
class DerivationStep:
    """One derived item.

    Attributes:
        item: the item.
        form: the form it stands on.
        expression: how it is computed, or None.
        derivation: what computes it instead; None for both when no plugin does.
        parse: the item's type: a result that it does not take is no result. Raises TypeMismatchError.
        plugin: who handed in the rule.
    """

    item: Item
    form: Form
    expression: Compiled | None
    derivation: Derivation | None
    parse: Callable[[str], str]
    plugin: str


def plan_derivations(
    form: Form,
    study: Study,
    types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    derivations: Sequence[tuple[Derivation, Contribution]],
) -> tuple[DerivationStep, ...]:
    """The derived items of a form, each behind those that it reads.

    The study was compiled before: expressions are sound and there is no circle.
    """
    kinds = {name: found.kind for name, found in types.items()}
    scope = form_scope(form, study.codelists, study.protocol, kinds, functions)
    by_python = {(found.form, found.item): (found, origin.plugin) for found, origin in derivations}
    author = study.origins[f"form:{form.form}"].plugin
    waiting: list[DerivationStep] = []
    for item in form.items:
        if item.derive is None:
            continue
        parse = _parser(item, study, types[item.type])
        if item.derive == BY_PYTHON:
            derivation, plugin = by_python.get((form.form, item.item), (None, author))
            waiting.append(DerivationStep(item, form, None, derivation, parse, plugin))
        else:
            compiled = compile_expression(item.derive, scope, types[item.type].kind)
            waiting.append(DerivationStep(item, form, compiled, None, parse, author))
    return _in_order_of_need(waiting)


def derive_items(
    steps: Sequence[DerivationStep],
    key: RecordKey,
    values: Mapping[str, Value],
    read: Callable[[Mapping[str, Value]], Row],
) -> tuple[dict[str, Value | None], tuple[Finding, ...]]:
    """Compute every derived item.

    Args:
        steps: from `plan_derivations`.
        key: the record's key.
        values: the record as it will stand, without derived items of before.
        read: turns values into the row that expressions see.

    Returns:
        Item identifier to value, None where it can not be told, and a finding for each that could not be evaluated.
    """
    derived: dict[str, Value | None] = {}
    findings: list[Finding] = []
    standing = dict(values)
    for step in steps:
        text, problem = _compute(step, key, read(standing))
        if problem:
            findings.append(_not_evaluated(step, key, problem))
        value = None if text is None else Value(text=text, unit=step.item.unit)
        derived[step.item.item] = value
        if value is not None:
            standing[step.item.item] = value
    return derived, tuple(findings)


def canonical_text(value: Typed, decimals: int | None) -> str | None:
    """The stored text of a computed value; a number is rounded half up to the decimals its item states."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, Decimal):
        if decimals is not None and value.is_finite():
            with localcontext() as context:
                context.prec = max(28, value.adjusted() + decimals + 2)
                value = value.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
        return f"{value or value.copy_abs():f}"  # there is no negative zero on a form
    if isinstance(value, tuple):
        return ";".join(value)
    if isinstance(value, time):
        return value.isoformat("seconds" if value.second else "minutes")
    if isinstance(value, PartialDate):
        return str(value)
    return value


def _compute(step: DerivationStep, key: RecordKey, row: Row) -> tuple[str | None, str]:
    """The canonical text, and why there is none where that is a fault."""
    try:
        text = _evaluate(step, key, row)
        return (None if text is None else step.parse(text)), ""
    except TypeMismatchError as mismatch:
        return None, f"its result {mismatch.problem}"
    except _NotComputedError as problem:
        return None, str(problem)
    except Exception as error:  # noqa: BLE001  # the item's type may come from a plugin and raise anything
        return None, f"its type raised {type(error).__name__}"


def _evaluate(step: DerivationStep, key: RecordKey, row: Row) -> str | None:
    if step.expression is not None:
        decimals = 0 if step.item.type == "integer" else step.item.decimals
        try:
            return canonical_text(step.expression.evaluate(row), decimals)
        except NotEvaluated as problem:
            raise _NotComputedError(str(problem).rstrip(".")) from None
    if step.derivation is None:
        raise _NotComputedError("no plugin computes it")
    values = {name: row.values.get(name) for name in step.form.item_names}
    try:
        text: object = step.derivation.compute(RecordView(key, MappingProxyType(values), row.today, step.form))
    except (Exception, SystemExit) as error:  # noqa: BLE001  # a plugin's code may raise anything
        raise _NotComputedError(f"it raised {type(error).__name__}") from None
    if text is not None and not isinstance(text, str):
        raise _NotComputedError(f"its result is {type(text).__name__} instead of text")
    return text


class _NotComputedError(Exception):
    """Why an item was not computed; never holds data."""


def _parser(item: Item, study: Study, item_type: ItemType) -> Callable[[str], str]:
    codelist = study.codelists.get(item.codelist or "")
    return lambda text: item_type.parse(text, item, codelist, None)


def _in_order_of_need(waiting: list[DerivationStep]) -> tuple[DerivationStep, ...]:
    """Expressions behind what they read; Python, which does not say what it reads, behind all that can go before."""
    ordered: list[DerivationStep] = []
    names = {step.item.item for step in waiting}
    while waiting:
        done = {step.item.item for step in ordered}
        ready = [step for step in waiting if step.expression and not (set(step.expression.items) & names) - done]
        ready = ready or [step for step in waiting if step.expression is None] or waiting
        ordered += ready
        waiting = [step for step in waiting if step not in ordered]
    return tuple(ordered)


def _not_evaluated(step: DerivationStep, key: RecordKey, problem: str) -> Finding:
    return Finding(
        code="V302",
        severity=Severity.SOFT,
        message=f"{step.item.item} was not computed: {problem}.",
        remedy="Compute it by hand for now, and tell the author of the form.",
        key=key,
        item=step.item.item,
        plugin=step.plugin,
        evaluated=False,
    )
