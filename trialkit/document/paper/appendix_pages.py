"""The last pages of a book: long code lists, and what nobody has confirmed yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from trialkit.document.paper.answers import is_listed_apart
from trialkit.document.paper.frame import Frame
from trialkit.document.paper.ink import Page
from trialkit.document.paper.text_pages import text_pages
from trialkit.document.schedule.building import protocol_points
from trialkit.model.codelist import CodeList, Term
from trialkit.model.form import Form
from trialkit.model.study import Study

__all__ = ["appendix_pages", "form_points"]


def appendix_pages(frame: Frame, study: Study, forms: Sequence[Form]) -> list[Page]:
    """The appendix for these forms."""
    lists = [(f"{one.codelist}  {one.title}", [_term(term) for term in one.terms]) for one in _long_lists(study, forms)]
    points = [("Protocol", list(protocol_points(study)))]
    points += [(f"{form.form}  {form.title}", list(form_points(form))) for form in forms]
    pages = text_pages(frame, "Code lists", lists, 0)
    return pages + text_pages(frame, "To be confirmed before use", points, 0)


def form_points(form: Form) -> Iterator[str]:
    """What nobody has confirmed yet about a form, its items and its scores."""
    yield from form.to_confirm
    for item in form.items:
        if item.to_confirm:
            yield f"{item.item}: {item.to_confirm}"
    known = {item.item for item in form.items if item.to_confirm}
    for score in form.scores:
        if score.to_confirm and score.score not in known:
            yield f"{score.score}: {score.to_confirm}"


def _long_lists(study: Study, forms: Iterable[Form]) -> list[CodeList]:
    used = sorted({item.codelist for form in forms for item in form.items if item.codelist and item.derive is None})
    return [
        study.codelists[name] for name in used if name in study.codelists and is_listed_apart(study.codelists[name])
    ]


def _term(term: Term) -> str:
    return term.code if term.display == term.code else f"{term.code}   {term.display}"
