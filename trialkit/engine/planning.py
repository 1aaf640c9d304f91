"""Planned visits: what is stored and the protocol's windows go through derivation; nothing is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from trialkit.derive import plan_visits, visit_dates
from trialkit.engine.assembly import Assembly
from trialkit.engine.proposal import read_record
from trialkit.language import Row
from trialkit.model.planned import PlannedVisit
from trialkit.model.record import Record, Subject
from trialkit.store import Store


def plan_study_visits(assembly: Assembly, store: Store, subjects: Sequence[Subject], today: date) -> list[PlannedVisit]:
    """Every planned visit of the subjects, as it stands on that day."""

    def read(record: Record) -> Row:
        return read_record(assembly, record.key, record.values, today)

    forms = [name for name, form in assembly.study.forms.items() if any(found.domain == "SV" for found in form.sdtm)]
    records = [record for form in forms for record in store.records(form=form)]
    dates = visit_dates(assembly.study, records, assembly.types, assembly.functions, read)
    return plan_visits(assembly.study, subjects, dates, today)
