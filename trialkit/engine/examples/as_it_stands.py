"""A study in, the protocol as it stands out: without the variant, the numbers and the definitions of the study's own.

Whoever writes a rule of a protocol writes its examples for that. Nothing of it is stored or shown as a study.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from trialkit.define import study_text
from trialkit.engine.assembly import Assembly, FormPlan, FormPlans, assemble
from trialkit.engine.gathering import STUDY_FOLDER
from trialkit.engine.rules_in_python import rules_in_python
from trialkit.errors import DefinitionError, PluginError
from trialkit.language import scoped_forms
from trialkit.model.method import Parameter
from trialkit.registry import Registry
from trialkit.validate import plan_checks

__all__ = ["numbers_as_they_stand", "protocol_as_it_stands"]

_DEFINITIONS = (".yaml", ".yml")


def protocol_as_it_stands(assembly: Assembly) -> Assembly | None:
    """The same study without anything of its own, good for asking rules; None when it has nothing of its own.

    What stands in the study's folder beside a protocol that stands there, too, belongs to the protocol. None as well
    when the protocol as it stands is not sound: then there is nothing to compare with.
    """
    study = assembly.study
    plain = study.definition.model_copy(update={"variant": None, "parameters": {}})
    stands_in_folder = study.origins[f"protocol:{study.protocol.protocol}"].plugin == STUDY_FOLDER
    adds_definitions = any(origin.plugin == STUDY_FOLDER for origin in study.origins.values())
    if plain == study.definition and (stands_in_folder or not adds_definitions):
        return None
    # A plugin that fails in the plain study must not fall out of the one that is open.
    registry = Registry(assembly.registry.manager, dict(assembly.registry.plugins), dict(assembly.registry.broken))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if stands_in_folder:
            _copy_definitions(assembly.folder, folder)
        (folder / "study.yaml").write_text(study_text(plain), encoding="utf-8")
        try:
            return assemble(folder, registry)
        except (DefinitionError, PluginError):
            return None


def numbers_as_they_stand(assembly: Assembly, reference: Assembly) -> Assembly | None:
    """A study with the numbers of the protocol, all else being its own; None when it has no other numbers."""
    study = assembly.study
    numbers = reference.study.protocol.parameters
    changed = {name for name, number in study.protocol.parameters.items() if numbers[name].value != number.value}
    return _with_numbers(assembly, numbers, reference.registry) if changed else None


def _copy_definitions(source: Path, target: Path) -> None:
    for path in source.rglob("*"):
        inside = path.relative_to(source)
        if path.suffix in _DEFINITIONS and path.is_file() and not any(part.startswith(".") for part in inside.parts):
            (target / inside).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / inside)


def _with_numbers(assembly: Assembly, numbers: Mapping[str, Parameter], registry: Registry) -> Assembly:
    """A study with other numbers, whose rules can be asked. What forms compute is not planned: examples bring it."""
    set_back = {name: number.value for name, number in numbers.items()}
    study = replace(
        assembly.study,
        definition=assembly.study.definition.model_copy(update={"parameters": set_back}),
        protocol=assembly.study.protocol.model_copy(update={"parameters": numbers}),
    )
    in_python = rules_in_python(study, registry)
    forms = scoped_forms(study.forms, study.codelists, {name: one.kind for name, one in assembly.types.items()})

    def make(name: str) -> FormPlan:
        form = study.forms[name]
        checks = plan_checks(form, study, assembly.types, assembly.functions, in_python.of_records, forms)
        return FormPlan(form, (), checks)

    plans = FormPlans(study.forms, make)
    return replace(assembly, study=study, registry=registry, plans=plans, rules_in_python=in_python)
