"""Subjects and what forms map to DM in, one row of DM per subject out; and the dates that other domains count from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trialkit.export.sdtm.draft import Draft, merge_drafts
from trialkit.export.sdtm.timing import complete_date
from trialkit.model.dataset import Datum
from trialkit.model.record import RecordKey, Subject
from trialkit.model.study import Study

__all__ = ["Exposure", "add_last_date", "demographics", "exposures", "usubjid_of"]

_NOT_COLLECTED = ("BRTHDTC",)
"""Dates that are no part of somebody's participation."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """The first and the last moment of a subject's treatment, ISO 8601; empty when nobody knows."""

    first: str
    last: str


def usubjid_of(study: Study, subject: Subject) -> str:
    """USUBJID, by the pattern of the study."""
    definition = study.definition
    return definition.usubjid.format(
        study=definition.study, site=subject.site, number=subject.number, subject=subject.subject
    )


def exposures(domains: Mapping[str, Sequence[Draft]]) -> dict[str, Exposure]:
    """USUBJID to first and last treatment, from EX, or from EC in a study that has no EX.

    Treatments that did not occur (--OCCUR is N) or were only planned (--MOOD is SCHEDULED) do not count. A treatment
    without an end counts with its start. Complete dates win over incomplete ones.
    """
    domain = "EX" if domains.get("EX") else "EC"
    moments: dict[str, tuple[list[str], list[str]]] = {}
    for draft in domains.get(domain, ()):
        start = draft.text(domain + "STDTC")
        if not start or draft.text(domain + "OCCUR") == "N" or draft.text(domain + "MOOD") == "SCHEDULED":
            continue
        starts, ends = moments.setdefault(draft.usubjid, ([], []))
        starts.append(start)
        ends.append(draft.text(domain + "ENDTC") or start)
    return {usubjid: Exposure(min(_best(starts)), max(_best(ends))) for usubjid, (starts, ends) in moments.items()}


def demographics(
    study: Study, subjects: Iterable[Subject], mapped: Sequence[Draft], treated: Mapping[str, Exposure]
) -> list[Draft]:
    """One row per subject: what forms map, and around it identifiers, country, reference dates and arms.

    RFSTDTC and RFXSTDTC are the first, RFXENDTC and RFENDTC the last moment of treatment. ARM and ACTARM are the
    labels of their codes. ARMNRS is said only where the data say it: NOT ASSIGNED for a subject with neither arm nor
    treatment, ASSIGNED, NOT TREATED for one with an arm and no treatment. Source: SDTMIG 3.4, section 5.2.
    """
    merged = {draft.usubjid: draft for draft in merge_drafts(mapped, lambda draft: draft.usubjid)}
    rows = []
    for subject in subjects:
        usubjid = usubjid_of(study, subject)
        nothing = Draft(RecordKey(subject.site, subject.subject, "", 1, ""), usubjid, logged=False, values={})
        row = (
            merged.get(usubjid, nothing)
            .filled(_identity(study, subject))
            .filled(_reference_dates(treated.get(usubjid)))
        )
        rows.append(_add_arms(row, study, was_treated=usubjid in treated))
    return rows


def add_last_date(rows: Iterable[Draft], domains: Mapping[str, Sequence[Draft]]) -> list[Draft]:
    """Add RFPENDTC to the rows of DM: the last complete date that was collected about the subject in any domain.

    Every variable that ends in DTC counts, except the date of birth.
    """
    rows = list(rows)
    last: dict[str, str] = {}
    for draft in (*rows, *(draft for drafts in domains.values() for draft in drafts)):
        for name, datum in draft.values.items():
            if not name.endswith("DTC") or name in _NOT_COLLECTED or not isinstance(datum, str):
                continue
            if datum > last.get(draft.usubjid, "") and complete_date(datum):
                last[draft.usubjid] = datum
    return [row.filled({"RFPENDTC": last.get(row.usubjid)}) for row in rows]


def _identity(study: Study, subject: Subject) -> dict[str, Datum]:
    site = study.definition.site(subject.site)
    country = site.country if site else ""
    return {"SUBJID": subject.number, "SITEID": subject.site, "COUNTRY": country or None}


def _reference_dates(exposure: Exposure | None) -> dict[str, Datum]:
    if exposure is None:
        return {}
    first, last = exposure.first, exposure.last
    return {"RFSTDTC": first, "RFXSTDTC": first, "RFENDTC": last, "RFXENDTC": last}


def _add_arms(row: Draft, study: Study, *, was_treated: bool) -> Draft:
    labels = {arm.arm: arm.label for arm in study.protocol.arms}
    planned, actual = row.text("ARMCD"), row.text("ACTARMCD")
    made: dict[str, Datum] = {"ARM": labels.get(planned), "ACTARM": labels.get(actual)}
    if not was_treated and not actual:
        made["ARMNRS"] = "ASSIGNED, NOT TREATED" if planned else "NOT ASSIGNED"
    return row.filled(made)


def _best(moments: Sequence[str]) -> list[str]:
    """The complete ones, or all of them when none is."""
    return [moment for moment in moments if complete_date(moment)] or list(moments)
