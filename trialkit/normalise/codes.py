"""Codes: a code or a label in, the code out. What fits two codes is refused, never chosen."""

from __future__ import annotations

from trialkit.extension import TypeMismatchError
from trialkit.model.codelist import CodeList, Term
from trialkit.model.item import Item
from trialkit.model.kind import Typed
from trialkit.wording import find_nearest

_SHOWN = 8


def parse_code(text: str, item: Item, codelist: CodeList | None, _date_format: str | None) -> str:
    """The code that the text names, by code, label or synonym; upper and lower case alike where that is certain.

    A text that is a code stands for that code, whatever other terms are called: what is stored reads as itself.
    Raises TypeMismatchError when no term or more than one term fits.
    """
    if codelist is None:
        raise TypeMismatchError(f"can not be looked up: list {item.codelist} is not defined", "Mend the form.")
    if codelist.term(text) is not None:
        return text
    for matches in (_named_exactly(text, codelist), _named_in_any_case(text, codelist)):
        if len(matches) == 1:
            return matches[0].code
        if matches:
            raise TypeMismatchError(
                f"fits more than one code of {codelist.codelist}: {', '.join(term.code for term in matches)}",
                "Write the code that is meant.",
            )
    raise TypeMismatchError(f"is not in the list {codelist.codelist}", _remedy(text, codelist))


def parse_codes(text: str, item: Item, codelist: CodeList | None, date_format: str | None) -> str:
    """Several codes, separated by semicolons, each as in `parse_code`; the result stands in the list's order."""
    codes = [_parse_part(part.strip(), item, codelist, date_format) for part in text.split(";")]
    twice = next((code for code in codes if codes.count(code) > 1), None)
    if twice is not None:
        raise TypeMismatchError(f"names {twice} twice", "Name every code once, separated by semicolons.")
    order = codelist.codes if codelist else ()
    return ";".join(sorted(codes, key=order.index))


def _parse_part(part: str, item: Item, codelist: CodeList | None, date_format: str | None) -> str:
    if not part:
        raise TypeMismatchError("has nothing before or behind a semicolon", "Name codes, separated by semicolons.")
    try:
        return parse_code(part, item, codelist, date_format)
    except TypeMismatchError as mismatch:
        raise TypeMismatchError(f"names '{part[:40]}', which {mismatch.problem}", mismatch.remedy) from None


def typed_code(text: str) -> Typed:
    """A code is its text."""
    return text


def typed_codes(text: str) -> Typed:
    """The codes as a tuple, in the list's order."""
    return tuple(text.split(";"))


def _named_exactly(text: str, codelist: CodeList) -> list[Term]:
    return [term for term in codelist.terms if text in (term.label, *term.synonyms)]


def _named_in_any_case(text: str, codelist: CodeList) -> list[Term]:
    wanted = text.casefold()
    return [
        term
        for term in codelist.terms
        if any(name.casefold() == wanted for name in (term.code, term.label, *term.synonyms) if name)
    ]


def _remedy(text: str, codelist: CodeList) -> str:
    names = {name: term for term in codelist.terms for name in (term.code, term.label) if name}
    nearest = find_nearest(text, names)
    guess = f"Did you mean {_shown(names[nearest])}? " if nearest else ""
    shown = ", ".join(_shown(term) for term in codelist.terms[:_SHOWN])
    more = f" and {len(codelist.terms) - _SHOWN} more" if len(codelist.terms) > _SHOWN else ""
    return f"{guess}Write one of: {shown}{more}."


def _shown(term: Term) -> str:
    return term.code if term.display == term.code else f"{term.code} ({term.display})"
