"""Finished rows in, datasets out: variables in the order of the standard, labelled, typed, as long as they need be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from trialkit.export.sdtm.draft import Draft
from trialkit.export.sdtm.mapping import CompiledMapping
from trialkit.export.sdtm.sequence import natural_keys
from trialkit.export.sdtm.standard import Standard, StandardVariable
from trialkit.model.dataset import Dataset, Datum, Variable, VariableType

__all__ = ["Origins", "assemble", "level_lengths", "origins_of"]

Origins = Mapping[tuple[str, str], str]
"""(Domain, variable) to the origin that its mapping shows."""

_BY_PROTOCOL = ("STUDYID", "VISITNUM", "VISIT", "VISITDY", "--TPT", "--TPTNUM", "--ELTM", "--TPTREF", "ARM", "ACTARM")
_ASSIGNED = ("DOMAIN", "SUBJID", "SITEID", "COUNTRY", "--TESTCD", "--TEST")
_COLLECTED = ("--ORRES", "--ORRESU", "--STAT", "--REASND")


def assemble(drafts: Sequence[Draft], domain: str, study: str, standard: Standard, origins: Origins) -> Dataset:
    """Make the dataset of one domain.

    Required and expected variables are always there, permissible ones only when a row has a value. A text is never
    cut; the length of a text variable is its longest value in bytes, at least 1.
    """
    home = standard.domains[domain]
    filled = {name for draft in drafts for name, datum in draft.values.items() if datum is not None}
    columns = [
        column
        for column in standard.columns(domain, frozenset(filled))
        if column.core != "Perm" or column.name in filled
    ]
    names = [column.name for column in columns]
    rows = tuple(_row(draft, names, {"STUDYID": study, "DOMAIN": domain, "USUBJID": draft.usubjid}) for draft in drafts)
    variables = tuple(
        _variable(column, (row[place] for row in rows), _origin(column, domain, origins))
        for place, column in enumerate(columns)
    )
    sorting = ("STUDYID", "USUBJID", *natural_keys(home), domain + "SEQ")
    return Dataset(domain, home.label, variables, rows, tuple(name for name in sorting if name in names))


def level_lengths(datasets: Sequence[Dataset]) -> tuple[Dataset, ...]:
    """Give variables of the same name the same length in every dataset, that of the longest value of all."""
    longest: dict[str, int] = {}
    for dataset in datasets:
        for variable in dataset.variables:
            longest[variable.name] = max(longest.get(variable.name, 0), variable.length)
    return tuple(
        replace(dataset, variables=tuple(replace(found, length=longest[found.name]) for found in dataset.variables))
        for dataset in datasets
    )


def origins_of(mappings: Iterable[CompiledMapping]) -> Origins:
    """Collected when a mapping reads an item, Assigned when all of them are constants."""
    origins: dict[tuple[str, str], str] = {}
    for mapping in mappings:
        for variable in mapping.every_variable:
            place = mapping.domain.domain, variable.standard.name
            if not variable.is_constant:
                origins[place] = "Collected"
            origins.setdefault(place, "Assigned")
    return origins


def _row(draft: Draft, names: Sequence[str], identity: Mapping[str, Datum]) -> tuple[Datum, ...]:
    values = {**draft.values, **identity}
    return tuple(values.get(name) for name in names)


def _variable(column: StandardVariable, data: Iterable[Datum], origin: str) -> Variable:
    length = 8
    if column.type is VariableType.CHAR:
        length = max((len(datum.encode()) for datum in data if isinstance(datum, str)), default=1) or 1
    return Variable(column.name, column.label, column.type, length, origin)


def _origin(column: StandardVariable, domain: str, origins: Origins) -> str:
    mapped = origins.get((domain, column.name))
    if mapped is not None:
        return mapped
    for origin, names in (("Protocol", _BY_PROTOCOL), ("Assigned", _ASSIGNED), ("Collected", _COLLECTED)):
        if column.generic in names or column.name in names:
            return origin
    return "Derived"
