"""What stands above the items of a form: help, where an instrument comes from, who may not see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item, MissingReason
from trialkit.model.score import Wording

__all__ = ["MISSING_LEGEND", "Remark", "blinding", "form_remarks"]

_ROLES = "ROLE"
_MOST_NAMED = 8
"""When more items than this are hidden, the whole page is said to be."""

MISSING_LEGEND = (
    "No answer? Say why: "
    + ", ".join(f"{reason} {reason.in_words}" for reason in MissingReason)
    + ".   * must be answered."
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A few lines above the items; `is_loud` for what must not be overlooked."""

    text: str
    is_loud: bool = False


def form_remarks(form: Form, codelists: Mapping[str, CodeList]) -> Iterator[Remark]:
    """What people need to know before they fill a form in."""
    if form.help.strip():
        yield Remark(" ".join(form.help.split()))
    instrument = form.instrument
    if instrument is not None:
        recall = f" Period: {instrument.recall}." if instrument.recall else ""
        yield Remark(f"Answered by: {instrument.rater}.{recall} {instrument.licence}")
        if instrument.wording is Wording.LABELS:
            yield Remark("Short labels, not the words of the instrument: rate from your licensed copy.", is_loud=True)
    for roles, items in blinding(form, codelists).items():
        whole = len(items) > _MOST_NAMED
        what = "This page" if whole else f"What is entered in {', '.join(items)}"
        yield Remark(f"{what} is not to be seen by: {roles}.", is_loud=True)


def blinding(form: Form, codelists: Mapping[str, CodeList]) -> dict[str, list[str]]:
    """Roles in words to the items that are hidden from them."""
    hidden: dict[str, list[str]] = {}
    for item in form.items:
        if item.hidden_from:
            hidden.setdefault(_roles(item, codelists), []).append(item.item)
    return hidden


def _roles(item: Item, codelists: Mapping[str, CodeList]) -> str:
    known = codelists.get(_ROLES)
    terms = {term.code: term.display for term in known.terms} if known is not None else {}
    return ", ".join(terms.get(role, role).lower() for role in item.hidden_from)
