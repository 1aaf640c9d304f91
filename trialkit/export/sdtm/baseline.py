"""Rows of a findings domain in, the same rows with the last result before exposure flagged out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from trialkit.export.sdtm.draft import Draft
from trialkit.export.sdtm.standard import Standard
from trialkit.model.partial import PartialDate
from trialkit.model.protocol import Protocol

__all__ = ["flag_last_before_exposure"]

_SAME_TEST = ("TESTCD", "CAT", "SCAT", "OBJ", "SPEC", "POS", "LOC", "LAT", "DIR", "METHOD", "EVAL", "EVALID")
"""What makes two results results of the same measurement."""


def flag_last_before_exposure(
    drafts: Sequence[Draft], domain: str, standard: Standard, protocol: Protocol, first_exposure: Mapping[str, str]
) -> list[Draft]:
    """Add --LOBXFL, Y for the last result that is not missing before or at RFXSTDTC.

    One row for each subject and measurement: test, category, specimen, position, location, side, method, evaluator.
    Moments are compared to the minute when both have a time. When one has none, an earlier day is before; on the same
    day only a planned timepoint before time 0 is. Of several on the last date, the later visit, then timepoint,
    then row is taken. Source: SDTMIG 3.4, --LOBXFL in the findings domains.

    Args:
        drafts: rows of one domain, in the order of records.
        domain: the domain.
        standard: says whether the guide lists the flag for the domain; criteria and accountability have no baseline.
        protocol: gives the minutes of timepoints.
        first_exposure: USUBJID to RFXSTDTC.
    """
    flag = domain + "LOBXFL"
    if not standard.domains[domain].is_findings or standard.domains[domain].variable(flag) is None:
        return list(drafts)
    last: dict[tuple[str, ...], tuple[str, Decimal, Decimal, int]] = {}
    for place, draft in enumerate(drafts):
        if not _is_before(draft, domain, protocol, first_exposure.get(draft.usubjid, "")):
            continue
        rank = draft.text(domain + "DTC"), _number(draft, "VISITNUM"), _number(draft, domain + "TPTNUM"), place
        same = (draft.usubjid, *(draft.text(domain + suffix) for suffix in _SAME_TEST))
        last[same] = max(last.get(same, rank), rank)
    flagged = {rank[-1] for rank in last.values()}
    return [draft.filled({flag: "Y"}) if place in flagged else draft for place, draft in enumerate(drafts)]


def _is_before(draft: Draft, domain: str, protocol: Protocol, exposure: str) -> bool:
    if not exposure or not draft.text(domain + "STRESC"):
        return False
    try:
        moment, first = PartialDate.parse(draft.text(domain + "DTC")), PartialDate.parse(exposure)
    except ValueError:
        return False
    order = moment.compare(first)
    if order == 0 and not (moment.has_time and first.has_time):
        point = protocol.timepoint(draft.key.timepoint)
        return point is not None and point.minutes is not None and point.minutes < 0
    return order is not None and order <= 0


def _number(draft: Draft, variable: str) -> Decimal:
    found = draft.values.get(variable)
    return found if isinstance(found, Decimal) else Decimal("-Infinity")
