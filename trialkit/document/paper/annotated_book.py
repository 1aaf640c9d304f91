"""A study in, its annotated case report forms out: every form once, with the SDTM variable beside each item."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from trialkit.document.annotations import FormAnnotations, annotate
from trialkit.document.fields import form_fields
from trialkit.document.paper.annotated_pages import annotated_drawings
from trialkit.document.paper.crf_book import Book, book_texts, chosen_forms
from trialkit.document.paper.frame import Frame
from trialkit.document.paper.front_pages import cover_page
from trialkit.document.paper.ink import Bookmark, Page, print_pages, unprintable
from trialkit.document.paper.text_pages import text_pages
from trialkit.document.schedule.building import chosen_visits
from trialkit.errors import UsageError
from trialkit.model.form import Form
from trialkit.model.protocol import Visit
from trialkit.model.study import Study

__all__ = ["make_annotated_book"]

STATUS = "Annotated case report form made from the definitions. Check it before it is submitted."
_LOGS = "Running records"

_CONVENTIONS = (
    "Each item stands on one page only, however many visits have its form. The bookmarks lead to it by domain and by "
    "visit.",
    "Boxes at the top of a page name the SDTM domains that the form feeds, each in its own colour. Boxes beside an "
    "item have the colour of the domain that the item goes to.",
    "DOMAIN.VARIABLE says where an answer goes. 'when' says on which rows: for a test by its --TESTCD, otherwise by "
    "what tells the rows of one kind from those of another.",
    "NAME in SUPPxx is a supplemental qualifier: QNAM in the dataset SUPPxx.",
    "Lines of assignments below the domains are filled in without an item.",
    "[NOT SUBMITTED] is collected and goes into no dataset.",
    "A missing reason becomes --STAT = NOT DONE and --REASND on the row of its test.",
    "Made by the export and not annotated: STUDYID, DOMAIN, USUBJID, --SEQ, VISITNUM, VISIT, VISITDY, EPOCH, --TPT, "
    "--TPTNUM, --ELTM, --TPTREF, --DY, --STDY, --ENDY, --LOBXFL and the standard results.",
)


def make_annotated_book(
    study: Study, labels: Mapping[str, str], *, forms: Sequence[str] = (), visits: Sequence[str] = ()
) -> Book:
    """The annotated forms of a study, by domain.

    Args:
        study: the compiled study.
        labels: SDTM domain to its name.
        forms: only these forms; all of them when empty.
        visits: only forms of these visits; all of them when empty.

    Returns:
        The book. The same study and choice give the same bytes.

    Raises:
        UsageError: U110 or U111 for an unknown form or visit, B103 when nothing is left to print.
    """
    chosen = chosen_visits(study, visits)
    wanted = set(chosen_forms(study, forms))
    scheduled = dict.fromkeys(entry.form for visit in chosen for entry in visit.forms if entry.form in wanted)
    logs = [name for name in study.protocol.log_forms if name in wanted and not visits]
    names = list(dict.fromkeys((*scheduled, *logs)))
    if not names:
        raise UsageError(
            "B103", "None of these forms is scheduled at these visits.", remedy="Look at trialkit schedule."
        )
    frame = Frame.of(study, STATUS)
    cover = cover_page(study, "Annotated case report forms", _facts(forms, visits), (STATUS,))
    pages = [cover, *text_pages(frame, "Conventions", [("How to read the annotations", _CONVENTIONS)], 0)]
    found: dict[str, FormAnnotations] = {}
    starts: dict[str, int] = {}
    for name in names:
        form = study.forms[name]
        found[name] = annotate(study, form, labels)
        starts[name] = len(pages) + 1
        remark = _remark(study, form)
        drawings = annotated_drawings(frame, form, form_fields(study, form, None, [None]), found[name], remark)
        pages += [Page(draw, over=frame.over(None)) for draw in drawings]
    outline = [Bookmark(0, "Cover", 1), Bookmark(0, "Conventions", 2)]
    outline += _by_domain(study, found, starts)
    outline += _by_visit(study, chosen, logs, starts)
    title = f"Annotated case report forms, study {study.definition.study}"
    content = print_pages(pages, title=title, subject=f"{frame.origin}. {STATUS}", outline=outline)
    printed = [study.forms[name] for name in names]
    return Book(content, len(pages), tuple(names), unprintable(book_texts(study, printed)))


def _facts(forms: Sequence[str], visits: Sequence[str]) -> list[tuple[str, str]]:
    facts = [("Standard", "SDTM; the variables are those of the forms' mappings")]
    if forms:
        facts.append(("Only forms", ", ".join(forms)))
    if visits:
        facts.append(("Only visits", ", ".join(visits)))
    return facts


def _remark(study: Study, form: Form) -> str:
    """How often a form is filled in, where that is not once at a visit."""
    used = {
        point for visit in study.protocol.visits for entry in visit.entries(form.form) for point in entry.timepoints
    }
    points = [point.timepoint for point in sorted(study.protocol.timepoints, key=lambda one: one.number)]
    words = ["One record for each row of a log."] if form.repeating else []
    if used:
        words.append(f"One record for each timepoint: {', '.join(point for point in points if point in used)}.")
    return " ".join(words)


def _by_domain(study: Study, found: Mapping[str, FormAnnotations], starts: Mapping[str, int]) -> Iterator[Bookmark]:
    domains: dict[str, list[str]] = {}
    for name, one in found.items():
        for box in one.domains:
            domains.setdefault(box.title, []).append(name)
    nowhere = [name for name, one in found.items() if not one.is_submitted]
    first = min(starts.values())
    yield Bookmark(0, "By domain", first)
    for title, names in (*sorted(domains.items()), *([("Not submitted", nowhere)] if nowhere else [])):
        yield Bookmark(1, title, starts[names[0]])
        yield from (_form_mark(study, name, starts) for name in names)


def _by_visit(
    study: Study, visits: Sequence[Visit], logs: Sequence[str], starts: Mapping[str, int]
) -> Iterator[Bookmark]:
    yield Bookmark(0, "By visit", min(starts.values()))
    for visit in visits:
        names = [name for name in dict.fromkeys(entry.form for entry in visit.forms) if name in starts]
        if names:
            yield Bookmark(1, f"{visit.visit}  {visit.label}", starts[names[0]])
            yield from (_form_mark(study, name, starts) for name in names)
    if logs:
        yield Bookmark(1, _LOGS, starts[logs[0]])
        yield from (_form_mark(study, name, starts) for name in logs)


def _form_mark(study: Study, name: str, starts: Mapping[str, int]) -> Bookmark:
    return Bookmark(2, f"{name}  {study.forms[name].title}", starts[name])
