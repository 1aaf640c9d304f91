"""The texts that place a record in the protocol, together, become the parts of its key."""

from __future__ import annotations

from trialkit.capture.mapped_row import KeyText, RefusedCellError
from trialkit.capture.placing import NotPlacedError, place_form, place_repeat, place_timepoint, place_visit
from trialkit.model.form import Form
from trialkit.model.protocol import Visit
from trialkit.model.study import Study

_MOST_KNOWN = 50_000

RecordPlace = tuple[str, int, str, int]
"""Visit, number of the visit, timepoint, and number of the row."""


class RecordPlacer:
    """Places records in the protocol; the few places that rows name again and again are looked up once."""

    def __init__(self, study: Study) -> None:
        self._study = study
        self._known: dict[tuple[str, ...], RecordPlace] = {}

    def place(
        self, form: Form, visit: KeyText, visit_repeat: KeyText, timepoint: KeyText, repeat: KeyText
    ) -> RecordPlace:
        """The place of a record of a form.

        Raises:
            NotPlacedError: one of the texts names none.
            RefusedCellError: M110, the visit has no repeat of this number, which a cell of its own names.
        """
        said = (form.form, visit.text, visit_repeat.text, timepoint.text, repeat.text)
        known = self._known.get(said)
        if known is not None:
            return known
        found = place_visit(self._study, visit.text)
        number = _place_visit_repeat(found, visit_repeat)
        slot = place_form(self._study, found, form)
        point = place_timepoint(self._study, slot, timepoint.text)
        row = place_repeat(repeat.text, repeats=form.repeating, what=f"form {form.form}")
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        placed = self._known[said] = (found.visit, number, point, row)
        return placed


def _place_visit_repeat(visit: Visit, given: KeyText) -> int:
    """The number of a repeating visit; its own cell is named when there is none, not that of the visit."""
    try:
        return place_repeat(given.text, repeats=visit.repeating, what=f"visit {visit.visit}")
    except NotPlacedError as error:
        if not given.sources:
            raise
        raise RefusedCellError("M110", error.message, error.remedy, given.sources[0]) from None
