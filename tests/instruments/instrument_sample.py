"""The cases of the instruments as data, and a study that schedules every instrument of the library."""

from __future__ import annotations

import csv
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from trialkit.engine import Engine, begin_study
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.outcome import SaveOutcome
from trialkit.model.record import RawValue
from trialkit.registry import load_registry

DATA = Path(__file__).parent / "data"
LIBRARY = Path(__file__).parents[2] / "forms" / "instruments"

HEADER = {"QSPERF": "Y", "QSDAT": "2026-03-30", "QSTIM": "10:15", "RATER": "AB"}
"""What a case need not say."""

NO_ANSWERS = (*HEADER, "QSREASND", "DURSEC")
"""The header of every instrument."""

STUDY = """\
study: INSTRUMENTS
title: Every instrument
protocol: instruments
sites:
  - {site: "012", timezone: Europe/Amsterdam}
"""


@dataclass(frozen=True, slots=True)
class Case:
    """One row of ``cases-*.csv``; what its columns mean stands in the README beside them."""

    instrument: str
    case: str
    answers: str
    expect: str
    working: str

    @property
    def name(self) -> str:
        """``MADRS-prorated``."""
        return f"{self.instrument}-{self.case}"

    @property
    def is_told_away(self) -> bool:
        """Whether the row only says why there is no such case."""
        return not self.answers and not self.expect


@dataclass(frozen=True, slots=True)
class Difference:
    """One row of ``exceptions-*.csv``: where a form differs from the domain dossier on purpose."""

    instrument: str
    what: str
    dossier: str
    form: str
    reason: str


def _rows(pattern: str) -> Iterator[dict[str, str]]:
    for path in sorted(DATA.glob(pattern)):
        with path.open(encoding="utf-8", newline="") as file:
            yield from csv.DictReader(file)


CASES = tuple(Case(**row) for row in _rows("cases-*.csv"))
DIFFERENCES = tuple(Difference(**row) for row in _rows("exceptions-*.csv"))


def case_named(instrument: str, case: str) -> Case:
    """The one case of that name."""
    (found,) = [one for one in CASES if (one.instrument, one.case) == (instrument, case)]
    return found


def pairs(text: str) -> list[tuple[str, str]]:
    """``A=1 B= C='two words'`` as names and texts, in order."""
    return [(name, value) for name, _, value in (part.partition("=") for part in shlex.split(text))]


def library_forms() -> list[str]:
    """The instruments whose files are in the library, in the order of their names."""
    return sorted(path.stem.upper() for path in LIBRARY.glob("*.yaml") if not path.stem.startswith("options"))


def begin(folder: Path, extra: str = "") -> Engine:
    """A new study in a folder, open, with one visit at which every instrument of the library is due.

    Args:
        folder: where it will stand; made when it is not there.
        extra: further keys of the protocol.
    """
    folder.mkdir(parents=True, exist_ok=True)
    forms = ", ".join(f"{{form: {form}}}" for form in library_forms())
    visit = f"{{visit: V1, label: Visit 1, number: 1, day: 1, repeating: true, forms: [{forms}]}}"
    protocol = f"protocol: instruments\ntitle: Every instrument\nvisits:\n  - {visit}\n{extra}"
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "protocol.yaml").write_text(protocol, encoding="utf-8")
    engine = begin_study(folder, "ann", lambda: datetime(2026, 3, 31, 9, 30, tzinfo=UTC), load_registry())
    engine.add_subject("012", "0001")
    return engine


def scored_items(form: Form) -> list[str]:
    """Every item that a score counts, followed through the scores that are counted by others."""
    scores = {score.score for score in form.scores}
    return list(dict.fromkeys(name for score in form.scores for name in score.of if name not in scores))


def answers(case: Case, form: Form) -> dict[str, str]:
    """What a case enters: its answers, and the header where it says nothing else."""
    told = pairs(case.answers)
    given = {} if ("QSPERF", "N") in told else {name: text for name, text in HEADER.items() if form.item(name)}
    for name, text in told:
        given.update(dict.fromkeys(scored_items(form), text) if name == "*" else {name: text})
    return given


def expectations(case: Case) -> dict[str, str]:
    """What must be stored, as item to text; without the word about refusals and queries."""
    return {name: text for name, text in pairs(case.expect) if name not in ("refused", "queried")}


def enter(
    engine: Engine, form: str, values: Mapping[str, str], sitting: int, subject: str = "012-0001", reason: str = ""
) -> SaveOutcome:
    """Enter answers at the how-manieth repeat of the visit; a blank is a blank."""
    raw = {name: RawValue(text) for name, text in values.items()}
    return engine.enter(subject, "V1", form, raw, visit_repeat=sitting, reason=reason or None)


def stored(engine: Engine, form: str, sitting: int, subject: str = "012-0001") -> dict[str, str]:
    """The texts that are stored; an item without a value is not among them."""
    found = [record for record in engine.records(subject, "V1", form) if record.key.visit_repeat == sitting]
    return {name: value.text for record in found for name, value in record.values.items() if value.text}


def answer_range(item: Item, codelists: Mapping[str, CodeList]) -> tuple[int, int] | None:
    """The lowest and highest answer of an item that has numbers for answers."""
    if item.codelist is not None:
        codes = codelists[item.codelist].codes
        numbers = [int(code) for code in codes if re.fullmatch(r"\d+", code)]
        return (min(numbers), max(numbers)) if len(numbers) == len(codes) else None
    if item.hard is None or item.hard.low is None or item.hard.high is None:
        return None
    return (int(item.hard.low), int(item.hard.high))


def answer_items(form: Form) -> list[Item]:
    """The items that are asked, without the header."""
    return [item for item in form.items if item.derive is None and item.item not in NO_ANSWERS]
