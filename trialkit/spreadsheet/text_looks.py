"""What is odd about a text by itself: numbers and dates that can be read in two ways, characters nobody sees.

A text goes in, pairs of code and phrase come out. Nothing is changed, and no phrase repeats the text.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from trialkit.spreadsheet.cells import LONGEST_TEXT

Look = tuple[str, str]
"""A code and a phrase."""

_ORDINARY = re.compile(r"(?!.*[0-9])[A-Za-z_(][ -~]*(?<! )|[A-Za-z]*[0-9]{0,15}|[A-Za-z0-9]+-[0-9]{3,15}", re.ASCII)
_PLAIN_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)
_EXPONENT = re.compile(r"[+-]?([0-9]+[.,]?[0-9]*|[.,][0-9]+)[eE][+-]?[0-9]{1,4}", re.ASCII)
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}([ '’\u00a0\u202f.,][0-9]{3})+([.,][0-9]+)?", re.ASCII)
_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+", re.ASCII)
_OTHER_NUMBER = re.compile(
    r"\+[0-9]+(\.[0-9]+)?|[+-]?(\.[0-9]+|[0-9]+\.)|\([0-9.,]+\)|[0-9.,]+-|[+-]?[0-9.,]+ ?%"
    r"|−[0-9.,]+|[+-]?[0-9]+_[0-9_]+|0[xX][0-9a-fA-F]+|[0-9]+/[0-9]+",
    re.ASCII,
)
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})(?:[T ].*)?", re.ASCII)
_DIGIT_DATE = re.compile(r"([0-9]{1,4})([./-])([0-9]{1,2})\2([0-9]{1,4})(?:[T ,]+[0-9: .APMapm]*)?", re.ASCII)
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|mai|okt|dez|mrt|mei|mär"
_NAMED_DATE = re.compile(
    rf"([0-9]{{1,2}}|UNK?|un|XX)[-/. ]?({_MONTHS})[a-z]*[-/., ]*([0-9]{{2,4}}|UNK?)", re.IGNORECASE | re.ASCII
)
_MONTH_FIRST = re.compile(rf"({_MONTHS})[a-z]*[-/. ]+[0-9]{{1,2}}, ?[0-9]{{2,4}}", re.IGNORECASE | re.ASCII)
_GENE_LIKE = re.compile(rf"[0-9]{{1,2}}-({_MONTHS})|({_MONTHS})-[0-9]{{1,2}}", re.IGNORECASE | re.ASCII)
_LONGEST_GENE_LIKE = 6
_WORDS = re.compile(rf"(?!{_MONTHS}|un|xx)[a-z][ -~]*+(?<! )", re.IGNORECASE | re.ASCII)
"""Begins with a letter, but not as dates in letters do; everything else that is odd begins otherwise."""
_PLAIN = re.compile(
    r"-?[0-9]+(?:\.[0-9]+)?|(?!0000)[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])(?:T[0-9:]*)?"
    r"|[0-9]{2}:[0-9]{2}(?::[0-9]{2})?",
    re.ASCII,
)
"""Numbers, days that every calendar has, and clock times."""
_SHORTEST_SEEN = _LONGEST_GENE_LIKE + 1
_SEEN = re.compile(
    rf"(?=.{{{_SHORTEST_SEEN},63}}\Z)(?:{_ORDINARY.pattern}|(?i:{_WORDS.pattern})|{_PLAIN.pattern})", re.ASCII
)
_PARTIAL_DATE = re.compile(
    r"[0-9]{4}-(0[1-9]|1[0-2])|[0-9]{4}-[0-9]{2}-(UN|XX|00)|(0[1-9]|1[0-2])[/.][0-9]{4}|(UN|XX)[-/. ].*[0-9]{4}",
    re.IGNORECASE | re.ASCII,
)
_CYRILLIC_TWINS = frozenset("аеорсухіјѕԁһӏԛԝАВЕКМНОРСТУХІЈЅҮԌԜ")
_GREEK_TWINS = frozenset("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧονρϲ")
_TWINS = _CYRILLIC_TWINS | _GREEK_TWINS
_PLAIN_CONTROLS = frozenset("\t\n\r")
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_LIKE_BLANKS = frozenset("\u2800\u3164\u115f\u1160\uffa0")
"""A Braille pattern without dots, and fillers of Hangul: letters that look like blanks."""
_FORMULA_SIGNS = ("=", "@", "＝", "＠")
_SIGNED = re.compile(r"[-+＋－][A-Za-z0-9.(@=][^\n]*[-+*/(!|&^=]")


@lru_cache(maxsize=65_536)
def look_at(text: str) -> tuple[Look, ...]:
    """Everything odd about a text; empty for almost all."""
    return () if is_ordinary(text) else tuple(_looks(text))


def is_ordinary(text: str) -> bool:
    """Whether a text is of a kind of which none is odd, seen at a glance; others need a closer look."""
    if len(text) < 64 and _ORDINARY.fullmatch(text):
        return len(text) > _LONGEST_GENE_LIKE or not _GENE_LIKE.fullmatch(text)
    return len(text) <= LONGEST_TEXT and (_PLAIN.fullmatch(text) or _WORDS.fullmatch(text)) is not None


def is_seen_ordinary(text: str) -> object:
    """Whether one pattern is enough to see that a text `is_ordinary`, which is faster where many are to be seen."""
    return _SEEN.fullmatch(text)


def _looks(text: str) -> Iterator[Look]:
    if len(text) > LONGEST_TEXT:
        yield "S231", f"a text of over {LONGEST_TEXT:,} characters, more than a spreadsheet program keeps"
    if not text.isascii():
        yield from _look_at_letters(text)
    elif not text.isprintable() and not set(text) <= _PLAIN_CONTROLS | set(map(chr, range(32, 127))):
        yield "S228", "characters that nobody sees"
    bare = text.strip()
    if bare != text and text.isascii():
        yield "S227", "blanks or line breaks at its ends"
    if _looks_like_formula(text):
        yield "S230", "a text that begins like a formula; it stays text"
    if len(bare) <= 40 and any(char.isdigit() for char in bare):
        yield from _look_at_number(text, bare)


def _looks_like_formula(text: str) -> bool:
    bare = text.lstrip()
    return bare[:1] in _FORMULA_SIGNS or (_SIGNED.match(bare) is not None and not _EXPONENT.fullmatch(bare))


def _look_at_letters(text: str) -> Iterator[Look]:
    if "\ufffd" in text:
        yield "S240", "characters that were destroyed before the file was sent"
    categories = {char: unicodedata.category(char) for char in set(text)}
    if any(kind in ("Zs", "Zl", "Zp") and char != " " for char, kind in categories.items()):
        yield "S227", "non-breaking or other unusual blanks"
    if not _TURNING.isdisjoint(categories):
        yield "S228", "invisible characters that turn the direction of writing"
    elif not _LIKE_BLANKS.isdisjoint(categories) or any(
        kind in ("Cf", "Cc", "Co", "Cn") and char not in _PLAIN_CONTROLS for char, kind in categories.items()
    ):
        yield "S228", "characters that nobody sees"
    if any(kind == "Nd" and not char.isascii() for char, kind in categories.items()):
        yield "S223", "digits of another script"
    if twins := _find_twins(text):
        named = ", ".join(f"U+{ord(char):04X} {unicodedata.name(char)}" for char in twins[:3])
        yield "S229", f"letters that look like Latin ones and are not: {named}"
    if not unicodedata.is_normalized("NFC", text):
        yield "S232", "letters and accents stored apart, so that equal words may not compare as equal"


def _find_twins(text: str) -> list[str]:
    """Letters of other scripts in words that are otherwise Latin letters or digits, in the order of the text."""
    found: dict[str, None] = {}
    for word in text.split():
        others = [char for char in word if not char.isascii() and char.isalpha()]
        twins = [char for char in others if char in _TWINS]
        is_mixed = any(char.isascii() and char.isalnum() for char in word)
        foreign = [char for char in others if unicodedata.name(char, "").startswith(("CYRILLIC", "GREEK"))]
        has_latin = any(char.isascii() and char.isalpha() for char in word)
        if twins and is_mixed and (len(twins) == len(foreign) or (has_latin and not set(foreign) <= _GREEK_TWINS)):
            found.update(dict.fromkeys(twins))
    return list(found)


def _look_at_number(text: str, bare: str) -> Iterator[Look]:
    if _PLAIN_NUMBER.fullmatch(bare):
        if bare != text and not text.isascii():
            yield "S223", "a number with other characters around it"
        return
    if _EXPONENT.fullmatch(bare):
        yield "S222", "a number in scientific notation, as programs write long identifiers and codes such as 1E5"
    elif _GROUPED.fullmatch(bare):
        yield "S223", "a number with separators between its digits, which can be read in two ways"
    elif _COMMA.fullmatch(bare):
        yield "S223", "a number with a decimal comma"
    elif _OTHER_NUMBER.fullmatch(bare):
        yield "S223", "a number that is not written plainly"
    else:
        yield from _look_at_date(bare)


def _look_at_date(bare: str) -> Iterator[Look]:
    if found := _ISO_DATE.fullmatch(bare):
        if not _is_day(found[1], found[2], found[3]):
            yield "S225", "a date that no calendar has"
    elif _GENE_LIKE.fullmatch(bare):
        yield "S224", "a day and month without a year, as programs make them of identifiers"
    elif found := _DIGIT_DATE.fullmatch(bare):
        yield "S225", _judge_digits(found[1], found[3], found[4])
    elif _NAMED_DATE.fullmatch(bare) or _MONTH_FIRST.fullmatch(bare):
        yield "S225", "a date with the month in letters, stored as text"
    elif _PARTIAL_DATE.fullmatch(bare):
        yield "S225", "a date of which parts are not known"


def _judge_digits(first: str, second: str, third: str) -> str:
    if len(first) == 4:
        year, ways = first, [(second, third)]
    else:
        year, ways = third, [(second, first), (first, second)]
    if len(year) not in (2, 4):
        return "a date that no calendar has"
    full = year if len(year) == 4 else f"20{year}"
    sound = {way for way in ways if _is_day(full, *way)}
    if not sound:
        return "a date that no calendar has"
    short = " and a year of two digits" if len(year) == 2 else ""
    if len(sound) > 1:
        return f"a date whose day and month can be read in two ways{', with' + short[4:] if short else ''}"
    return f"a date stored as text{', with' + short[4:] if short else ''}"


def _is_day(year: str, month: str, day: str) -> bool:
    try:
        date(int(year), int(month), int(day))
    except ValueError:
        return False
    return True
