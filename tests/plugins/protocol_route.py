"""A protocol with its forms, as a study of it would see them: read from the files, for the tests of this folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from trialkit.define import Contributed, Located, compile_study, load_file, load_folder
from trialkit.define.scoring import with_scores
from trialkit.language import Scope, form_scope
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol, ScheduledForm, Visit
from trialkit.model.study import Contribution, Site, Study, StudyDefinition
from trialkit.normalise import HOUSE_TYPES

Rows = list[dict[str, str]]

CONDITIONS = {
    "CHILDPOT": "CHILDPOT",
    "PTSD": "PTSD",
    "PAIN": "PAIN",
    "ANX": "ANXIETY",
    "OPENLABEL": "OPEN_LABEL",
    "<5": "SEDATED",
    ">PRE": "ABOVE_PRE",
    "NS_PO": "NASAL_OR_ORAL",
    "weekly": "WEEKLY",
    "not_ready": "NOT_READY",
    "+60": "ECG_AT_1H",
    "non-responder": "NON_RESPONDER",
    "wk0_wk3_wk6": "WEEKS_0_3_6",
    "wk0_wk6": "WEEKS_0_6",
}
"""A condition as the dossier writes it, on forms that not everybody needs, and its name in the protocols."""

SPELLED_OUT = {
    "same": "OKTOS 150/100; TRANSFORM 140/90 (150 if >65)",
    "as above; home service agreement 160/90": "Janssen medical information; home service agreement 160/90",
    "label/brief": "product label; design",
    "all": "all anchor trials",
}
"""Sources that lean on the row above, or on a document that nobody outside has, and how they are written here."""


@dataclass(frozen=True)
class Route:
    """A protocol with everything that its studies may use."""

    protocol: Protocol
    forms: Mapping[str, Form]
    codelists: Mapping[str, CodeList]
    checks: Mapping[str, Check]

    def scope(self, form: str) -> Scope:
        """What expressions on a form may speak of."""
        kinds = {found.name: found.kind for found in HOUSE_TYPES}
        return form_scope(self.forms[form], self.codelists, self.protocol, kinds, {})


class PlannedRow(NamedTuple):
    """One form at one moment of one visit, as the dossier writes a row of its schedules.

    Attributes:
        visit: the visit.
        label: its label.
        target: the planned day, the days in which it may fall, ``LAST+7``, or nothing.
        window: days early and late, for example ``-1..2``; ``0..0`` where there is no window.
        modes: how it takes place, joined by ``or``.
        tags: its tags, in order.
        timepoint: the timepoint without ``HOME-``; empty for a form that is filled in once.
        minutes: nominal minutes after time 0.
        timing: minutes early and late.
        form: the form.
        required: whether the visit is incomplete without it.
        condition: when it is expected, as the protocol names it.
    """

    visit: str
    label: str
    target: str
    window: str
    modes: str
    tags: tuple[str, ...]
    timepoint: str
    minutes: str
    timing: str
    form: str
    required: bool
    condition: str | None


def read_csv(path: Path) -> Rows:
    """Every row of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_protocol(path: Path) -> Protocol:
    """The protocol of one file as it stands there, sets and variants included; fails when the file has a problem."""
    things, problems = load_file(path)
    assert not problems, "\n".join(map(str, problems))
    (protocol,) = (found.thing for found in things)
    assert isinstance(protocol, Protocol)
    return protocol


def load_route(root: Path, name: str) -> Route:
    """Load one protocol with its own forms and those of the house; fails when a file has a problem."""
    folder = root / "plugins" / f"trialkit_{name}"
    protocol = load_protocol(folder / "protocol.yaml").resolved()
    things = []
    problems = []
    for part in (root / "forms", folder / "forms"):
        located, faults = load_folder(part)
        things += [one.thing for one in located]
        problems += faults
    assert not problems, "\n".join(map(str, problems))
    forms = {
        thing.form: with_scores(thing, prorates=thing.form not in protocol.no_prorating)
        for thing in things
        if isinstance(thing, Form)
    }
    checks = {thing.check: thing for thing in things if isinstance(thing, Check)}
    checks |= {
        check.check: check.model_copy(update={"form": form.form}) for form in forms.values() for check in form.checks
    }
    codelists = {thing.codelist: thing for thing in things if isinstance(thing, CodeList)}
    return Route(protocol, forms, codelists, checks)


def compile_route(root: Path, name: str, variant: str | None = None, own: Path | None = None) -> Study:
    """A study of one protocol, from the files of the house and the plugin.

    Args:
        root: the root of the source tree.
        name: the plugin.
        variant: the variant that the study follows.
        own: a protocol in the study's own folder, with a name of its own, that it follows instead of the plugin's.

    Raises:
        DefinitionError: with every problem.
    """
    folder = root / "plugins" / f"trialkit_{name}"
    plugged = folder / "protocol.yaml"
    follows = load_protocol(own or plugged).protocol
    definition = StudyDefinition(
        study="S1", title="A study", protocol=follows, variant=variant, sites=(Site(site="01"),)
    )
    contributed: list[Contributed] = []
    for plugin, (things, problems) in (
        ("trialkit", load_folder(root / "forms")),
        (name, load_folder(folder / "forms")),
        (name, load_file(plugged)),
        ("study", ([], []) if own is None else load_file(own)),
    ):
        assert not problems, "\n".join(map(str, problems))
        contributed += [Contributed(found, Contribution(plugin, "0.1.0")) for found in things]
    types = {found.name: found for found in HOUSE_TYPES}
    return compile_study(Located(definition), contributed, types, {})


def planned_rows(protocol: Protocol) -> Iterator[PlannedRow]:
    """Every form at every moment of every visit of a protocol whose sets are resolved."""
    for visit in protocol.visits:
        for entry in visit.forms:
            for name in entry.places:
                yield _planned_row(protocol, visit, entry, name)


def _planned_row(protocol: Protocol, visit: Visit, entry: ScheduledForm, name: str) -> PlannedRow:
    point = protocol.timepoint(name)
    assert (point is None) == (name == "")
    return PlannedRow(
        visit=visit.visit,
        label=visit.label,
        target=_target(visit),
        window="0..0" if visit.window is None else str(visit.window),
        modes=" or ".join(visit.modes),
        tags=visit.tags,
        timepoint=name.removeprefix("HOME-"),
        minutes="" if point is None else str(point.minutes),
        timing="" if point is None else str(point.window),
        form=entry.form,
        required=entry.required,
        condition=entry.condition,
    )


def _target(visit: Visit) -> str:
    if visit.days_after_last_dose is not None:
        return f"LAST+{visit.days_after_last_dose}"
    return str(visit.days or visit.day or "")


def _window(minus: str, plus: str) -> str:
    return f"{-int(minus)}..{plus}" if plus else ""


def dossier_row(row: dict[str, str]) -> PlannedRow:
    """A row of the dossier's schedules in the words of the protocols."""
    return PlannedRow(
        visit=row["visit_id"],
        label=row["visit_label"],
        target=row["target_day"],
        window=_window(row["win_minus"], row["win_plus"]),
        modes=row["mode"],
        tags=tuple(row["tags"].split()),
        timepoint=row["timepoint"],
        minutes=row["tp_minutes"],
        timing=_window(row["tp_win_minus"] or "0", row["tp_win_plus"]),
        form=row["form"],
        required=row["required"] == "R",
        condition=CONDITIONS[row["condition"]] if row["required"] == "C" else None,
    )


def dossier_source(told: str) -> str:
    """The source of a parameter in the words of the protocols."""
    return SPELLED_OUT.get(told, told.replace("brief", "design").replace("memory", "not verified"))
