"""Records in, rows of every domain that their forms map to out, before anything is made of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from trialkit.export.record_order import order_records
from trialkit.export.sdtm.demographics import usubjid_of
from trialkit.export.sdtm.draft import Draft, Fault
from trialkit.export.sdtm.findings import finding_rows
from trialkit.export.sdtm.mapping import CompiledMapping, MappedRow, evaluate, qualify
from trialkit.export.sdtm.standard import Standard
from trialkit.extension import ItemType
from trialkit.language import NotEvaluated, Row, record_row
from trialkit.model.record import Record, Subject
from trialkit.model.study import Study

__all__ = ["map_records"]


def map_records(
    study: Study,
    subjects: Sequence[Subject],
    records: Sequence[Record],
    mappings: Sequence[CompiledMapping],
    standard: Standard,
    item_types: Mapping[str, ItemType],
    today: date,
) -> dict[str, list[Draft]]:
    """Domain to rows, in the order of records; only of the given subjects, only of mapped forms."""
    names = {subject.subject: usubjid_of(study, subject) for subject in subjects}
    typed = {name: item_type.typed for name, item_type in item_types.items()}
    of_form: dict[str, list[CompiledMapping]] = defaultdict(list)
    for mapping in mappings:
        of_form[mapping.form.form].append(mapping)
    domains: dict[str, list[Draft]] = defaultdict(list)
    for record in order_records(study.protocol, records):
        usubjid, found = names.get(record.key.subject), of_form.get(record.key.form)
        if usubjid is None or not found:
            continue
        form = found[0].form
        row = record_row(record.key, record.values, form, study.protocol, study.units, typed, today)
        logged = record.key.form in study.protocol.log_forms
        for mapping in found:
            made = _mapped_rows(mapping, record, row, study, standard)
            domains[mapping.domain.domain] += [Draft(record.key, usubjid, logged, *values) for values in made]
    return dict(domains)


def _mapped_rows(
    mapping: CompiledMapping, record: Record, row: Row, study: Study, standard: Standard
) -> Iterator[MappedRow]:
    try:
        wanted = mapping.when is None or mapping.when.evaluate(row) is True
    except NotEvaluated:
        yield {}, (Fault("X112", mapping.domain.topic, "when"),), ()
        return
    if not wanted:
        return
    if mapping.domain.is_findings:
        yield from finding_rows(mapping, record, row, study, standard)
    else:
        values, faults = evaluate(mapping.variables, row, mapping.reported_apart)
        qualifiers, spoilt = qualify(mapping.qualifiers, row)
        yield values, faults + spoilt, qualifiers
