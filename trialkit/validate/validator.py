"""Our Cerberus validator: the types and rules of a form's items.

A document has one entry per item of the form: a typed value (numbers in the item's standard unit), a
`MissingReason`, or None for a blank. Cerberus walks the rules and explains what is wrong; it never normalises here.
"""

from __future__ import annotations

from datetime import time
from decimal import Decimal
from typing import Any

from cerberus import TypeDefinition, Validator
from cerberus.errors import ErrorDefinition

from trialkit.model.interval import Interval
from trialkit.model.item import MissingReason
from trialkit.model.partial import PartialDate

# Codes from 0x1000 on are free for rules of one's own; the rule's name is what `explain` reads.
FINITE = ErrorDefinition(0x1001, "finite")
HARD_RANGE = ErrorDefinition(0x1002, "hard_range")
SOFT_RANGE = ErrorDefinition(0x1003, "soft_range")
LISTED = ErrorDefinition(0x1004, "listed")
REASONS = ErrorDefinition(0x1005, "reasons")
ANSWERED = ErrorDefinition(0x1006, "answered")
ASKED = ErrorDefinition(0x1007, "asked")
PAST = ErrorDefinition(0x1008, "past")


class RecordValidator(Validator):  # type: ignore[misc]  # cerberus is not typed
    """Validates one record. Rules that need the whole record look at `self.document`.

    The rules are named after what they demand; each breach is one error whose rule name decides code and severity
    (`trialkit.validate.explain`).
    """

    types_mapping = {  # noqa: RUF012  # the name and shape that cerberus looks for
        **Validator.types_mapping,
        "number": TypeDefinition("number", (Decimal, MissingReason), ()),
        "text": TypeDefinition("text", (str,), ()),
        "codes": TypeDefinition("codes", (tuple, MissingReason), ()),
        "moment": TypeDefinition("moment", (PartialDate, MissingReason), ()),
        "clock": TypeDefinition("clock", (time, MissingReason), ()),
        "truth": TypeDefinition("truth", (bool, MissingReason), ()),
    }

    def _validate_finite(self, constraint: bool, field: str, value: Any) -> None:  # Any: cerberus hands in anything
        """{'type': 'boolean'}"""
        if constraint and isinstance(value, Decimal) and not value.is_finite():
            self._error(field, FINITE)

    def _validate_hard_range(self, constraint: Interval, field: str, value: Any) -> None:  # Any: as above
        """{'nullable': False}"""
        if isinstance(value, Decimal) and value.is_finite() and value not in constraint:
            self._error(field, HARD_RANGE, constraint.in_words())

    def _validate_soft_range(self, constraint: Interval, field: str, value: Any) -> None:  # Any: as above
        """{'nullable': False}"""
        hard = self.schema[field].get("hard_range")
        if hard is not None and isinstance(value, Decimal) and value.is_finite() and value not in hard:
            return  # said already, and worse
        if isinstance(value, Decimal) and value.is_finite() and value not in constraint:
            self._error(field, SOFT_RANGE, constraint.in_words())

    def _validate_listed(self, constraint: tuple[str, ...], field: str, value: Any) -> None:  # Any: as above
        """{'type': 'list'}"""
        if value is None or isinstance(value, MissingReason):
            return
        strange = [code for code in (value if isinstance(value, tuple) else (value,)) if code not in constraint]
        if strange:
            self._error(field, LISTED, ", ".join(strange))

    def _validate_reasons(self, constraint: tuple[MissingReason, ...], field: str, value: Any) -> None:  # Any: as above
        """{'type': 'list'}"""
        if isinstance(value, MissingReason) and value not in constraint:
            self._error(field, REASONS, value.value)

    def _validate_answered(self, constraint: bool, field: str, value: Any) -> None:  # Any: as above
        """{'type': 'boolean'}"""
        if constraint and value is None and self._is_asked(field) is True:
            self._error(field, ANSWERED)

    def _validate_asked(self, constraint: bool, field: str, value: Any) -> None:  # Any: as above
        """{'type': 'boolean'}"""
        if constraint and value is not None and self._is_asked(field) is False:
            self._error(field, ASKED)

    def _validate_past(self, constraint: bool, field: str, value: Any) -> None:  # Any: as above
        """{'type': 'boolean'}"""
        today: PartialDate = self._config["today"]
        if constraint and isinstance(value, PartialDate) and value.compare(today) == 1:
            self._error(field, PAST)

    def _is_asked(self, field: str) -> bool | None:
        """Whether skip logic asks for the item in this record; None when it can not tell."""
        asked: dict[str, bool | None] = self._config.get("asked", {})
        return asked.get(field, True)
