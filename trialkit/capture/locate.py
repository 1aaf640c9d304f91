"""The key of a record that a person names at the prompt: words in, a key of the protocol out, or a usage error."""

from __future__ import annotations

from trialkit.capture.placing import NotPlacedError, Place, place_form, place_repeat, place_timepoint, place_visit
from trialkit.errors import UsageError
from trialkit.model.form import Form
from trialkit.model.protocol import Visit
from trialkit.model.record import RecordKey, Subject
from trialkit.model.study import Study
from trialkit.wording import did_you_mean, list_some

_CODES = {Place.VISIT: "U111", Place.FORM: "U112", Place.TIMEPOINT: "U113", Place.REPEAT: "U114"}


def locate_record(
    study: Study,
    subject: Subject,
    visit: str,
    form: str,
    *,
    timepoint: str = "",
    visit_repeat: int = 1,
    repeat: int = 1,
) -> RecordKey:
    """The key of the record that is meant.

    Args:
        study: the compiled study.
        subject: whose record it is; `site_itself` for a reference form.
        visit: identifier or label of the visit, in any case; blank or a hyphen for a reference form.
        form: identifier of the form, in any case.
        timepoint: identifier or label, in any case; empty where the form has none at this visit.
        visit_repeat: the how-manieth of a repeating visit.
        repeat: the row of a repeating form.

    Raises:
        UsageError: U110 (unknown form), U111 (visit), U112 (not scheduled), U113 (timepoint), U114 (repeat).
    """
    wanted = find_form(study, form)
    if wanted.reference:
        return _locate_reference(wanted, subject, visit, timepoint, repeat)
    try:
        slot = place_form(study, place_visit(study, visit.strip()), wanted)
        place_repeat(str(visit_repeat), repeats=slot.visit.repeating, what=f"visit {slot.visit.visit}")
        place_repeat(str(repeat), repeats=wanted.repeating, what=f"form {wanted.form}")
        point = place_timepoint(study, slot, timepoint.strip())
    except NotPlacedError as error:
        raise UsageError(_CODES[error.place], error.message, remedy=error.remedy) from None
    return RecordKey(
        site=subject.site,
        subject=subject.subject,
        visit=slot.visit.visit,
        visit_repeat=visit_repeat,
        form=wanted.form,
        timepoint=point,
        repeat=repeat,
    )


def site_itself(study: Study, site: str) -> Subject:
    """Who the rows of reference forms belong to: a site. Raises UsageError U101 for an unknown one."""
    if study.definition.site(site) is None:
        known = [found.site for found in study.definition.sites]
        raise UsageError(
            "U101",
            f"The study has no site {site!r:.40}.",
            remedy=f"{did_you_mean(site, known)}A reference form takes a site in the place of a subject: "
            f"{list_some(known, 20)}.",
        )
    return Subject("", site, "")


def _locate_reference(form: Form, site: Subject, visit: str, timepoint: str, repeat: int) -> RecordKey:
    if visit.strip() not in ("", "-") or timepoint.strip():
        raise UsageError(
            "U112", f"Form {form.form} belongs to a site, not to a visit.", remedy="Write - in the place of the visit."
        )
    return RecordKey(site=site.site, subject="", visit="", visit_repeat=1, form=form.form, repeat=repeat)


def find_visit(study: Study, name: str) -> Visit:
    """The visit of this identifier or label, in any case. Raises UsageError U111."""
    try:
        return place_visit(study, name.strip())
    except NotPlacedError as error:
        raise UsageError("U111", error.message, remedy=error.remedy) from None


def find_form(study: Study, name: str) -> Form:
    """The form of this identifier, in any case. Raises UsageError U110."""
    found = study.forms.get(name.strip().upper())
    if found is None:
        raise UsageError(
            "U110",
            f"The study has no form {name!r:.40}.",
            remedy=f"{did_you_mean(name, study.forms)}The forms are: {list_some(sorted(study.forms), 60)}.",
        )
    return found
