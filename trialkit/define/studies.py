"""A study definition and everything handed in go in; the compiled study comes out, or every problem at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from pydantic import BaseModel

from trialkit.define.claims import Claims, place_taken, settle_claims
from trialkit.define.expressions import CheckVerdict, Surroundings, check_form_expressions, check_methods, judge_check
from trialkit.define.located import Contributed, Located, definition_error
from trialkit.define.references import check_check, check_definition, check_form
from trialkit.define.schedules import check_protocol
from trialkit.define.scoring import check_scores, with_scores
from trialkit.errors import Problem
from trialkit.extension import ItemType
from trialkit.model.check import Check
from trialkit.model.form import Form
from trialkit.model.kind import Function
from trialkit.model.protocol import Protocol
from trialkit.model.study import Contribution, Study, StudyDefinition


def compile_study(
    definition: Located,
    contributed: Sequence[Contributed],
    item_types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
) -> Study:
    """Resolve a study: choose what counts, check every name and every expression, apply the overrides.

    Args:
        definition: the located `study.yaml`.
        contributed: everything that the house, plugins and the study's folder hand in, in the order of plugins.
        item_types: item types by name.
        functions: functions of the expression language by name.

    Returns:
        The study, with the forms that its protocol schedules or logs and the checks on them. Forms that plugins and
        the study hand in but do not use have been checked all the same; expressions of the house's forms are checked
        where the protocol uses them, since they speak of parameters and tags that another protocol need not have.

    Raises:
        DefinitionError: with every problem. When the protocol is unknown, expressions are not looked at, since they
            may refer to it.
    """
    if not isinstance(definition.thing, StudyDefinition):
        raise TypeError("a study is compiled from a study definition")
    claims, problems = settle_claims(contributed)
    problems += check_definition(definition.thing, definition, claims)
    chosen = claims.protocols.get(definition.thing.protocol)
    unscored = {name: list(check_scores(form, claims.codelists)) for name, form in claims.forms.items()}
    problems += [problem for found in unscored.values() for problem in found]
    claims = _with_scores(claims, () if chosen is None else chosen.thing.no_prorating)
    for form in claims.forms.values():
        problems += check_form(form, claims, item_types)
    for check in claims.checks.values():
        problems += check_check(check, claims)
    if chosen is None:
        raise definition_error(problems)
    problems += check_protocol(chosen, claims)
    protocol = chosen.thing.resolved(definition.thing.variant, definition.thing.parameters)
    codelists = {name: claim.thing for name, claim in claims.codelists.items()}
    unsound = {name for name, found in unscored.items() if found}  # told already, in better words
    sound = claims.with_forms({name: form for name, form in claims.forms.items() if name not in unsound})
    used = _used_forms(protocol)
    forms = {name: claim.thing for name, claim in sound.forms.items() if name in used}
    foreign = frozenset(name for name, claim in claims.forms.items() if not claim.is_of_the_house)
    overridden, is_variant = frozenset(definition.thing.parameters), definition.thing.variant is not None
    around = Surroundings(
        protocol, codelists, item_types, functions, forms, frozenset(claims.forms), foreign, overridden, is_variant
    )
    problems += check_methods(replace(chosen, thing=protocol), around)
    problems += _check_forms(sound, used, around)
    verdicts = _judge_checks(sound, used, around)
    problems += [problem for verdict in verdicts.values() for problem in verdict.problems]
    if problems:
        raise definition_error(problems)
    return _assemble(definition.thing, protocol, claims, verdicts)


def canonical_definition(
    definition: StudyDefinition, parts: Mapping[str, object], origins: Mapping[str, Contribution]
) -> str:
    """The canonical JSON of a study's parts: keys sorted, no blanks, numbers as they were written, ASCII only.

    Args:
        definition: what `study.yaml` says.
        parts: models, and mappings and tuples of models, by name.
        origins: who handed in what.
    """
    whole = {
        "definition": definition,
        "origins": {key: [origin.plugin, origin.version] for key, origin in origins.items()},
        **parts,
    }
    return json.dumps(whole, default=_plain, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _plain(part: object) -> object:
    if isinstance(part, BaseModel):
        return part.model_dump(mode="json")
    raise TypeError(f"{type(part).__name__} has no canonical text")


def _with_scores(claims: Claims, no_prorating: Collection[str]) -> Claims:
    """The forms with their scores as derived items; answers may be missing only where the protocol lets them."""
    forms = {
        name: replace(claim, thing=with_scores(claim.thing, prorates=name not in no_prorating))
        for name, claim in claims.forms.items()
    }
    return claims.with_forms(forms)


def _used_forms(protocol: Protocol) -> set[str]:
    return {entry.form for visit in protocol.visits for entry in visit.forms} | set(protocol.log_forms)


def _check_forms(claims: Claims, used: set[str], around: Surroundings) -> Iterator[Problem]:
    for form in claims.forms.values():
        if form.name in used or not form.is_of_the_house:
            yield from check_form_expressions(form, around)


def _judge_checks(claims: Claims, used: set[str], around: Surroundings) -> dict[str, CheckVerdict]:
    """What is found of each check that stands on a form which somebody defines."""
    verdicts: dict[str, CheckVerdict] = {}
    for check in claims.checks.values():
        form = claims.forms.get(check.thing.form or "")
        if form is None:
            continue
        if form.name not in used and (check.is_of_the_house or around.is_variant):
            verdicts[check.name] = CheckVerdict(set_aside=f"The protocol uses no form {form.name}.")
        elif check.is_of_the_house and not form.is_of_the_house:
            taken = place_taken(form.name, form.source.contribution.plugin)
            verdicts[check.name] = CheckVerdict(set_aside=taken)
        else:
            verdicts[check.name] = judge_check(check, form.thing, around)
    return verdicts


def _assemble(
    definition: StudyDefinition, protocol: Protocol, claims: Claims, verdicts: Mapping[str, CheckVerdict]
) -> Study:
    set_aside = {name: verdict.set_aside for name, verdict in verdicts.items() if verdict.set_aside}
    used = _used_forms(protocol)
    forms = {name: claim.thing for name, claim in claims.forms.items() if name in used}
    checks = {name: _checks_on(name, claims, set_aside) for name in forms}
    codelists = {name: claim.thing for name, claim in claims.codelists.items()}
    units = tuple(claim.thing for claim in claims.units.values())
    origins = dict(_origins(protocol, forms, checks, claims))
    parts = {"protocol": protocol, "forms": forms, "codelists": codelists, "checks": checks, "units": units}
    text = canonical_definition(definition, parts, origins)
    return Study(
        definition=definition,
        protocol=protocol,
        forms=forms,
        codelists=codelists,
        checks=checks,
        units=units,
        origins=origins,
        digest=hashlib.sha256(text.encode("ascii")).hexdigest(),
        text=text,
        set_aside=set_aside,
        reads={name: verdict.reads for name, verdict in verdicts.items() if verdict.reads},
    )


def _checks_on(form: str, claims: Claims, set_aside: Mapping[str, str]) -> tuple[Check, ...]:
    found = (claim.thing for claim in claims.checks.values() if claim.thing.form == form)
    return tuple(check for check in found if check.check not in set_aside)


def _origins(
    protocol: Protocol, forms: Mapping[str, Form], checks: Mapping[str, tuple[Check, ...]], claims: Claims
) -> Iterator[tuple[str, Contribution]]:
    """``form:VS`` and so on to who handed it in, for everything that is part of the study."""
    yield f"protocol:{protocol.protocol}", claims.protocols[protocol.protocol].source.contribution
    for name in forms:
        yield f"form:{name}", claims.forms[name].source.contribution
        for check in checks[name]:
            yield f"check:{check.check}", claims.checks[check.check].source.contribution
    for name, codelist in claims.codelists.items():
        yield f"codelist:{name}", codelist.source.contribution
    for unit in claims.units.values():
        yield f"unit:{unit.thing.unit}:{unit.thing.to}", unit.source.contribution
