"""Units and their conversion, exact in decimals: a value keeps its own unit, the standard one is computed."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, localcontext

from pydantic import Field

from trialkit.model.base import Label, Noun


class UnitConversion(Noun):
    """`standard = (given + shift) * factor`, then rounded half up to `decimals` when they are stated.

    Attributes:
        unit: the unit as given, for example ``LB``.
        to: the standard unit, for example ``kg``.
        factor: multiplier.
        shift: added before multiplying (Fahrenheit: -32).
        divisor: divides after multiplying, for ratios without a finite decimal (5/9).
        decimals: places of the result; None keeps every digit.
        source: where the factor comes from.
    """

    unit: Label
    to: Label
    factor: Decimal = Decimal(1)
    shift: Decimal = Decimal(0)
    divisor: Decimal = Field(default=Decimal(1), gt=0)
    decimals: int | None = Field(default=None, ge=0, le=12)
    source: str = ""

    def convert(self, number: Decimal) -> Decimal:
        """The number in the standard unit; half-up rounding only where `decimals` says so."""
        with localcontext() as context:
            context.prec = 50
            result = (number + self.shift) * self.factor / self.divisor
            if self.decimals is not None:
                context.prec = 200  # a number may be longer than the result needs digits
                result = result.quantize(Decimal(1).scaleb(-self.decimals), rounding=ROUND_HALF_UP)
        return result


def to_standard_unit(
    number: Decimal, unit: str | None, standard: str | None, conversions: Iterable[UnitConversion]
) -> Decimal | None:
    """Express a number in the item's standard unit.

    Returns the number unchanged when the units are equal or either is absent, and None when no conversion
    is defined between the two.
    """
    if unit is None or standard is None or unit == standard:
        return number
    for conversion in conversions:
        if conversion.unit == unit and conversion.to == standard:
            return conversion.convert(number)
    return None
