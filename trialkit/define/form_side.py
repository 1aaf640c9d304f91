"""One version of a form with everything that decides what its records may hold: read from three places."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from trialkit.define.files import load_file
from trialkit.define.located import definition_error, name_thing, place_problem
from trialkit.define.scoring import with_scores
from trialkit.errors import UsageError
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.study import Study


@dataclass(frozen=True, slots=True)
class FormSide:
    """A form as it stands or stood.

    Attributes:
        form: the form, its scores as derived items.
        codelists: code lists by name, those of its items among them.
        checks: every check on it, of plugins as well, sorted by name.
        parameters: the numbers of the protocol.
        prorates: whether the protocol lets answers be missing in its scores.
        owner: who handed the form in; empty where nobody knows.
        set_aside: checks that are not in force on this side although they are there, each with the reason.
    """

    form: Form
    codelists: Mapping[str, CodeList]
    checks: tuple[Check, ...]
    parameters: Mapping[str, Decimal]
    prorates: bool
    owner: str = ""
    set_aside: Mapping[str, str] = field(default_factory=dict)


def side_of_study(study: Study, name: str) -> FormSide:
    """A form of a study as it stands."""
    return FormSide(
        form=study.forms[name],
        codelists=study.codelists,
        checks=study.checks.get(name, ()),
        parameters={key: parameter.value for key, parameter in study.protocol.parameters.items()},
        prorates=name not in study.protocol.no_prorating,
        owner=study.origins[f"form:{name}"].plugin,
        set_aside=study.set_aside,
    )


def side_of_text(text: str, name: str) -> FormSide:
    """A form as the text of a registered definition has it.

    Raises UsageError U151 when the text has no such form, or was written by a version of trialkit that defined forms
    otherwise.
    """
    try:
        plain = json.loads(text)
        protocol = plain["protocol"]
        return FormSide(
            form=Form.model_validate(plain["forms"][name]),
            codelists={key: CodeList.model_validate(codelist) for key, codelist in plain["codelists"].items()},
            checks=tuple(Check.model_validate(check) for check in plain["checks"][name]),
            parameters={key: Decimal(parameter["value"]) for key, parameter in protocol["parameters"].items()},
            prorates=name not in protocol["no_prorating"],
            owner=plain.get("origins", {}).get(f"form:{name}", [""])[0],
        )
    except (KeyError, ValueError) as error:  # ValueError: not JSON, or what pydantic raises
        raise UsageError(
            "U151",
            f"The definition of {name} that was registered then can not be read by this version of trialkit.",
            remedy="Compare with its definition file: --file FILE.",
        ) from error


def side_of_file(path: Path, name: str, study: Study) -> FormSide:
    """A form as a definition file has it, with what else the study has now: code lists, parameters, checks of others.

    Raises DefinitionError with every problem of the file, D107 when it does not hold this form.
    """
    things, problems = load_file(path)
    found = next((located for located in things if isinstance(located.thing, Form)), None)
    if not problems and (found is None or not isinstance(found.thing, Form) or found.thing.form != name):
        holds = ", ".join(name_thing(located.thing) for located in things[:3])
        message = f"The file defines {holds}, not form {name}."
        problems = [place_problem(path.as_posix(), (), (1, 1), "D107", message, "Name the file of that form.")]
    if problems or found is None or not isinstance(found.thing, Form):
        raise definition_error(problems)
    now = side_of_study(study, name)
    own = {check.check for check in now.form.checks}
    checks = [check.model_copy(update={"form": check.form or name}) for check in found.thing.checks]
    written = {check.check for check in checks}
    others = [check for check in now.checks if check.check not in own | written]
    return FormSide(
        form=with_scores(found.thing, prorates=now.prorates),
        codelists=now.codelists,
        checks=tuple(sorted([*checks, *others], key=lambda check: check.check)),
        parameters=now.parameters,
        prorates=now.prorates,
        owner=now.owner,
    )
