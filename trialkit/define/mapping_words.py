"""The SDTM mappings of a form in, one line for each thing that they say out: to compare two versions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from trialkit.model.domain_mapping import DomainMapping, SupplementalQualifier

__all__ = ["mapping_words"]


def mapping_words(mappings: Iterable[DomainMapping]) -> Mapping[str, str]:
    """``VS.SYSBP.VSPOS`` and so on to what is written there; a second mapping to a domain is told apart by a number."""
    found: dict[str, str] = {}
    seen: list[str] = []
    for mapping in mappings:
        seen.append(mapping.domain)
        count = seen.count(mapping.domain)
        place = mapping.domain if count == 1 else f"{mapping.domain}#{count}"
        found[f"{place} rows"] = f"when {_line(mapping.when)}" if mapping.when else "every record"
        found |= _variables(place, mapping.variables, mapping.supplemental)
        for test in mapping.all_tests:
            found[f"{place}.{test.testcd}"] = " ".join(filter(None, (test.result, test.test and f"({test.test})")))
            found |= _variables(f"{place}.{test.testcd}", test.variables, test.supplemental)
    return found


def _variables(
    place: str, variables: Mapping[str, str], supplemental: Mapping[str, SupplementalQualifier]
) -> dict[str, str]:
    found = {f"{place}.{name}": _line(expression) for name, expression in variables.items()}
    for name, qualifier in supplemental.items():
        origin = ", ".join(filter(None, (qualifier.origin, qualifier.evaluator)))
        found[f"{place}.{name}"] = f"{_line(qualifier.value)} ({qualifier.label}; {origin})"
    return found


def _line(text: str | None) -> str:
    """A text on one line."""
    return " ".join((text or "").split())
