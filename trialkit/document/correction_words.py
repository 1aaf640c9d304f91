"""What a site reads about a bad cell: what is wrong, what to do, what is expected, the nearest legal value.

Findings are worded for those who run an import; what only they can do is left out here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from trialkit.model.codelist import CodeList, Term
from trialkit.model.finding import Finding
from trialkit.model.item import Item, ItemTypeName
from trialkit.model.study import Study
from trialkit.wording import find_nearest

_PROPOSED = re.compile(r"^Did you mean (?P<name>.{1,200}?)\? ?(?P<rest>.*)$", re.DOTALL)
_FOR_THE_IMPORT = (
    (re.compile(r",? or say \w+(: \w+)? in the mapping"), ""),
    (re.compile(r", as the mapping says"), ""),
)
_ENROL = "Correct the subject's identifier, or tell us that this is a new subject."
_REMEDIES = {
    "W101": "Put the old value back, or tell us why it changed.",
}
_SHOWN_TERMS = 12
_VALUE_CODE = re.compile("[NV][0-9]{3}")
"""Codes of the house about a value itself; those of rules (``VS002``) are about several."""
_RANGES = ("V103", "V201")
_DATED = (ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE, ItemTypeName.TIME, ItemTypeName.DATETIME)
_TYPES = {
    ItemTypeName.INTEGER: "a whole number",
    ItemTypeName.DECIMAL: "a number",
    ItemTypeName.DATE: "a full date: day, month and year",
    ItemTypeName.PARTIAL_DATE: "a date, as far as it is known",
    ItemTypeName.TIME: "a time on the 24 hour clock, such as 09:05",
    ItemTypeName.DATETIME: "a date with a time on the 24 hour clock",
}


@dataclass(frozen=True, slots=True)
class SiteWords:
    """A finding in the words for a site.

    Attributes:
        what: what is wrong.
        remedy: what to do; may be empty.
        expected: what belongs there; empty when nothing is known of it, or `what` or `remedy` say it.
        nearest: the nearest legal value, as a guess of what was meant; empty when nothing comes near.
    """

    what: str
    remedy: str
    expected: str
    nearest: str


def site_words(finding: Finding, given: str, study: Study) -> SiteWords:
    """Word a finding for the site.

    Args:
        finding: what is wrong.
        given: what stands in the cell.
        study: knows the items and lists.
    """
    item = _item(finding, study)
    codelist = None if item is None else study.codelists.get(item.codelist or "")
    proposed, remedy = _split_proposal(_remedy(finding))
    nearest = proposed or ("" if codelist is None else _nearest_term(given, codelist))
    expected = "" if item is None else _expected(item, codelist)
    is_told = (
        remedy.startswith(("Write one of", "Write at most"))
        or finding.code in _RANGES
        or (item is not None and item.type in _DATED and remedy.startswith("Write"))
    )
    return SiteWords(finding.message, remedy, "" if is_told or not _is_about_type(finding) else expected, nearest)


def comment_text(finding: Finding, words: SiteWords, study: Study) -> str:
    """The comment for a cell: a heading, the question, what is wrong, what to do, what is expected."""
    item = _item(finding, study)
    lines = ["Please correct" if finding.is_hard else "Please check"]
    what = words.what
    if item is not None:
        lines.append(f"{item.label} ({item.item})")
        what = re.sub(rf"^{re.escape(item.item)}(: | )", "", what)
    lines.append(what[:1].upper() + what[1:])
    if words.remedy:
        lines.append(words.remedy)
    if words.expected:
        lines.append(f"Expected: {words.expected}.")
    if words.nearest:
        lines.append(f"Nearest value: {words.nearest}")
    return "\n".join((*lines, f"[{finding.code}]"))


def what_to_do(words: SiteWords) -> str:
    """Remedy, expectation and proposal in one text."""
    expected = f"Expected: {words.expected}." if words.expected else ""
    nearest = f"Nearest value: {words.nearest}" if words.nearest else ""
    return "\n".join(filter(None, (words.remedy, expected, nearest)))


def question_of(finding: Finding, study: Study) -> str:
    """The question that a finding is about, with its item; empty when it is about no item."""
    item = _item(finding, study)
    return finding.item if item is None else f"{item.label} ({item.item})"


def _item(finding: Finding, study: Study) -> Item | None:
    form = None if finding.key is None else study.forms.get(finding.key.form)
    return None if form is None or not finding.item else form.item(finding.item)


def _remedy(finding: Finding) -> str:
    remedy = _REMEDIES.get(finding.code, finding.remedy)
    if remedy.startswith("Enrol the subject first"):
        return _ENROL
    for pattern, words in _FOR_THE_IMPORT:
        remedy = pattern.sub(words, remedy)
    return remedy


def _split_proposal(remedy: str) -> tuple[str, str]:
    found = _PROPOSED.match(remedy)
    return ("", remedy) if found is None else (found["name"], found["rest"])


def _is_about_type(finding: Finding) -> bool:
    """Whether the finding is about what belongs into the cell, and not about other cells beside it."""
    return _VALUE_CODE.fullmatch(finding.code) is not None or finding.code in ("M107", "M108", "M111")


def _nearest_term(given: str, codelist: CodeList) -> str:
    names: dict[str, Term] = {name: term for term in codelist.terms for name in (term.code, term.label) if name}
    if not given.strip() or given in names:
        return ""
    nearest = find_nearest(given, names)
    return "" if nearest is None else _shown(names[nearest])


def _expected(item: Item, codelist: CodeList | None) -> str:
    if codelist is not None:
        shown = ", ".join(_shown(term) for term in codelist.terms[:_SHOWN_TERMS])
        more = len(codelist.terms) - _SHOWN_TERMS
        several = "one or more of " if item.type == ItemTypeName.CODES else "one of "
        return several + shown + (f" and {more} more" if more > 0 else "")
    if item.type == ItemTypeName.TEXT:
        return f"a text of at most {item.length} characters"
    words = _TYPES.get(ItemTypeName(item.type)) if item.type in tuple(ItemTypeName) else None
    if words is None:
        return ""
    span = item.hard or item.soft
    unit = f" {item.unit}" if item.unit else ""
    return f"{words}, {span.in_words()}{unit}" if span is not None else words + (f", in{unit}" if unit else "")


def _shown(term: Term) -> str:
    return term.code if term.display == term.code else f"{term.code} ({term.display})"
