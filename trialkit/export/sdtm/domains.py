"""A study's records in, its SDTM datasets and what is to be said about them out. The one order of the steps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

from trialkit.export.sdtm.assemble import assemble, level_lengths, origins_of
from trialkit.export.sdtm.baseline import flag_last_before_exposure
from trialkit.export.sdtm.conformance import (
    Notice,
    check_dataset,
    check_supplemental,
    free_text_of,
    notices_of_drafts,
    notices_of_mappings,
)
from trialkit.export.sdtm.demographics import add_last_date, demographics, exposures
from trialkit.export.sdtm.draft import Draft
from trialkit.export.sdtm.mapping import compile_mappings
from trialkit.export.sdtm.rows import map_records
from trialkit.export.sdtm.sequence import number_rows
from trialkit.export.sdtm.standard import Standard, load_standard
from trialkit.export.sdtm.supplemental import supplemental_datasets
from trialkit.export.sdtm.timing import add_epoch, add_planned_timing, add_study_days, epoch_starts
from trialkit.export.sdtm.visits import subject_visits
from trialkit.extension import ItemType
from trialkit.model.dataset import Dataset
from trialkit.model.kind import Function
from trialkit.model.record import Record, Subject
from trialkit.model.study import Study

__all__ = ["SdtmPackage", "sdtm_datasets"]

Domains = dict[str, list[Draft]]


@dataclass(frozen=True, slots=True)
class SdtmPackage:
    """The datasets of a study, sorted by name, and the notices about them, sorted."""

    datasets: tuple[Dataset, ...]
    notices: tuple[Notice, ...]


def sdtm_datasets(
    study: Study,
    subjects: Sequence[Subject],
    records: Sequence[Record],
    item_types: Mapping[str, ItemType],
    functions: Mapping[str, Function],
    today: date,
) -> SdtmPackage:
    """Tabulate a study as SDTM (Implementation Guide 3.4).

    Every domain that a form maps to, DM with one row per subject, SV, and the supplemental qualifiers of each. Rows
    are sorted by USUBJID and the natural keys of their class, which number --SEQ. Domains without rows are left out.

    Args:
        study: the study; its forms carry the mappings.
        subjects: whose data; records of others are left out.
        records: in any order.
        item_types: item type name to type; turns canonical texts into values for the expressions.
        functions: functions of plugins for expressions, by name.
        today: what ``today()`` means in a mapping.

    Raises:
        ExpressionError: a mapping is no sound expression; loading a study reports it before this.
    """
    standard = load_standard()
    mappings = compile_mappings(study, standard, item_types, functions)
    mapped = map_records(study, subjects, records, mappings, standard, item_types, today)
    domains = _finished(study, subjects, mapped, standard)
    origins, free_text = origins_of(mappings), free_text_of(mappings)
    named = study.definition.study
    plain = [assemble(drafts, name, named, standard, origins) for name, drafts in sorted(domains.items()) if drafts]
    supplemental = supplemental_datasets(domains, named, standard)
    datasets = level_lengths(sorted((*plain, *supplemental), key=lambda dataset: dataset.name))
    notices = [*notices_of_mappings(mappings)]
    for dataset in datasets:
        if dataset.name not in domains:
            notices += check_supplemental(dataset, standard)
            continue
        notices += check_dataset(dataset, standard, free_text)
        notices += notices_of_drafts(dataset.name, domains[dataset.name])
    return SdtmPackage(datasets, tuple(sorted(notices)))


def _finished(study: Study, subjects: Sequence[Subject], mapped: Domains, standard: Standard) -> Domains:
    """All that rows need to know of other rows, in the order in which it becomes known."""
    protocol = study.protocol
    domains = {
        name: [add_planned_timing(draft, name, standard, protocol) for draft in drafts]
        for name, drafts in mapped.items()
        if name != "DM"
    }
    people = demographics(study, subjects, mapped.get("DM", ()), exposures(domains))
    starts = {person.usubjid: person.text("RFSTDTC") for person in people}
    first_exposure = {person.usubjid: person.text("RFXSTDTC") for person in people}
    domains["SV"] = subject_visits(protocol, {**mapped, **domains})
    domains = _with_epochs(study, domains, standard)
    for name, drafts in domains.items():
        flagged = flag_last_before_exposure(drafts, name, standard, protocol, first_exposure)
        dated = (add_study_days(draft, name, standard, starts.get(draft.usubjid, "")) for draft in flagged)
        domains[name] = number_rows(dated, name, standard)
    people = [add_study_days(person, "DM", standard, starts[person.usubjid]) for person in people]
    domains["DM"] = number_rows(add_last_date(people, domains), "DM", standard)
    return domains


def _with_epochs(study: Study, domains: Domains, standard: Standard) -> Domains:
    visits = sorted(domains["SV"], key=lambda draft: draft.usubjid)
    starts = {
        usubjid: epoch_starts(study.protocol, rows) for usubjid, rows in groupby(visits, lambda draft: draft.usubjid)
    }
    return {
        name: [add_epoch(draft, name, standard, study.protocol, starts.get(draft.usubjid, ())) for draft in drafts]
        for name, drafts in domains.items()
    }
