"""The SDTM mappings of a form in, for each item the variables that read it out, in the words of an annotated form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from trialkit.document.skip_logic import SkipWords
from trialkit.language.parse import parse
from trialkit.language.tree import Constant, items_in
from trialkit.model.domain_mapping import DomainMapping, SupplementalQualifier, TestMapping
from trialkit.model.form import Form

__all__ = ["MappingReading"]

_MOST_QUALIFIERS = 2


@dataclass(frozen=True, slots=True)
class _Use:
    """An item is read for a variable.

    Attributes:
        domain: the domain.
        target: the variable, or the name of a supplemental qualifier.
        is_supplemental: whether it is a qualifier.
        which: what tells the rows of the mapping from those of another one; empty when there is no other.
        test: the test whose row it is; empty for every row of the mapping.
    """

    domain: str
    target: str
    is_supplemental: bool
    which: str
    test: str = ""


class MappingReading:
    """What the mappings of one form read."""

    def __init__(self, form: Form, words: SkipWords) -> None:
        self._form = form
        self._words = words
        self._uses: dict[str, list[_Use]] = {}
        self._decides: dict[str, list[tuple[str, str]]] = {}
        self._kinds: dict[str, set[str]] = {}
        for mapping in form.sdtm:
            self._read(mapping)

    def of(self, item: str) -> Iterator[tuple[str, str]]:
        """Domain and annotation, one for each set of variables that are read on the same rows."""
        rows: dict[tuple[str, str, bool], list[str]] = {}
        for (domain, target, is_supplemental), when in self._whens(item):
            rows.setdefault((domain, when, is_supplemental), []).append(target)
        for (domain, when, is_supplemental), targets in rows.items():
            names = ", ".join(dict.fromkeys(targets))
            text = f"{names} in SUPP{domain}" if is_supplemental else f"{domain}.{names}"
            yield domain, f"{text} when {when}" if when else text
        yield from dict.fromkeys(self._decides.get(item, ()))

    def tests_of(self, item: str) -> Iterator[tuple[str, str]]:
        """Domain and short name of the tests whose result an item is."""
        for mapping in self._form.sdtm:
            yield from ((mapping.domain, test.testcd) for test in mapping.all_tests if test.result == item)

    def _whens(self, item: str) -> Iterator[tuple[tuple[str, str, bool], str]]:
        """Each target with the rows on which it is read, in words; empty for every row of the domain."""
        grouped: dict[tuple[str, str, bool], dict[str, list[str]]] = {}
        for use in self._uses.get(item, ()):
            kinds = grouped.setdefault((use.domain, use.target, use.is_supplemental), {})
            kinds.setdefault(use.which, []).append(use.test)
        for target, kinds in grouped.items():
            domain = target[0]
            parts = {which: _among(f"{domain}TESTCD", tests) for which, tests in kinds.items()}
            if len(set(parts.values())) == 1 and set(kinds) == self._kinds[domain]:
                yield target, next(iter(parts.values()))  # read on every kind of row: no need to tell them apart
                continue
            for which, tests in parts.items():
                yield target, " and ".join(part for part in (tests, which) if part)

    def _read(self, mapping: DomainMapping) -> None:
        which = self._which(mapping)
        if not _tells_not_done(mapping):
            self._kinds.setdefault(mapping.domain, set()).add(which)
        self._read_variables(mapping, mapping.variables, mapping.supplemental, which)
        for test in mapping.all_tests:
            self._read_test(mapping, test, which)
        if mapping.when is not None:
            self._read_when(mapping)

    def _read_variables(
        self,
        mapping: DomainMapping,
        variables: dict[str, str],
        supplemental: dict[str, SupplementalQualifier],
        which: str,
        test: str = "",
    ) -> None:
        domain = mapping.domain
        for variable, expression in variables.items():
            self._note(items_in(parse(expression)), _Use(domain, variable, False, which, test))
        for name, qualifier in supplemental.items():
            self._note(items_in(parse(qualifier.value)), _Use(domain, name, True, which, test))

    def _read_test(self, mapping: DomainMapping, test: TestMapping, which: str) -> None:
        domain = mapping.domain
        about = constant(test.variables.get(f"{domain}OBJ"))
        if about is not None:  # what a finding is about belongs to its name
            which = " and ".join(part for part in (which, f"{domain}OBJ = {about}") if part)
        result = self._form.item(test.result)
        unit = f" / {domain}ORRESU" if result is not None and result.accepted_units else ""
        self._note((test.result,), _Use(domain, f"{domain}ORRES{unit}", False, which, test.testcd))
        self._read_variables(mapping, test.variables, test.supplemental, which, test.testcd)

    def _read_when(self, mapping: DomainMapping) -> None:
        """An item that decides whether there is a row at all; said where nothing else says what it is for."""
        tree = parse(mapping.when or "")
        domain = mapping.domain
        status = constant(mapping.variables.get(f"{domain}STAT"))
        what = f"{domain}.{domain}STAT = {status}" if status else f"{domain} row is made"
        for item in items_in(tree):
            if status or not any(use.domain == domain for use in self._uses.get(item, ())):
                self._decides.setdefault(item, []).append((domain, f"{what} when {self._words.words(tree)}"))

    def _note(self, items: Sequence[str], use: _Use) -> None:
        for item in items:
            self._uses.setdefault(item, []).append(use)

    def _which(self, mapping: DomainMapping) -> str:
        """The constants that tell the rows of this mapping from those of another mapping to the same domain."""
        others = [
            _constants(other)
            for other in self._form.sdtm
            if other.domain == mapping.domain and other is not mapping and not _tells_not_done(other)
        ]
        telling = [
            f"{variable} = {value}"
            for variable, value in _constants(mapping).items()
            if any(other.get(variable) != value for other in others)
        ]
        return "" if _tells_not_done(mapping) else " and ".join(telling[:_MOST_QUALIFIERS])


def _among(variable: str, tests: Sequence[str]) -> str:
    """``VSTESTCD = SYSBP``; empty when one of the uses is on every row."""
    named = list(dict.fromkeys(tests))
    if "" in named:
        return ""
    return f"{variable} = {named[0]}" if len(named) == 1 else f"{variable} in ({', '.join(named)})"


def _tells_not_done(mapping: DomainMapping) -> bool:
    return f"{mapping.domain}STAT" in mapping.variables and not mapping.all_tests


def _constants(mapping: DomainMapping) -> dict[str, str]:
    found = {variable: constant(expression) for variable, expression in mapping.variables.items()}
    return {variable: value for variable, value in found.items() if value is not None}


def constant(expression: str | None) -> str | None:
    """The text or number that an expression is, or None when it is no constant."""
    tree = None if expression is None else parse(expression)
    return str(tree.value) if isinstance(tree, Constant) else None
