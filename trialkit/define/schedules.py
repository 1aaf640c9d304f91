"""The schedule of a protocol goes in; every name that leads nowhere, and every visit that is not allowed, comes out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trialkit.define.claims import Claim, Claims
from trialkit.define.located import Steps, quoted, suggest
from trialkit.define.references import unknown_form
from trialkit.errors import Problem
from trialkit.model.protocol import Protocol, ScheduledForm, Variant, Visit


def check_protocol(claim: Claim[Protocol], claims: Claims) -> Iterator[Problem]:
    """Problems of the schedule of the protocol that the study uses, all of its variants included."""
    protocol = claim.thing
    for place, name in enumerate(protocol.log_forms):
        form = claims.forms.get(name)
        if form is None:
            yield unknown_form(claim, ("log_forms", place), name, claims)
        elif not form.thing.repeating:
            message = f"form {name} is logged but does not repeat"
            remedy = f"Write 'repeating: true' in form {name}, or schedule it at visits instead."
            yield claim.problem(("log_forms", place), "D118", message, remedy)
    for place, name in enumerate(protocol.no_prorating):
        if name not in claims.forms:
            yield unknown_form(claim, ("no_prorating", place), name, claims)
    for name, entries in protocol.sets.items():
        yield from _check_entries(claim, ("sets", name), entries, claims)
    for place, visit in enumerate(protocol.visits):
        yield from _check_visit(claim, ("visits", place), visit, claims)
    for place, variant in enumerate(protocol.variants):
        yield from _check_variant(claim, ("variants", place), variant, claims)


def _check_visit(claim: Claim[Protocol], steps: Steps, visit: Visit, claims: Claims) -> Iterator[Problem]:
    protocol = claim.thing
    for place, name in enumerate(visit.sets):
        if name not in protocol.sets:
            message = f"the protocol has no set {quoted(name)}"
            yield claim.problem((*steps, "sets", place), "D135", message, suggest(name, protocol.sets))
    yield from _check_entries(claim, (*steps, "forms"), visit.forms, claims)
    yield from _check_twice(claim, steps, visit)
    for restriction in protocol.restrictions:
        if restriction.tag in visit.tags:
            where = [mode for mode in visit.modes if mode not in restriction.modes]
            if where or not visit.modes:
                taken = f"takes place as {where[0]}" if where else "does not say how it takes place"
                only = " or ".join(restriction.modes)
                message = f"visit {visit.visit} is tagged {restriction.tag} and {taken}; only {only} is allowed"
                yield claim.problem((*steps, "modes"), "D136", message, f"Write {only}. {restriction.reason}")


def _check_entries(
    claim: Claim[Protocol], steps: Steps, entries: Sequence[ScheduledForm], claims: Claims
) -> Iterator[Problem]:
    protocol = claim.thing
    points = [point.timepoint for point in protocol.timepoints]
    for place, entry in enumerate(entries):
        here: Steps = (*steps, place)
        form = claims.forms.get(entry.form)
        if form is None:
            yield unknown_form(claim, (*here, "form"), entry.form, claims)
        elif form.thing.reference:
            message = f"form {entry.form} belongs to a site and can not be scheduled at a visit"
            yield claim.problem((*here, "form"), "D137", message, "Put it under 'log_forms:'.")
        for number, point in enumerate(entry.timepoints):
            if point not in points:
                message = f"unknown timepoint {quoted(point)}"
                yield claim.problem((*here, "timepoints", number), "D117", message, suggest(point, points))
        if entry.condition is not None and entry.condition not in protocol.conditions:
            message = f"the protocol has no condition {quoted(entry.condition)}"
            yield claim.problem((*here, "condition"), "D138", message, suggest(entry.condition, protocol.conditions))


def _check_twice(claim: Claim[Protocol], steps: Steps, visit: Visit) -> Iterator[Problem]:
    """A form that stands twice at the same moment of a visit, in its own forms or through its sets."""
    seen: set[tuple[str, str]] = set()
    for place, entry in enumerate(claim.thing.with_sets(visit).forms):
        for point in entry.places:
            if (entry.form, point) in seen:
                moment = f" at {point}" if point else ""
                message = f"form {entry.form} is scheduled twice at visit {visit.visit}{moment}"
                here: Steps = ("forms", place, "form") if place < len(visit.forms) else ("sets",)
                yield claim.problem((*steps, *here), "D105", message, "Keep one of the two.")
            seen.add((entry.form, point))


def _check_variant(claim: Claim[Protocol], steps: Steps, variant: Variant, claims: Claims) -> Iterator[Problem]:
    protocol = claim.thing
    for name in variant.parameters:
        if name not in protocol.parameters:
            message = f"the protocol has no parameter {quoted(name)}"
            yield claim.problem(
                (*steps, "parameters", name, "@key"), "D112", message, suggest(name, protocol.parameters)
            )
    for place, name in enumerate(variant.requires):
        if name not in protocol.conditions:
            message = f"the protocol has no condition {quoted(name)}"
            yield claim.problem((*steps, "requires", place), "D138", message, suggest(name, protocol.conditions))
    names = [visit.visit for visit in protocol.visits]
    for place, name in enumerate(variant.without):
        if name not in names:
            yield claim.problem(
                (*steps, "without", place), "D117", f"the protocol has no visit {quoted(name)}", suggest(name, names)
            )
    for place, visit in enumerate(variant.visits):
        yield from _check_visit(claim, (*steps, "visits", place), visit, claims)
