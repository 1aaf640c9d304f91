"""Where a record belongs in the protocol: words for visit, timepoint and repeat go in, their identifiers come out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from trialkit.model.form import Form
from trialkit.model.protocol import Visit
from trialkit.model.study import Study
from trialkit.wording import did_you_mean, list_some, quote

_LARGEST_REPEAT = 9_999


class Place(StrEnum):
    """The part of a key that can not be told."""

    VISIT = "visit"
    FORM = "form"
    TIMEPOINT = "timepoint"
    REPEAT = "repeat"


class NotPlacedError(Exception):
    """A word names no place in the protocol; becomes a finding or a usage error."""

    def __init__(self, place: Place, message: str, remedy: str) -> None:
        super().__init__(place)
        self.place, self.message, self.remedy = place, message, remedy


@dataclass(frozen=True, slots=True)
class Slot:
    """A form at a visit, and the timepoints at which it is filled in there.

    Attributes:
        visit: the visit.
        form: the form.
        timepoints: where it is timed; empty when it is not.
        untimed: whether it is filled in once, apart from any timepoint.
    """

    visit: Visit
    form: Form
    timepoints: tuple[str, ...]
    untimed: bool = True


def place_visit(study: Study, text: str) -> Visit:
    """The visit with this identifier, or with this identifier or label up to upper and lower case, when only one has.

    Raises:
        NotPlacedError: the text is blank, or names no visit or several.
    """
    visits = study.protocol.visits
    exact = study.protocol.visit(text)
    if exact is not None:
        return exact
    alike = [visit for visit in visits if text.casefold() in (visit.visit.casefold(), visit.label.casefold())]
    if len(alike) == 1:
        return alike[0]
    names = [name for visit in visits for name in (visit.visit, visit.label)]
    message = f"There is no visit {quote(text)}." if text else "The visit is not named."
    remedy = f"{did_you_mean(text, names)}The visits are: {list_some((visit.visit for visit in visits), 30)}."
    raise NotPlacedError(Place.VISIT, message, remedy)


def place_form(study: Study, visit: Visit, form: Form) -> Slot:
    """The form's slot at a visit; log forms have one at every visit.

    Raises:
        NotPlacedError: the protocol does not schedule the form at this visit.
    """
    is_logged = form.form in study.protocol.log_forms
    entries = visit.entries(form.form)
    if entries or is_logged:
        timepoints = tuple(dict.fromkeys(point for entry in entries for point in entry.timepoints))
        return Slot(visit, form, timepoints, is_logged or any(not entry.timepoints for entry in entries))
    where = list_some((other.visit for other in visits_with(study, form.form)), 30) or "nowhere"
    raise NotPlacedError(
        Place.FORM, f"Form {form.form} is not scheduled at visit {visit.visit}.", f"It is scheduled at: {where}."
    )


def visits_with(study: Study, form: str) -> list[Visit]:
    """The visits at which the protocol schedules a form, in order."""
    return [visit for visit in study.protocol.visits if visit.entries(form)]


def place_timepoint(study: Study, slot: Slot, text: str) -> str:
    """The timepoint's identifier by identifier or label, up to upper and lower case; empty where none belongs.

    Raises:
        NotPlacedError: one is needed and missing, given and not needed, or unknown here.
    """
    where = f"form {slot.form.form} at visit {slot.visit.visit}"
    if not slot.timepoints:
        if not text:
            return ""
        raise NotPlacedError(
            Place.TIMEPOINT, f"{quote(text)} is given as timepoint, but {where} has none.", "Leave the timepoint out."
        )
    labels = {name: _timepoint_label(study, name) for name in slot.timepoints}
    if text in labels or (slot.untimed and not text):
        return text
    alike = [name for name, label in labels.items() if text.casefold() in (name.casefold(), label.casefold())]
    if len(alike) == 1:
        return alike[0]
    message = f"{quote(text)} is no timepoint of {where}." if text else f"No timepoint is named, but {where} needs one."
    remedy = f"{did_you_mean(text, [*labels, *labels.values()])}Its timepoints are: {list_some(labels, 30)}."
    raise NotPlacedError(Place.TIMEPOINT, message, remedy)


def place_repeat(text: str, *, repeats: bool, what: str) -> int:
    """The number of a repeat: 1 for a blank.

    Args:
        text: what the source says.
        repeats: whether the form or visit may come more than once.
        what: the form or visit, for messages: ``form AE``.

    Raises:
        NotPlacedError: no whole number from 1 to 9,999, or above 1 where nothing repeats.
    """
    if not text:
        return 1
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= _LARGEST_REPEAT):
        raise NotPlacedError(
            Place.REPEAT, f"{quote(text)} is no number of a repeat of {what}.", f"Use 1 to {_LARGEST_REPEAT}."
        )
    if int(text) > 1 and not repeats:
        raise NotPlacedError(Place.REPEAT, f"{what[0].upper()}{what[1:]} comes only once.", "Leave the number out.")
    return int(text)


def _timepoint_label(study: Study, name: str) -> str:
    found = study.protocol.timepoint(name)
    return name if found is None else found.label
