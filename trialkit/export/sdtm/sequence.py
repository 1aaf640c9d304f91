"""Rows of a domain in, the same rows in their natural order and numbered out. The order is part of the result."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from decimal import Decimal

from trialkit.export.sdtm.draft import Draft
from trialkit.export.sdtm.standard import Standard, StandardDomain
from trialkit.model.dataset import Datum

__all__ = ["natural_keys", "number_rows"]

_KEYS = {
    "Findings": ("--TESTCD", "VISITNUM", "--TPTNUM", "--DTC"),
    "Findings About": ("--TESTCD", "--OBJ", "VISITNUM", "--TPTNUM", "--DTC"),
    "Events": ("--STDTC", "--TERM"),
    "Interventions": ("--STDTC", "--TRT"),
}
_OWN_KEYS = {"DM": (), "SV": ("VISITNUM",), "SE": ("SESTDTC", "ETCD"), "CO": ("RDOMAIN", "IDVAR", "IDVARVAL")}


def natural_keys(domain: StandardDomain) -> tuple[str, ...]:
    """The variables that order the rows of one subject, by observation class."""
    keys = _OWN_KEYS.get(domain.domain, _KEYS.get(domain.observation_class, ()))
    return tuple(key.replace("--", domain.domain) for key in keys)


def number_rows(drafts: Iterable[Draft], domain: str, standard: Standard) -> list[Draft]:
    """Sort by USUBJID and the natural keys and add --SEQ, 1 to n for each subject.

    Nothing comes before something; rows that are alike stay in the order of their records.
    """
    home = standard.domains[domain]
    keys = natural_keys(home)
    ordered = sorted(drafts, key=lambda draft: (draft.usubjid, *(_rank(draft.values.get(key)) for key in keys)))
    if home.variable(domain + "SEQ") is None:
        return ordered
    counts: Counter[str] = Counter()
    numbered = []
    for draft in ordered:
        counts[draft.usubjid] += 1
        numbered.append(draft.filled({domain + "SEQ": Decimal(counts[draft.usubjid])}))
    return numbered


def _rank(datum: Datum) -> tuple[int, Decimal, str]:
    if datum is None:
        return 0, Decimal(0), ""
    return (1, datum, "") if isinstance(datum, Decimal) else (2, Decimal(0), datum)
