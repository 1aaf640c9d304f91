"""What counts in a study goes in; every name that leads nowhere comes out as a problem with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from zoneinfo import ZoneInfo

from trialkit.define.claims import STUDY, Claim, Claims
from trialkit.define.located import Located, Steps, quoted, suggest
from trialkit.errors import Problem
from trialkit.model.check import Check
from trialkit.model.example import parse_example
from trialkit.model.form import Form
from trialkit.model.item import Item
from trialkit.model.protocol import Protocol
from trialkit.model.study import StudyDefinition
from trialkit.wording import did_you_mean

ROLE = "ROLE"
"""The code list whose terms are the roles of a study."""


def check_definition(definition: StudyDefinition, located: Located, claims: Claims) -> Iterator[Problem]:
    """Problems of `study.yaml`: protocol, overridden parameters, sites."""
    protocol = claims.protocols.get(definition.protocol)
    if protocol is None:
        message = f"unknown protocol {quoted(definition.protocol)}"
        remedy = f"{did_you_mean(definition.protocol, claims.protocols)}{_known('protocols', claims.protocols)}"
        yield located.problem(("protocol",), "D111", message, f"{remedy} Or install the plugin that hands it in.")
    else:
        known = protocol.thing.parameters
        for name in definition.parameters:
            if name not in known:
                message = f"protocol {definition.protocol} has no parameter {quoted(name)}"
                yield located.problem(("parameters", name, "@key"), "D112", message, suggest(name, known))
        variants = [variant.variant for variant in protocol.thing.variants]
        if definition.variant is not None and definition.variant not in variants:
            message = f"protocol {definition.protocol} has no variant {quoted(definition.variant)}"
            yield located.problem(("variant",), "D133", message, suggest(definition.variant, variants))
    yield from _check_sites(definition, located)


def check_form(claim: Claim[Form], claims: Claims, types: Collection[str]) -> Iterator[Problem]:
    """Problems of one form, besides those of its expressions and checks."""
    for place, item in enumerate(claim.thing.items):
        yield from _check_item(claim, ("items", place), item, claims, types)
    names = claim.thing.item_names
    for place, mapping in enumerate(claim.thing.sdtm):
        for number, test in enumerate(mapping.tests):
            if test.result not in names:
                steps = ("sdtm", place, "tests", number, "result")
                yield _unknown_item(claim, steps, test.result, claim.thing)
        for number, name in enumerate(mapping.results):
            if name not in names:
                yield _unknown_item(claim, ("sdtm", place, "results", number), name, claim.thing)


def check_check(claim: Claim[Check], claims: Claims) -> Iterator[Problem]:
    """Problems of the names in one check."""
    check = claim.thing
    if check.form is None:
        yield claim.problem((), "D106", f"check {claim.name} does not say which form it reads", "Add 'form:'.")
        return
    form = claims.forms.get(check.form)
    if form is None:
        yield unknown_form(claim, ("form",), check.form, claims)
        return
    if claim.is_of_the_house and not form.is_of_the_house:
        return  # it spoke of the form that was replaced, and is set aside
    is_inside = bool(claim.steps)
    if is_inside and isinstance(claim.source.located.thing, Form) and check.form != claim.source.located.thing.form:
        message = f"check {claim.name} stands in form {claim.source.located.thing.form} but names form {check.form}"
        yield claim.problem(("form",), "D105", message, "Delete 'form:', or move the check to the other form.")
    for place, name in enumerate(check.items):
        if name not in form.thing.item_names:
            yield _unknown_item(claim, ("items", place), name, form.thing)
    if check.carried_out_by is not None and not check.items:
        message = f"check {claim.name} does not say which items {check.carried_out_by} is about"
        yield claim.problem(("carried_out_by",), "D106", message, "Add 'items:'.")
    yield from _check_examples(claim, form)


def _check_examples(claim: Claim[Check], form: Claim[Form]) -> Iterator[Problem]:
    """Examples that can not be read. Those of others may name items that the study's own form left out."""
    is_of_the_study = form.source.contribution.plugin == STUDY
    was_replaced = is_of_the_study and claim.source.contribution.plugin != STUDY
    items = None if was_replaced else form.thing.item_names
    examples = claim.thing.examples
    for kind, texts in (("fires", examples.fires), ("quiet", examples.quiet), ("missing", examples.missing)):
        for place, text in enumerate(texts):
            fault = _example_fault(text, form.name, items)
            if fault:
                remedy = f"Write records with | between them, the last one of {form.name}: V1 {form.name} ITEM=VALUE"
                yield claim.problem(("examples", kind, place), "D150", f"an example can not be read: {fault}", remedy)


def _example_fault(text: str, form: str, items: Collection[str] | None) -> str:
    try:
        checked = parse_example(text).checked
    except ValueError as error:
        return str(error)
    if checked.form != form:
        return f"its last record is one of {checked.form}, and the check stands on {form}"
    strange = [] if items is None else [name for name in checked.values if name not in items]
    return f"form {form} has no item {', '.join(strange)}" if strange else ""


def _check_item(
    claim: Claim[Form], steps: Steps, item: Item, claims: Claims, types: Collection[str]
) -> Iterator[Problem]:
    if item.type not in types:
        yield claim.problem(
            (*steps, "type"), "D115", f"{quoted(item.type)} is not an item type", suggest(item.type, types)
        )
    if item.codelist is not None and item.codelist not in claims.codelists:
        message = f"unknown code list {quoted(item.codelist)}"
        yield claim.problem((*steps, "codelist"), "D114", message, suggest(item.codelist, claims.codelists))
    roles = claims.codelists.get(ROLE)
    for place, role in enumerate(item.hidden_from):
        if roles is None or role not in roles.thing.codes:
            message = f"{quoted(role)} is no role: the code list {ROLE} does not have it"
            remedy = suggest(role, () if roles is None else roles.thing.codes)
            yield claim.problem((*steps, "hidden_from", place), "D134", message, remedy)
    for place, unit in enumerate(item.units):
        is_known = item.unit is None or unit == item.unit or f"{unit} to {item.unit}" in claims.units
        if not is_known:
            message = (
                f"nothing says how {quoted(unit)} becomes {quoted(str(item.unit))}, the standard unit of {item.item}"
            )
            remedy = f"Add a conversion under 'units:', or take {unit} out of the list."
            yield claim.problem((*steps, "units", place), "D131", message, remedy)


def _check_sites(definition: StudyDefinition, located: Located) -> Iterator[Problem]:
    for place, site in enumerate(definition.sites):
        if site.site in [earlier.site for earlier in definition.sites[:place]]:
            message = f"site {site.site} stands twice in the study"
            yield located.problem(("sites", place, "site"), "D105", message, "Keep one of the two.")
        if not _is_timezone(site.timezone):
            message = f"{quoted(site.timezone)} is not a time zone"
            yield located.problem(("sites", place, "timezone"), "D105", message, "Write for example Europe/Amsterdam.")


def _is_timezone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        return False
    return True


def unknown_form(claim: Claim[Check] | Claim[Protocol], steps: Steps, name: str, claims: Claims) -> Problem:
    """The problem of a form that nobody defines."""
    return claim.problem(steps, "D116", f"unknown form {quoted(name)}", suggest(name, claims.forms))


def _unknown_item(claim: Claim[Form] | Claim[Check], steps: Steps, name: str, form: Form) -> Problem:
    message = f"form {form.form} has no item {quoted(name)}"
    return claim.problem(steps, "D119", message, suggest(name, form.item_names))


def _known(what: str, names: Mapping[str, object]) -> str:
    return f"Known {what}: {', '.join(names)}." if names else ""
