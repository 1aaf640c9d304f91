"""Examples of checks, from text: records as somebody would write them down in one line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

_TAGGED = re.compile(r"\[(?P<tag>[A-Za-z0-9_]+)(?: (?P<number>[1-9][0-9]?))?\]")
_FORM = re.compile(r"(?P<form>[A-Z][A-Z0-9_]*)(?:@(?P<timepoint>[^#\s]+))?(?:#(?P<repeat>[1-9][0-9]*))?")
_VISIT = re.compile(r"(?P<visit>[A-Z][A-Z0-9_]*)(?:\.(?P<repeat>[1-9][0-9]*))?")
_PAIR = re.compile(r'(?P<name>[A-Za-z][A-Za-z0-9_]*)=(?:"(?P<quoted>[^"]*)"|(?P<bare>[^\s"]*))(?:\s+|$)')


ABOUT_RECORD = {"entered": "entered", "by": "entered_by", "subject": "subject", "site": "site"}
"""What an example may say of a record besides its values, and the attribute that holds it."""


@dataclass(frozen=True, slots=True)
class ExampleRecord:
    """One record of an example.

    Attributes:
        form: the form.
        visit: a visit of the protocol; empty for ``*``, ``-`` and where `tag` says it.
        anywhere: ``*``: the first visit at which the protocol schedules the form.
        tag: the visit is one that carries this tag; empty when `visit` or `anywhere` says it.
        tag_number: which of the visits with the tag, from 1.
        visit_repeat: which repeat of the visit.
        timepoint: the timepoint, or empty.
        repeat: which repeat of the form.
        values: item to its text, as somebody would enter it.
        entered: when it was first entered, ISO 8601 on the site's clock; empty when the example does not say.
        entered_by: who entered it first.
        site: the site; empty when the example does not say.
        subject: the subject; empty when the example does not say.
    """

    form: str
    visit: str = ""
    anywhere: bool = False
    tag: str = ""
    tag_number: int = 1
    visit_repeat: int = 1
    timepoint: str = ""
    repeat: int = 1
    values: Mapping[str, str] = field(default_factory=dict)
    entered: str = ""
    entered_by: str = ""
    site: str = ""
    subject: str = ""

    @property
    def place(self) -> str:
        """The visit as it is written: ``V1``, ``UNS.2``, ``[DOSING]``, ``[DOSING 2]``, ``*``, ``-``."""
        if self.tag:
            return f"[{self.tag}]" if self.tag_number == 1 else f"[{self.tag} {self.tag_number}]"
        if not self.visit:
            return "*" if self.anywhere else "-"
        return self.visit if self.visit_repeat == 1 else f"{self.visit}.{self.visit_repeat}"


@dataclass(frozen=True, slots=True)
class Example:
    """Some records, the last of which is checked.

    Attributes:
        records: one or more.
        now: the moment of checking, ISO 8601 on the site's clock; a date alone means noon.
    """

    records: tuple[ExampleRecord, ...]
    now: str = "2024-06-01"

    @property
    def checked(self) -> ExampleRecord:
        """The record that is checked."""
        return self.records[-1]


@lru_cache(maxsize=8192)  # every compilation reads the same thousands, and examples never change
def parse_example(text: str) -> Example:
    """Read an example.

    Args:
        text: records with ``|`` between them: ``V0 DM SEX=M | [DOSING 2] TM@PRE SYSBP=120``; before them may stand
            ``today=2024-06-01`` or ``now=2024-06-01T10:00``.

    Returns:
        The example.

    Raises:
        ValueError: with one sentence that says what can not be read.
    """
    parts = [part.strip() for part in text.split(" | ")]
    now = re.fullmatch(r"(?:today|now)=(\d{4}-\d\d-\d\d(?:T\d\d:\d\d)?)", parts[0])
    records = parts[1:] if now else parts
    if not records:
        raise ValueError("the example has no record")
    read = tuple(_read_record(record) for record in records)
    return Example(read, now.group(1)) if now else Example(read)


def _read_record(text: str) -> ExampleRecord:
    place, rest = _read_visit(text)
    name, _, rest = rest.partition(" ")
    form = _FORM.fullmatch(name)
    if form is None:
        raise ValueError(f"{name or 'nothing'} stands where a form is expected, for example VS or TM@PRE")
    values = _read_values(rest.strip())
    return ExampleRecord(
        form=form["form"],
        visit=place.visit,
        anywhere=place.anywhere,
        tag=place.tag,
        tag_number=place.number,
        visit_repeat=place.repeat,
        timepoint=form["timepoint"] or "",
        repeat=int(form["repeat"] or 1),
        **{attribute: values.pop(word, "") for word, attribute in ABOUT_RECORD.items()},
        values=values,
    )


@dataclass(frozen=True, slots=True)
class _Place:
    visit: str = ""
    anywhere: bool = False
    tag: str = ""
    number: int = 1
    repeat: int = 1


def _read_visit(text: str) -> tuple[_Place, str]:
    tagged = _TAGGED.match(text)
    if tagged is not None:
        return _Place(tag=tagged["tag"], number=int(tagged["number"] or 1)), text[tagged.end() :].strip()
    word, _, rest = text.partition(" ")
    if word in ("*", "-"):
        return _Place(anywhere=word == "*"), rest.strip()
    visit = _VISIT.fullmatch(word)
    if visit is None:
        raise ValueError(f"{word or 'nothing'} stands where a visit is expected, for example V1, [DOSING] or *")
    return _Place(visit=visit["visit"], repeat=int(visit["repeat"] or 1)), rest.strip()


def _read_values(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    place = 0
    while place < len(text):
        pair = _PAIR.match(text, place)
        if pair is None:
            raise ValueError(f"{text[place:].split()[0]} is no ITEM=VALUE; a value with blanks stands in double quotes")
        if pair["name"] in values:
            raise ValueError(f"{pair['name']} stands twice in one record")
        values[pair["name"]] = pair["bare"] if pair["quoted"] is None else pair["quoted"]
        place = pair.end()
    return values
