"""Number formats: what a format code makes of each number: a date, a clock, a share of hundred, leading zeros.

A format code as it stands in the file goes in, a `NumberFormat` comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from trialkit.spreadsheet.format_sections import PLAIN, Condition, CutSection, Section, cut_sections, holds

GENERAL = "General"
_BUILT_IN = {
    0: GENERAL,
    1: "0",
    2: "0.00",
    3: "#,##0",
    4: "#,##0.00",
    5: '"$"#,##0_);\\("$"#,##0\\)',
    6: '"$"#,##0_);[Red]\\("$"#,##0\\)',
    7: '"$"#,##0.00_);\\("$"#,##0.00\\)',
    8: '"$"#,##0.00_);[Red]\\("$"#,##0.00\\)',
    9: "0%",
    10: "0.00%",
    11: "0.00E+00",
    12: "# ?/?",
    13: "# ??/??",
    14: "mm-dd-yy",
    15: "d-mmm-yy",
    16: "d-mmm",
    17: "mmm-yy",
    18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM",
    20: "h:mm",
    21: "h:mm:ss",
    22: "m/d/yy h:mm",
    37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)",
    39: "#,##0.00;(#,##0.00)",
    40: "#,##0.00;[Red](#,##0.00)",
    41: '_(* #,##0_);_(* \\(#,##0\\);_(* "-"_);_(@_)',
    42: '_("$"* #,##0_);_("$"* \\(#,##0\\);_("$"* "-"_);_(@_)',
    43: '_(* #,##0.00_);_(* \\(#,##0.00\\);_(* "-"??_);_(@_)',
    44: '_("$"* #,##0.00_);_("$"* \\(#,##0.00\\);_("$"* "-"??_);_(@_)',
    45: "mm:ss",
    46: "[h]:mm:ss",
    47: "mmss.0",
    48: "##0.0E+0",
    49: "@",
}
"""ECMA-376 part 1, 18.8.30. Numbers 27 to 36 and 50 to 58 are dates and clocks of East Asian programs.

The standard leaves 5 to 8 and 41 to 44, currencies and accounts, to the country of the program. What stands here is
what programs in US English show, as the built-in tables of openpyxl and Apache POI have it.
"""
_EAST_ASIAN = dict.fromkeys((*range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-m-d") | dict.fromkeys(
    (*range(32, 36), 55, 56), "h:mm:ss"
)
_THAI = {
    59: "t0",
    60: "t0.00",
    61: "t#,##0",
    62: "t#,##0.00",
    67: "t0%",
    68: "t0.00%",
    69: "t# ?/?",
    70: "t# ??/??",
    71: "d/m/yyyy",
    72: "d-mmm-yy",
    73: "d-mmm",
    74: "mmm-yy",
    75: "h:mm",
    76: "h:mm:ss",
    77: "d/m/yyyy h:mm",
    78: "mm:ss",
    79: "[h]:mm:ss",
    80: "mm:ss.0",
    81: "d/m/bb",
}
"""The same section, th-TH. The standard writes their letters in Thai; t stands for Thai digits."""
_GENERAL_WORDS = ("", "general", "standard")
"""Some German programs write their own word for the general format."""


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format code and what it does to numbers and texts.

    Attributes:
        code: as in the file; empty for the general format.
        branches: sections for numbers in the order in which they are tried, each with its condition; the last has none.
        of_text: what it does to texts.
    """

    code: str
    branches: tuple[tuple[Condition | None, Section], ...] = ((None, PLAIN),)
    of_text: Section = PLAIN

    def section(self, number: Decimal) -> Section:
        """The section that shows a number."""
        return next(section for condition, section in self.branches if holds(condition, number))


GENERAL_FORMAT = NumberFormat("")


def built_in_format(number: int) -> str | None:
    """The code of a format that files name by number only; None for numbers without a meaning."""
    return _BUILT_IN.get(number) or _EAST_ASIAN.get(number) or _THAI.get(number)


@lru_cache(maxsize=4096)
def read_format(code: str) -> NumberFormat:
    """Tell what a format code does.

    A code has up to four sections: for numbers above zero, below, for zero, and for texts. The last of fewer is for
    texts when it has an ``@``. Two for numbers are for zero and above, and for all below; one is for all. Conditions
    such as ``[<100]`` stand in place of the first two of these.
    """
    if code.lower() in _GENERAL_WORDS:
        return GENERAL_FORMAT
    cut = cut_sections(code)
    if len(cut) > 3:
        numbers, of_text = cut[:3], cut[3].section
    elif cut[-1].is_for_text:
        numbers, of_text = cut[:-1] or cut, cut[-1].section
    else:
        numbers, of_text = cut, PLAIN
    return NumberFormat(code, _branches(numbers), of_text)


def _branches(cut: list[CutSection]) -> tuple[tuple[Condition | None, Section], ...]:
    """The sections for numbers, of which there are one to three, each with its condition."""
    first = cut[0]
    if len(cut) == 1:
        return ((first.condition, first.section), *(((None, PLAIN),) if first.condition else ()))
    second = cut[1]
    if len(cut) == 2:
        ways = ((first.condition or (">=", Decimal(0)), first.section), (second.condition, second.section))
        return (*ways, *(((None, PLAIN),) if second.condition else ()))
    return (
        (first.condition or (">", Decimal(0)), first.section),
        (second.condition or ("<", Decimal(0)), second.section),
        (None, cut[2].section),
    )
