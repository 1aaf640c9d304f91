"""What a drop-down shows for a code or a missing reason: words for people that name one thing exactly.

Workbooks for sites are made with these texts and read back by them, so both sides ask here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from trialkit.model.codelist import CodeList, Term
from trialkit.model.item import Item, MissingReason

__all__ = ["code_choices", "reason_choice", "reason_choices"]

_LONGEST = 80


def code_choices(codelist: CodeList) -> Mapping[str, str]:
    """Each text that is shown to its code, in the order of the list.

    A term is shown as its label. The code stands before it, ``4 = Severely``, where the code is a number (a rating),
    where the label is long and has to be cut, and where the label alone could mean another term.
    """
    named = Counter(name.casefold() for term in codelist.terms for name in _names(term))
    shown = {_show(term, is_unique=named[_label(term).casefold()] == 1): term.code for term in codelist.terms}
    return shown if len(shown) == len(codelist.terms) else {code: code for code in codelist.codes}


def reason_choice(reason: MissingReason) -> str:
    """A missing reason as a drop-down shows it: ``.ND = not done``."""
    return f".{reason.value} = {reason.in_words}"


def reason_choices(item: Item) -> Mapping[str, MissingReason]:
    """The missing reasons that an item accepts, by the texts that are shown for them."""
    return {reason_choice(reason): reason for reason in item.missing}


def _names(term: Term) -> set[str]:
    return {name.casefold() for name in (term.code, _label(term), *term.synonyms)}


def _label(term: Term) -> str:
    return " ".join(term.display.split())


def _show(term: Term, *, is_unique: bool) -> str:
    label = _label(term)
    if is_unique and label == term.code:
        return term.code
    if is_unique and len(label) <= _LONGEST and not _is_number(term.code):
        return label
    room = _LONGEST - len(term.code) - 3
    return f"{term.code} = {label if len(label) <= room else label[: max(room - 1, 1)].rstrip() + '…'}"


def _is_number(code: str) -> bool:
    return code.lstrip("+-").replace(".", "", 1).isdecimal()
