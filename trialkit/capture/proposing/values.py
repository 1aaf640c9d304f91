"""What the texts of a column say: whether they fit an item, and by which rules each of them is read.

A text that no rule reads stays open: it is asked about, and a finding at each import until somebody says what it means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trialkit.capture.proposing.date_layouts import Layouts, find_date_layouts, find_time_layouts
from trialkit.capture.proposing.words import fold_text, spellings
from trialkit.model.cell_pattern import read_pattern
from trialkit.model.codelist import CodeList
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.mapping import PartPattern, PartsMapping
from trialkit.model.unit import UnitConversion, to_standard_unit

Reads = Callable[[Item, str, str | None, bool], bool]
"""Whether a text is a value of an item, under a date layout and with or without decimal commas."""

_NUMBERS = (ItemTypeName.INTEGER, ItemTypeName.DECIMAL)
_CODES = (ItemTypeName.CODE, ItemTypeName.CODES)
_DATES = (ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE)
_WITH_UNIT = re.compile(r"(-?[0-9]+(?:([.,])[0-9]+)?)(\s*)(\S.*)")
_PLAIN = re.compile(r"-?[0-9]{1,40}(?:[.,][0-9]{1,40})?")


@dataclass(frozen=True, slots=True)
class Judged:
    """What the texts of a column came to for one item.

    Attributes:
        fit: the share of the different texts that are read, 0 to 1; 1 where there are none.
        rule: keys of an item mapping.
        parts: patterns, where the cells have to be taken apart.
        open_texts: texts that no rule reads.
        choices: where only a person can say: what each answer is, and the keys it gives.
        ask: the question that goes with the choices.
        reason: what the texts say for it, in words.
    """

    fit: float
    rule: dict[str, Any]  # Any: keys of a model
    parts: tuple[PartPattern, ...] = ()
    open_texts: tuple[str, ...] = ()
    choices: tuple[tuple[str, dict[str, Any]], ...] = ()  # Any: as above
    ask: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """Knows what a study takes.

    Attributes:
        reads: reads a text as a value.
        units: the conversions of the study.
    """

    reads: Reads
    units: Sequence[UnitConversion]

    def judge(self, item: Item, codelist: CodeList | None, texts: Sequence[str], unit: str) -> Judged:
        """Hold the different texts of a column against an item.

        Args:
            item: the item.
            codelist: its code list, if it has one.
            texts: the different texts of the column.
            unit: the unit that the header names; empty when it names none.
        """
        missing = self._missing(item, texts)
        rest = [text for text in texts if text not in missing]
        if item.type in _NUMBERS:
            judged = self._numbers(item, rest, unit)
        elif item.type in _CODES:
            judged = self._codes(item, codelist, rest)
        elif item.type in _DATES:
            judged = self._dates(rest, find_date_layouts(rest, self._layout_reader(item)))
        elif item.type == ItemTypeName.TIME:
            judged = self._dates(rest, find_time_layouts(rest, self._layout_reader(item)))
        else:
            left = tuple(text for text in rest if not self.reads(item, text, None, False))
            judged = Judged(_share(rest, left), {}, open_texts=left, reason="texts")
        if not missing:
            return judged
        rule = {**judged.rule, "missing": missing}
        choices = tuple((text, {**keys, "missing": missing}) for text, keys in judged.choices)
        return Judged(judged.fit, rule, judged.parts, judged.open_texts, choices, judged.ask, judged.reason)

    def _missing(self, item: Item, texts: Iterable[str]) -> dict[str, MissingReason]:
        """Texts that everywhere mean that there is no value; none where the item takes them as a value."""
        if item.type == ItemTypeName.TEXT:
            return {}
        known = spellings("missing")
        return {
            text: MissingReason(known[fold_text(text)])
            for text in texts
            if fold_text(text) in known
            and not self.reads(item, text, None, False)
            and MissingReason(known[fold_text(text)]) in item.missing
        }

    def _layout_reader(self, item: Item) -> Callable[[str, str], bool]:
        return lambda text, layout: self.reads(item, text, layout, False)

    def _dates(self, texts: Sequence[str], found: Layouts) -> Judged:
        fit = _share(texts, found.open_texts)
        if found.choices:
            choices = tuple((" and ".join(layouts), _date_rule(layouts)) for layouts in found.choices)
            return Judged(fit, {}, (), found.open_texts, choices, "How are the dates written?", found.reason)
        return Judged(fit, _date_rule(found.layouts), (), found.open_texts, reason=found.reason)

    def _codes(self, item: Item, codelist: CodeList | None, texts: Sequence[str]) -> Judged:
        codes = codelist.codes if codelist else ()
        known = spellings(item.codelist or "")
        values: dict[str, str] = {}
        left: list[str] = []
        for text in texts:
            if self.reads(item, text, None, False):
                continue
            meant = known.get(fold_text(text))
            if meant in codes:
                values[text] = str(meant)
            else:
                left.append(text)
        rule = {"values": values} if values else {}
        reason = f"{len(texts) - len(left)} of {len(texts)} texts are answers of {item.codelist}"
        return Judged(_share(texts, left), rule, open_texts=tuple(left), reason=reason)

    def _numbers(self, item: Item, texts: Sequence[str], unit: str) -> Judged:
        plain = [text for text in texts if self.reads(item, text, None, False)]
        other = [text for text in texts if text not in plain]
        with_comma = [text for text in other if self.reads(item, text, None, True)]
        rule: dict[str, Any] = {}  # Any: keys of a model
        if other and len(with_comma) == len(other) and not any("." in text for text in texts):
            rule, plain, other = {"decimal_comma": True}, list(texts), []
        patterns = _patterns(other, plain, item)
        covered = [text for text in other if any(_fits(pattern, text) for pattern in patterns)]
        inside = [text for text in plain if self._units_for(item, [text], unit)]
        coded = [text for text in plain if text not in inside and fold_text(text) in spellings("unsure")]
        left = (*(text for text in other if text not in covered), *coded)
        fit = _share(texts, [text for text in texts if text not in inside and text not in covered])
        units = self._likely_units(item, inside)
        judged = Judged(fit, rule, patterns, left, reason=_in_range(item))
        return judged if len(item.accepted_units) < 2 or not plain else self._with_unit(judged, item, units, unit)

    def _with_unit(self, judged: Judged, item: Item, units: Sequence[str], unit: str) -> Judged:
        """The unit of numbers that come without one: of the header, or the only one in whose range all of them lie."""
        if unit in item.accepted_units:
            reason = f"unit {unit} in the header"
        elif len(units) == 1:
            unit, reason = units[0], f"in range only as {units[0]}"
        else:
            choices = tuple((name, {**judged.rule, "unit": name}) for name in units or item.accepted_units)
            ask, why = "Which unit are the numbers in that name none?", "the unit of some numbers is not said"
            return Judged(judged.fit, judged.rule, judged.parts, judged.open_texts, choices, ask, why)
        rule = {**judged.rule, "unit": unit}
        return Judged(judged.fit, rule, judged.parts, judged.open_texts, reason=reason)

    def _likely_units(self, item: Item, texts: Sequence[str]) -> list[str]:
        """The units that the numbers leave: all fit one of them, and most of them no other; else every fitting one.

        A unit that only a few numbers speak against stays possible, since these may be slips.
        """
        fitting = self._units_for(item, texts, "")
        if not fitting:
            return list(item.accepted_units)  # some are of one unit and some of another: nobody can tell which
        most = len(texts) / 2
        others = [
            unit
            for unit in item.accepted_units
            if unit not in fitting and sum(self._is_possible(item, text, unit) for text in texts) >= most
        ]
        return [*fitting, *others]

    def _units_for(self, item: Item, texts: Sequence[str], unit: str) -> list[str]:
        """The units in which every number is possible; an empty text for an item without a unit."""
        units = [unit] if unit in item.accepted_units else list(item.accepted_units) or [""]
        return [name for name in units if all(self._is_possible(item, text, name) for text in texts)]

    def _is_possible(self, item: Item, text: str, unit: str) -> bool:
        if item.hard is None or _PLAIN.fullmatch(text) is None:
            return True
        number = to_standard_unit(Decimal(text.replace(",", ".")), unit or None, item.unit, self.units)
        return number is None or number in item.hard


def parts_for(column: str, name: str, patterns: Sequence[PartPattern]) -> PartsMapping:
    """The patterns of a column whose cells give one part."""
    renamed = [
        pattern.model_copy(update={"pattern": pattern.pattern.replace("{value:", f"{{{name}:")}) for pattern in patterns
    ]
    return PartsMapping(column=column, patterns=tuple(renamed))


def _patterns(texts: Sequence[str], plain: Sequence[str], item: Item) -> tuple[PartPattern, ...]:
    """A pattern for each way of writing a number with a unit that the item takes."""
    known = spellings("unit")
    found: dict[str, PartPattern] = {}
    for text in texts:
        match = _WITH_UNIT.fullmatch(text)
        unit = None if match is None else known.get(fold_text(match[4]))
        if match is None or unit not in item.accepted_units:
            continue
        kind = "comma" if match[2] == "," else "number"
        shape = f"{{value:{kind}}}{' ' if match[3] else ''}{match[4]}"
        found[shape] = PartPattern(pattern=shape, unit=unit)
    if found and plain:
        found["{value:number}"] = PartPattern(pattern="{value:number}")
    return tuple(found.values())


def _fits(pattern: PartPattern, text: str) -> bool:
    return read_pattern(pattern.pattern).match(text) is not None


def _date_rule(layouts: Sequence[str]) -> dict[str, Any]:  # Any: keys of a model
    """No layout is written where all dates are ISO 8601 or all times have a colon: that is how they are read anyway."""
    needless = {"YYYY-MM-DD", "YYYY", "HH:MI", "HH:MI:SS"}
    return {} if set(layouts) <= needless else {"date_format": "|".join(layouts)}


def _in_range(item: Item) -> str:
    return f"numbers from {item.hard.in_words()}" if item.hard else "numbers"


def _share(texts: Sequence[str], left: Sequence[str]) -> float:
    return 1.0 if not texts else 1 - len(left) / len(texts)
