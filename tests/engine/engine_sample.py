"""A small study in its own folder, with a clock that is set by hand, for the tests of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

from trialkit.engine import Engine, begin_study, open_study
from trialkit.hookspecs import hookimpl
from trialkit.model.outcome import SaveOutcome
from trialkit.model.record import RawValue
from trialkit.registry import load_registry

STUDY = """\
study: S1
title: A study
protocol: small
sites:
  - {site: "012", timezone: Europe/Amsterdam}
  - {site: SYD, timezone: Australia/Sydney}
"""

PROTOCOL = """\
protocol: small
title: A small protocol
log_forms: [AE]
timepoints:
  - {timepoint: PRE, label: Before, number: 1}
  - {timepoint: P40, label: 40 min, number: 2}
visits:
  - {visit: V1, label: Visit 1, number: 1, day: 1, forms: [{form: VS}, {form: PK, timepoints: [PRE, P40]}]}
  - {visit: V2, label: Visit 2, number: 2, day: 8, forms: [{form: VS}]}
  - {visit: UNS, label: Unscheduled, number: 3, repeating: true, forms: [{form: VS}]}
"""

FORMS = """\
form: VS
title: Vital signs
version: "1"
items:
  - {item: VSDAT, label: Date, type: date}
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260, soft: 90..180}
  - {item: DIABP, label: Diastolic, type: integer, unit: mmHg, hard: 30..160}
  - {item: WEIGHT, label: Weight, type: decimal, unit: kg, units: [kg, LB], hard: 30..250}
  - {item: HEIGHT, label: Height, type: decimal, unit: cm}
  - {item: BMI, label: Body mass index, type: decimal, decimals: 1, derive: WEIGHT / (HEIGHT / 100 * (HEIGHT / 100))}
  - {item: POS, label: Position, type: code, codelist: POSITION}
  - {item: NOTE, label: Note, type: text}
checks:
  - {check: VS901, when: SYSBP <= DIABP, severity: hard, items: [SYSBP, DIABP], message: "Swapped?"}
sdtm:
  - domain: VS
    variables: {VSDTC: VSDAT}
    tests:
      - {testcd: SYSBP, result: SYSBP}
      - {testcd: WEIGHT, result: WEIGHT}
"""

PK = """\
form: PK
title: Samples
items:
  - {item: CONC, label: Concentration, type: decimal}
"""

AE = """\
form: AE
title: Adverse events
repeating: true
items:
  - {item: AETERM, label: Term, type: text}
"""

FILES = {
    "study.yaml": STUDY,
    "protocol.yaml": PROTOCOL,
    "forms/vs.yaml": FORMS,
    "forms/pk.yaml": PK,
    "forms/ae.yaml": AE,
}


@dataclass
class HandClock:
    """A clock that stands still until it is set on."""

    at: datetime = datetime(2026, 3, 31, 9, 30, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_hours(self, hours: int) -> datetime:
        """Set it on, and tell the new moment."""
        self.at += timedelta(hours=hours)
        return self.at


@dataclass
class Bench:
    """A study folder that is made once, and opened as often as needed."""

    folder: Path
    clock: HandClock = field(default_factory=HandClock)
    plugins: Mapping[str, ModuleType] = field(default_factory=dict)

    def make(self, files: Mapping[str, str] = FILES, subjects: Sequence[tuple[str, str]] = (("012", "0001"),)) -> Bench:
        """Write the definitions, make the store, enrol subjects."""
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        with begin_study(self.folder, "ann", self.clock, load_registry(modules=self.plugins)) as engine:
            for site, number in subjects:
                engine.add_subject(site, number)
        return self

    def open(self, user: str = "ann") -> Engine:
        """Open it."""
        return open_study(self.folder, user, self.clock, load_registry(modules=self.plugins))


def enter(engine: Engine, text: str, visit: str = "V1", subject: str = "012-0001", **options: object) -> SaveOutcome:
    """Enter ``SYSBP=120 WEIGHT=80_LB NOTE=`` on VS."""
    values: dict[str, RawValue] = {}
    for part in text.split():
        name, _, given = part.partition("=")
        number, _, unit = given.partition("_")
        values[name] = RawValue(number, unit=unit or None)
    return engine.enter(subject, visit, "VS", values, **options)  # type: ignore[arg-type]  # named as enter names them


def texts(engine: Engine, visit: str = "V1", subject: str = "012-0001") -> dict[str, str | None]:
    """The texts of the record on VS, or nothing."""
    records = engine.records(subject, visit, "VS")
    return {name: value.text for name, value in records[0].values.items()} if records else {}


def entries(engine: Engine) -> list[tuple[int, str]]:
    """Number and action of every journal entry."""
    return [(entry.seq, entry.action) for entry in engine.store.entries()]


def package(folder: Path) -> dict[str, bytes]:
    """Every file of an export."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def plugin(name: str, **hooks: Callable[..., object]) -> dict[str, ModuleType]:
    """A plugin made of functions, by the hooks that they implement."""
    module = ModuleType(name)
    for hook, function in hooks.items():
        setattr(module, f"trialkit_{hook}", hookimpl(function, specname=f"trialkit_{hook}"))
    return {name: module}
