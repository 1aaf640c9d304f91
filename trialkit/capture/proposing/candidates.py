"""Which items a header may name: by name, synonym, label, or as a numbered question of a scale. Looks at no values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from trialkit.capture.proposing.table import TableColumn
from trialkit.capture.proposing.words import core_words, fold, fold_text, spellings, synonyms
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName

NAME, SYNONYM, LABEL, NUMBERED, GENERIC = 100, 95, 92, 96, 86
_PARTLY, _LEAST = 45, 55
_UNIT_AT_END = re.compile(r"(.+?)[\s,]*[(\[]\s*([^()\[\]]+?)\s*[)\]]|(.+)\s(\S+)")
_NUMBERED = re.compile(r"(?P<prefix>.*?[^\W\d_]|.*[^\W_](?=\s))\s*0*(?P<number>[1-9][0-9]?)")
_TOTAL = "TOTAL"
_PERFORMED = "PERF"
"""How CDASHIG ends the names of items that say whether something was done: --PERF."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item that a column may hold.

    Attributes:
        form: its form.
        item: the item.
        score: 0 to 100.
        reason: why, in words.
    """

    form: Form
    item: Item
    score: int
    reason: str


def split_unit(header: str) -> tuple[str, str]:
    """A header and the unit at its end, as the units of the house are written: ``Weight (lb)`` gives ``Weight, LB``."""
    match = _UNIT_AT_END.fullmatch(header.strip())
    if match is None:
        return header, ""
    name, unit = match[1] or match[3], match[2] or match[4]
    known = spellings("unit").get(fold_text(unit))
    return (name, known) if known else (header, "")


def roles_of(header: str) -> dict[str, str]:
    """What a header may be for apart from items: role to the source of the synonym."""
    return {target: source for target, source in synonyms().get(fold(header), {}).items() if target.islower()}


def find_candidates(name: str, forms: Iterable[Form]) -> list[Candidate]:
    """Every item that a header may name, the surest first; the unit at its end does not count."""
    bare, _ = split_unit(name)
    found: dict[tuple[str, str], Candidate] = {}
    for form in forms:
        for candidate in (*_of_form(form, name), *(_of_form(form, bare) if bare != name else ())):
            place = form.form, candidate.item.item
            if place not in found or found[place].score < candidate.score:
                found[place] = candidate
    return sorted(found.values(), key=lambda candidate: -candidate.score)


def _of_form(form: Form, name: str) -> Iterator[Candidate]:
    folded, words = fold(name), core_words(name)
    known = synonyms().get(folded, {})
    for item in form.items:
        if item.derive is not None:
            continue
        label = core_words(item.label)
        if item.item == _TOTAL:
            continue  # a total names no scale: it is told by the name of the scale alone
        if folded == fold(item.item):
            yield Candidate(form, item, NAME, "the name of the item")
        elif item.item in known:
            yield Candidate(form, item, SYNONYM, f"a synonym ({known[item.item]})")
        elif words and words == label:
            yield Candidate(form, item, LABEL, "the words of the label")
        elif words and words < label:
            score = round(_PARTLY + 35 * len(words) / len(label))
            if score >= _LEAST:
                yield Candidate(form, item, score, "some words of the label")
    yield from _generic(form, folded, known)
    yield from _total(form, folded)


def _generic(form: Form, folded: str, known: Mapping[str, str]) -> Iterator[Candidate]:
    """The form's own date or time, or whether it was done, for a column that is called so and no more."""
    entered = [item for item in form.items if item.derive is None]
    for role, kind in (("date", ItemTypeName.DATE), ("time", ItemTypeName.TIME)):
        own = next((item for item in entered if item.type == kind), None)
        if own is not None and folded == f"{fold(form.form)} {role}":
            yield Candidate(form, own, SYNONYM, f"the {role} of the form, by its name")
        if role in known and own is not None:
            yield Candidate(form, own, GENERIC, f"the {role} of the form")
    performed = next((item for item in entered if item.item.endswith(_PERFORMED)), None)
    if "performed" in known and performed is not None:
        yield Candidate(form, performed, GENERIC, "whether the form was done")


def _total(form: Form, folded: str) -> Iterator[Candidate]:
    """The total of a scale, where the study collects it as such and the header is the name of the scale."""
    item = form.item(_TOTAL)
    if item is None or item.derive is not None or not folded:
        return
    own = fold(form.form)
    if folded == own:
        yield Candidate(form, item, SYNONYM, "the name of the scale")
    elif len(folded) >= 4 and own.startswith(folded):
        yield Candidate(form, item, GENERIC, "the name of the scale, shortened")


@dataclass(frozen=True, slots=True)
class NumberedGroup:
    """Columns that hold the questions of one scale: ``phq9_1`` to ``phq9_9``.

    Attributes:
        prefix: what stands before the numbers, folded.
        columns: number to column.
    """

    prefix: str
    columns: Mapping[int, TableColumn]


def numbered_groups(columns: Sequence[TableColumn]) -> list[NumberedGroup]:
    """Columns whose headers differ only in a number that runs from 1 on, at least three of them."""
    found: dict[tuple[str, str], dict[int, TableColumn]] = {}
    for column in columns:
        match = _NUMBERED.fullmatch(fold(column.name))
        if match is not None:
            found.setdefault((column.group, match["prefix"].strip()), {})[int(match["number"])] = column
    return [
        NumberedGroup(prefix, group)
        for (_, prefix), group in found.items()
        if len(group) >= 3 and sorted(group) == list(range(1, len(group) + 1))
    ]


def questions_of(form: Form) -> list[Item]:
    """The numbered questions of a scale, in order."""
    if form.instrument is None:
        return []
    return [item for item in form.items if item.derive is None and re.search(r"[0-9]{2}$", item.item)]


def scales_for(group: NumberedGroup, forms: Iterable[Form], hints: Iterable[str]) -> list[tuple[Form, int]]:
    """The scales that a group of columns may be, each with its score: by its name, or by the number of questions.

    A prefix that names no scale is sure only where the sheet or the person names the scale.
    """
    named = {fold(hint) for hint in hints}
    found: list[tuple[Form, int]] = []
    for form in forms:
        questions, own = questions_of(form), fold(form.form)
        if len(group.columns) > len(questions):
            continue
        if group.prefix == own or (len(group.prefix) >= 4 and own.startswith(group.prefix)):
            found.append((form, NUMBERED))
        elif len(group.columns) == len(questions):
            found.append((form, NUMBERED if own in named else 60))
    return sorted(found, key=lambda pair: -pair[1])
