"""Cerberus errors in, findings out: for each rule a code, a severity, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from cerberus.errors import ValidationError

from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.item import Item
from trialkit.model.record import CellReference, RecordKey, Value


@dataclass(frozen=True, slots=True)
class _Explanation:
    code: str
    severity: Severity
    message: str
    remedy: str


_EXPLANATIONS = {
    "type": _Explanation(
        "V101", Severity.HARD, "{shown} is not of the type {type}", "Enter the value again as the form asks for it."
    ),
    "finite": _Explanation("V102", Severity.HARD, "{shown} is not a finite number", "Enter the number as written."),
    "hard_range": _Explanation(
        "V103", Severity.HARD, "{shown} is outside the possible range, {info}", "Compare it with the source document."
    ),
    "soft_range": _Explanation(
        "V201", Severity.SOFT, "{shown} is unusual; expected is {info}", "Confirm it against the source document."
    ),
    "listed": _Explanation(
        "V104", Severity.HARD, "{info} is not in the list {codelist}", "Choose a code from the list."
    ),
    "reasons": _Explanation(
        "V105", Severity.HARD, "the missing reason .{info} is not accepted here", "Choose an accepted reason."
    ),
    "past": _Explanation(
        "V204",
        Severity.SOFT,
        "{shown} lies in the future",
        "Correct it, or confirm it against the source document.",
    ),
    "answered": _Explanation(
        "V202", Severity.SOFT, "is required and blank", "Enter a value, or a missing reason such as .ND."
    ),
    "asked": _Explanation(
        "V203", Severity.SOFT, "is filled in although it does not apply here", "Clear it, or correct what rules it out."
    ),
}


def explain_error(
    error: ValidationError, item: Item, key: RecordKey, value: Value | None, source: CellReference | None
) -> Finding:
    """One Cerberus error as a finding. `value` is the item's stored form, for the message."""
    explanation = _EXPLANATIONS[error.rule]
    info = error.info[0] if error.info else ""
    shown = _shown(value, item, error.value)
    text = explanation.message.format(
        shown=shown, info=_with_unit(info, error.rule, item), type=item.type, codelist=item.codelist
    )
    separator = " " if explanation.message.startswith("is ") else ": "
    return Finding(
        code=explanation.code,
        severity=explanation.severity,
        message=f"{item.item}{separator}{text}.",
        remedy=explanation.remedy,
        key=key,
        item=item.item,
        source=source,
        action=Action.REJECT if explanation.severity is Severity.HARD else Action.QUERY,
    )


def _with_unit(info: str, rule: str, item: Item) -> str:
    return f"{info} {item.unit}" if item.unit and rule in ("hard_range", "soft_range") else info


def _shown(value: Value | None, item: Item, standard: object) -> str:
    """The value as it was given, and in the standard unit where that is another."""
    if value is None or value.text is None:
        return ""
    given = " ".join(filter(None, (value.text, value.unit)))
    is_converted = isinstance(standard, Decimal) and value.unit not in (None, item.unit)
    return f"{given} ({standard:.2f} {item.unit})" if is_converted else given
