"""The texts that place a record in the protocol, together, become the parts of its key."""

from __future__ import annotations

from trialkit.capture.mapped_row import KeyText, RefusedCellError
from trialkit.capture.placing import NotPlacedError, place_form, place_repeat, place_timepoint, place_visit
from trialkit.model.form import Form
from trialkit.model.protocol import Visit
from trialkit.model.study import Study


def place_texts(
    study: Study, form: Form, visit: KeyText, visit_repeat: KeyText, timepoint: KeyText, repeat: KeyText
) -> tuple[str, int, str, int]:
    """Visit, number of the visit, timepoint, and number of the row.

    Raises:
        NotPlacedError: one of them can not be told.
        RefusedCellError: M110, the visit has no repeat of this number, which a cell of its own names.
    """
    found = place_visit(study, visit.text)
    number = _place_visit_repeat(found, visit_repeat)
    slot = place_form(study, found, form)
    point = place_timepoint(study, slot, timepoint.text)
    return found.visit, number, point, place_repeat(repeat.text, repeats=form.repeating, what=f"form {form.form}")


def _place_visit_repeat(visit: Visit, given: KeyText) -> int:
    """The number of a repeating visit; its own cell is named when there is none, not that of the visit."""
    try:
        return place_repeat(given.text, repeats=visit.repeating, what=f"visit {visit.visit}")
    except NotPlacedError as error:
        if not given.sources:
            raise
        raise RefusedCellError("M110", error.message, error.remedy, given.sources[0]) from None
