"""Thousands of workbooks with slips in their XML: each is read or refused, by both ways of cutting rows alike.

The dice are seeded, so that every run rolls the same slips; the number of a case that fails says how to roll it again.
"""

from __future__ import annotations

import random
import re
from collections import Counter

import pytest
from workbook_parts import SHEET_PART, STRINGS_PART, STYLES_PART, pack, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.model.source import SourceFile
from trialkit.spreadsheet.assembly import Assembler, ReadingFacts
from trialkit.spreadsheet.reading import read_workbook_into

_PARTS = (
    SHEET_PART,
    SHEET_PART,
    SHEET_PART,
    STRINGS_PART,
    STYLES_PART,
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
)
_TOKEN = re.compile(r"<[^<>]*>|[^<>]+")
_ATTRIBUTE = re.compile(r'"[^"]*"')
_VALUES = (
    "", "0", "1", "-1", "7", "99999999", "1e5", "A1", "XFD1048576", "AAAA1", "A0", "a1", "s", "n", "b", "d", "e", "str",
    "inlineStr", "true", "hidden", "veryHidden", "rId1", "../x", "&#65;", "&amp;", "é", "1048577", "2024-05-06", "NaN",
)  # fmt: skip
_TEXTS = (
    "",
    " ",
    "1",
    "0.1",
    "1E400",
    "45418",
    "60",
    "-5",
    "abc",
    "&x;",
    "&#0;",
    "&lt;",
    "]]>",
    "<",
    "\x00",
    "\ufeff",
    "9" * 400,
)


def _sample() -> dict[str, str]:
    cells = (
        '<row r="1" spans="1:4"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row>'
        '<row r="2"><c r="A2" t="inlineStr"><is><t>x</t></is></c><c r="B2" s="1"><v>45418</v></c><c r="C2"/></row>'
        '<row r="3" hidden="1"><c r="A3" t="b"><v>1</v></c><c r="B3" t="e"><v>#N/A</v></c><c r="D3"><v>36.6</v></c>'
        '</row><row r="5"><c r="A5" t="str"><f>A1</f><v>y</v></c><c r="B5"><f>1</f></c>'
        '<c r="C5" t="d"><v>2024-05-06</v></c></row>'
    )
    return workbook_parts(
        cells,
        strings=("id", "date"),
        before='<dimension ref="A1:D5"/><cols><col min="1" max="2" hidden="1"/></cols>',
        after='<autoFilter ref="A1:B5"/><mergeCells><mergeCell ref="A1:B1"/></mergeCells>',
    )


def _slip(text: str, dice: random.Random) -> str:
    """One slip: a token gone, doubled, moved or cut, or an attribute or text replaced."""
    tokens = _TOKEN.findall(text)
    place, other = dice.randrange(len(tokens)), dice.randrange(len(tokens))
    match dice.randrange(7):
        case 0:
            del tokens[place]
        case 1:
            tokens.insert(place, tokens[place])
        case 2:
            tokens[place], tokens[other] = tokens[other], tokens[place]
        case 3:
            tokens[place] = tokens[place][: dice.randrange(len(tokens[place]) + 1)]
        case 4:
            tokens.insert(place, dice.choice(_TEXTS))
        case 5:
            found = list(_ATTRIBUTE.finditer(text))
            if found:
                chosen = dice.choice(found)
                return f'{text[: chosen.start()]}"{dice.choice(_VALUES)}"{text[chosen.end() :]}'
        case _:
            low, high = sorted((place, other))
            tokens[low:high] = tokens[low:high] * 2
    return "".join(tokens)


def _mutant(number: int) -> bytes:
    dice = random.Random(number)  # noqa: S311  # no secret
    parts = _sample()
    for _ in range(dice.choice((1, 1, 1, 2, 3))):
        part = dice.choice(_PARTS)
        parts[part] = _slip(parts[part], dice)
    return pack({name: text.encode("utf-8", errors="replace") for name, text in parts.items()}, stored=True)


def _read(content: bytes, *, by_pattern: bool) -> SourceFile | str:
    assembler = Assembler()
    try:
        ending = read_workbook_into(content, ReadingFacts("vs.xlsx"), assembler, by_pattern=by_pattern)
    except SourceFileError as error:
        return error.code if error.remedy and "\n" not in error.message else "no plain line"
    return assembler.finish("vs.xlsx", "0" * 64, ending)


def _judge(numbers: range) -> Counter[str]:
    outcomes: Counter[str] = Counter()
    for number in numbers:
        content = _mutant(number)
        found = _read(content, by_pattern=True)
        other = _read(content, by_pattern=False)
        both_refuse = isinstance(found, str) and isinstance(other, str)  # of two faults, either may be met first
        assert both_refuse or found == other, number
        assert "S122" not in (found, other), f"case {number} ends in an exception that nobody expected"
        assert found != "no plain line", number
        outcomes["read" if isinstance(found, SourceFile) else found] += 1
    return outcomes


def test_workbooks_when_500_have_slips_then_each_is_read_or_refused_for_a_reason() -> None:
    outcomes = _judge(range(500))

    assert outcomes["read"] > 50
    assert len(outcomes) > 4


@pytest.mark.slow
@pytest.mark.parametrize("thousand", range(1, 11))
def test_workbooks_when_10000_have_slips_then_each_is_read_or_refused_for_a_reason(thousand: int) -> None:
    assert _judge(range(1_000 * thousand, 1_000 * (thousand + 1)))["read"] > 100
