"""A study in, what is wrong with the SDTM mappings of its forms out. Reads no record and compiles no expression."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from trialkit.errors import Problem
from trialkit.export.sdtm.standard import Standard, StandardDomain, load_standard
from trialkit.model.domain_mapping import DomainMapping
from trialkit.model.form import Form
from trialkit.model.study import Study
from trialkit.wording import did_you_mean

__all__ = ["check_mappings"]

_FROM_FORMS = ("DM", "SV", "SE", "CO")
"""Special-purpose domains that forms may map to, beside the general observation classes."""

_ALWAYS_MADE = ("STUDYID", "DOMAIN", "USUBJID")
_MADE_TOPICS = ("SUBJID", "VISITNUM")
_LONGEST_TEST_CODE = 8
_LONGEST_TEST = 40


def check_mappings(study: Study) -> tuple[Problem, ...]:
    """Every fault of every mapping, sorted; empty when all are sound.

    Problems carry no position in a file; their messages name form, domain and variable.

    Codes: X131 unknown domain, X132 unknown variable, X133 unsound test code, X134 topic not mapped, X135 a variable
    that is always made by the exporter, X136 test name unknown, X137 tests in a domain that has none, X138 unknown
    result item, X139 domain that forms do not fill, X140 test named twice, X141 supplemental qualifier that is a
    variable of the domain.
    """
    standard = load_standard()
    found = [
        problem
        for name in sorted(study.forms)
        for mapping in study.forms[name].sdtm
        for problem in _check_mapping(study.forms[name], mapping, standard)
    ]
    return tuple(sorted(found))


def _check_mapping(form: Form, mapping: DomainMapping, standard: Standard) -> Iterator[Problem]:
    where = f"Form {form.form}, domain {mapping.domain}"
    domain = standard.domains.get(mapping.domain)
    if domain is None:
        message = f"{where}: SDTMIG 3.4 as carried here has no such domain."
        yield _problem("X131", message, _nearest(mapping.domain, standard.domains))
        return
    if not domain.is_general and domain.domain not in _FROM_FORMS:
        yield _problem("X139", f"{where}: forms do not fill this domain.", "Leave it out of the form.")
        return
    yield from _check_variables(where, mapping.domain, mapping.variables, standard)
    yield from _check_qualifiers(where, domain, mapping, standard)
    yield from _check_topic(where, domain, mapping)
    yield from _check_tests(where, form, domain, mapping, standard)


def _check_variables(where: str, domain: str, names: Iterable[str], standard: Standard) -> Iterator[Problem]:
    for name in names:
        if name in (*_ALWAYS_MADE, domain + "SEQ"):
            yield _problem("X135", f"{where}: {name} is always made by the exporter.", "Take it out of the mapping.")
        elif standard.variable(domain, name) is None:
            known = [variable.name for variable in standard.domains[domain].variables]
            yield _problem("X132", f"{where}: there is no variable {name} in this domain.", _nearest(name, known))


def _check_qualifiers(
    where: str, domain: StandardDomain, mapping: DomainMapping, standard: Standard
) -> Iterator[Problem]:
    """A qualifier that has a variable of its own in the domain belongs into it."""
    named = [*mapping.supplemental, *(name for test in mapping.tests for name in test.supplemental)]
    for name in sorted({name for name in named if standard.domains[domain.domain].variable(name) is not None}):
        yield _problem("X141", f"{where}: {name} is a variable of the domain.", "Map it under `variables:`.")


def _check_topic(where: str, domain: StandardDomain, mapping: DomainMapping) -> Iterator[Problem]:
    topic = domain.topic
    if topic and not mapping.all_tests and topic not in mapping.variables and topic not in _MADE_TOPICS:
        remedy = f"Map {topic}, or lay the domain out with tests." if domain.is_findings else f"Map {topic}."
        yield _problem("X134", f"{where}: {topic}, what the row is about, is not mapped.", remedy)


def _check_tests(
    where: str, form: Form, domain: StandardDomain, mapping: DomainMapping, standard: Standard
) -> Iterator[Problem]:
    if mapping.all_tests and not domain.is_findings:
        yield _problem("X137", f"{where}: only findings domains have tests.", "Map the variables directly.")
        return
    for test in mapping.all_tests:
        here = f"{where}, test {test.testcd}"
        if len(test.testcd) > _LONGEST_TEST_CODE:
            yield _problem("X133", f"{here}: a test code has at most 8 characters.", "Shorten the code.")
        item = form.item(test.result)
        own_label = item.label if item is not None and test.testcd in mapping.results else ""
        is_named = test.test or standard.test_name(domain.domain, test.testcd) or 0 < len(own_label) <= _LONGEST_TEST
        if not is_named:
            remedy = "Correct the code, or say the test's name with `test:`."
            yield _problem("X136", f"{here}: the controlled terms have no single name for it.", remedy)
        if item is None:
            message = f"{here}: the form has no item {test.result}."
            yield _problem("X138", message, _nearest(test.result, form.item_names))
        yield from _check_variables(here, domain.domain, test.variables, standard)
    places = [(test.testcd, test.result) for test in mapping.all_tests]
    for testcd, result in sorted({place for place in places if places.count(place) > 1}):
        message = f"{where}, test {testcd}: item {result} makes the same test twice."
        yield _problem("X140", message, "Leave one of them out.")


def _nearest(name: str, known: Iterable[str]) -> str:
    return did_you_mean(name, sorted(known)).strip() or "Look it up in the Implementation Guide or on the form."


def _problem(code: str, message: str, remedy: str) -> Problem:
    return Problem("", 0, 0, code, message, remedy)
