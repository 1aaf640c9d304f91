"""A protocol with its forms, as a study of it would see them: read from the files, for the tests of this folder."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from trialkit.define import load_file, load_folder
from trialkit.language import Scope, form_scope
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.normalise import HOUSE_TYPES

Rows = list[dict[str, str]]


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


def read_csv(path: Path) -> Rows:
    """Every row of a CSV file."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def load_route(root: Path, name: str) -> Route:
    """Load one protocol with its own forms and those of the house; fails when a file has a problem."""
    folder = root / "plugins" / f"trialkit_{name}"
    (found,), problems = load_file(folder / "protocol.yaml")
    things = []
    for part in (root / "forms", folder / "forms"):
        located, faults = load_folder(part)
        things += [one.thing for one in located]
        problems = [*problems, *faults]
    assert not problems, "\n".join(map(str, problems))
    assert isinstance(found.thing, Protocol)
    forms = {thing.form: thing for thing in things if isinstance(thing, Form)}
    checks = {thing.check: thing for thing in things if isinstance(thing, Check)}
    checks |= {
        check.check: check.model_copy(update={"form": form.form}) for form in forms.values() for check in form.checks
    }
    codelists = {thing.codelist: thing for thing in things if isinstance(thing, CodeList)}
    return Route(found.thing, forms, codelists, checks)
