"""Rows of domains in, their supplemental qualifiers (SUPP--) out: one row for each value that no variable holds.

Source: SDTMIG 3.4, section 8.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from trialkit.export.sdtm.draft import Draft
from trialkit.export.sdtm.standard import Standard, StandardDomain
from trialkit.model.dataset import Dataset, Datum, Variable, VariableType

__all__ = ["supplemental_datasets"]

_ORIGINS = {"STUDYID": "Protocol", "QVAL": "Collected"}
_KEYS = ("STUDYID", "RDOMAIN", "USUBJID", "IDVAR", "IDVARVAL", "QNAM")

_Place = tuple[str, Decimal, str]
"""USUBJID, the number of the row it belongs to, QNAM: the order of the rows."""


def supplemental_datasets(domains: Mapping[str, Sequence[Draft]], study: str, standard: Standard) -> list[Dataset]:
    """One dataset for each domain whose rows have supplemental qualifiers, sorted by name.

    Args:
        domains: domain to its finished, numbered rows.
        study: STUDYID.
        standard: the standard.
    """
    made = []
    for name in sorted(domains):
        rows = dict(_rows(domains[name], standard.domains[name], study))
        if rows:
            made.append(_dataset(standard.domains[name], [rows[place] for place in sorted(rows)], standard))
    return made


def _rows(drafts: Sequence[Draft], domain: StandardDomain, study: str) -> Iterator[tuple[_Place, dict[str, Datum]]]:
    identifying = _identifying_variable(domain)
    for draft in drafts:
        number = draft.values.get(identifying) if identifying else None
        for qualifier in draft.qualifiers:
            place = draft.usubjid, number if isinstance(number, Decimal) else Decimal(0), qualifier.qnam
            yield (
                place,
                {
                    "STUDYID": study,
                    "RDOMAIN": domain.domain,
                    "USUBJID": draft.usubjid,
                    "IDVAR": identifying or None,
                    "IDVARVAL": f"{number.normalize():f}" if isinstance(number, Decimal) else None,
                    "QNAM": qualifier.qnam,
                    "QLABEL": qualifier.label,
                    "QVAL": qualifier.value,
                    "QORIG": qualifier.origin,
                    "QEVAL": qualifier.evaluator or None,
                },
            )


def _identifying_variable(domain: StandardDomain) -> str:
    """What points to the row: --SEQ, VISITNUM in SV, nothing where a subject has one row (DM)."""
    for name in (f"{domain.domain}SEQ", "VISITNUM"):
        if domain.variable(name) is not None:
            return name
    return ""


def _dataset(domain: StandardDomain, rows: Sequence[Mapping[str, Datum]], standard: Standard) -> Dataset:
    columns = standard.domains["SUPPQUAL"].variables
    data = tuple(tuple(row[column.name] for column in columns) for row in rows)
    variables = tuple(
        Variable(
            column.name,
            column.label,
            VariableType.CHAR,
            max((len(datum.encode()) for row in data if isinstance(datum := row[place], str)), default=1) or 1,
            _ORIGINS.get(column.name, "Assigned"),
        )
        for place, column in enumerate(columns)
    )
    label = f"Supplemental Qualifiers for {domain.domain}"
    return Dataset(f"SUPP{domain.domain}", label, variables, data, _KEYS)
