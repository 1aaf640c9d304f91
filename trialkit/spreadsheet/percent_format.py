"""What a person sees of a number in a cell whose format shows a percentage: ``0%`` makes 97% of 0.97.

Shows only; nothing here changes what is read of a cell.
"""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Context, Decimal, InvalidOperation

from trialkit.spreadsheet.number_formats import read_format

_SECTION = re.compile(
    r"(?:\[(?:\$[^\]]*|[A-Za-z]+ ?[0-9]*)\])*(?P<grouped>#,#)?(?P<whole>#*0*)(?:\.(?P<certain>0*)(?P<possible>#*))?"
    r'(?P<gap>(?:\\?[ \u00a0\u202f]|"[ \u00a0\u202f]*")*)%(?:_.)?',
    re.ASCII,
)
_LONGEST = 30
_ENOUGH = Context(prec=80)


def is_shown_as_percent(number: str, code: str) -> bool:
    """Whether a format code shows a number, in plain digits, times hundred."""
    return read_format(code).section(Decimal(number)).is_percent


def show_percent(number: str, code: str) -> str | None:
    """A number as a format code shows it, with a decimal point: ``97%``, ``97.0 %``.

    Args:
        number: the number that the cell holds, in plain digits.
        code: a format code that shows a percentage.

    Returns:
        None where the code does more with the number than usual ones do, or the number is too long to be shown.
    """
    sections = code.split(";")
    found = _SECTION.fullmatch(sections[0])
    if found is None or len(number) > _LONGEST or (len(sections) > 1 and not number.strip("-0.")):
        return None
    is_negative = number.startswith("-")
    if is_negative and len(sections) > 1:
        return None
    least, most = len(found["certain"] or ""), len((found["certain"] or "") + (found["possible"] or ""))
    try:
        shown = Decimal(number).scaleb(2, _ENOUGH).quantize(Decimal(1).scaleb(-most), ROUND_HALF_UP, _ENOUGH)
    except InvalidOperation:
        return None
    whole, _, part = f"{abs(shown):f}".partition(".")
    whole = whole.lstrip("0").rjust(found["whole"].count("0"), "0")
    whole = f"{int(whole):,}" if found["grouped"] and whole else whole
    part = part[:least] + part[least:].rstrip("0")
    point = "." if found["certain"] is not None else ""
    gap = re.sub(r'[\\"]', "", found["gap"])
    return f"{'-' if is_negative and shown else ''}{whole}{point}{part}{gap}%"
