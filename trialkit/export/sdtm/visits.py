"""Rows of all domains in, one row of SV per subject and visit out. Invents no visit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from trialkit.export.sdtm.draft import Draft, merge_drafts
from trialkit.export.sdtm.timing import complete_date, visit_variables
from trialkit.model.dataset import Datum
from trialkit.model.protocol import Protocol
from trialkit.model.record import RecordKey

__all__ = ["subject_visits"]

_EXPOSURE = ("EX", "EC")


def subject_visits(protocol: Protocol, domains: Mapping[str, Sequence[Draft]]) -> list[Draft]:
    """One row for each visit that a form maps to SV, or at which anything was collected.

    Args:
        protocol: gives the planned visits.
        domains: domain to rows; those of SV are what forms map.

    Returns:
        Rows with VISITNUM, VISIT, VISITDY, SVPRESP (Y for a planned visit), SVOCCUR (Y), SVSTDTC and SVENDTC, the
        earliest and latest complete collection date (--DTC) of the visit, or the start of treatment where a visit
        has no other date. What a form maps wins. Rows of log forms do not count. Source: SDTMIG 3.4, section 5.5.
    """
    dates = _dates_of_visits(domains)
    mapped = merge_drafts(domains.get("SV", ()), _visit_name)
    known = {_visit_name(draft) for draft in mapped}
    found = [draft for name, draft in _visits_of(domains).items() if name not in known]
    return [_completed(draft, protocol, dates.get(_visit_name(draft), ())) for draft in (*mapped, *found)]


def _completed(draft: Draft, protocol: Protocol, dates: Sequence[str]) -> Draft:
    visit = protocol.visit(draft.key.visit)
    made: dict[str, Datum] = dict(visit_variables(protocol, draft.key))
    if visit is not None and not visit.repeating:
        made |= {"SVPRESP": "Y", "SVOCCUR": "Y"}
    if draft.text("SVOCCUR") != "N":
        start = draft.text("SVSTDTC")
        made |= {"SVSTDTC": min(dates, default=None), "SVENDTC": max([*dates, start]) or None}
    return draft.filled(made)


def _visits_of(domains: Mapping[str, Sequence[Draft]]) -> dict[str, Draft]:
    """The visits that rows come from, without anything in them."""
    return {
        _visit_name(draft): Draft(_visit_key(draft.key), draft.usubjid, logged=False, values={})
        for draft in _tied_to_visits(domains)
    }


def _dates_of_visits(domains: Mapping[str, Sequence[Draft]]) -> dict[str, list[str]]:
    collected: dict[str, list[str]] = {}
    treated: dict[str, list[str]] = {}
    for domain, drafts in domains.items():
        for draft in _tied_to_visits({domain: drafts}):
            name = _visit_name(draft)
            if complete_date(draft.text(domain + "DTC")):
                collected.setdefault(name, []).append(draft.text(domain + "DTC"))
            if domain in _EXPOSURE and complete_date(draft.text(domain + "STDTC")):
                treated.setdefault(name, []).append(draft.text(domain + "STDTC"))
    return {**treated, **collected}


def _tied_to_visits(domains: Mapping[str, Sequence[Draft]]) -> Iterable[Draft]:
    return (
        draft
        for domain, drafts in domains.items()
        if domain != "SV"
        for draft in drafts
        if not draft.logged and draft.key.visit
    )


def _visit_key(key: RecordKey) -> RecordKey:
    return RecordKey(key.site, key.subject, key.visit, key.visit_repeat, "")


def _visit_name(draft: Draft) -> str:
    return str(_visit_key(draft.key))
