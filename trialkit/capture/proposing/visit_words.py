"""Which visit a word names: by identifier, label, number or study day. What may be two visits names none."""

from __future__ import annotations

import re
from decimal import Decimal
from enum import StrEnum

from trialkit.model.protocol import Visit
from trialkit.model.study import Study

_SIGNS = re.compile(r"[\W_]+")
_BETWEEN = re.compile(r"[()\[\]/,;:|]|\s[-\u2013\u2014]\s")
_BARE = re.compile(r"[-+]?[0-9]{1,4}(?:\.[0-9]{1,4})?")
_DAY = re.compile(r"(?:study\s*day|day|d|tag|dag|jour|j|d[ií]a)[\s.]*(-?[0-9]{1,4})", re.IGNORECASE)
_VISIT = re.compile(
    r"(?:visit|visite|visita|vis|besuch|bezoek)\b[\s.]*(?:no|nr|number|num|n°|nº|#)?[\s.:#]*(\S.*)", re.IGNORECASE
)


class Bare(StrEnum):
    """What a number without a word is: the number of a visit, a study day, or nobody knows which."""

    NUMBER = "number"
    DAY = "day"
    EITHER = "either"


def is_bare(text: str) -> bool:
    """Whether a text is a number and nothing else."""
    return _BARE.fullmatch(text.strip()) is not None


def visit_for(study: Study, text: str, bare: Bare = Bare.EITHER) -> str | None:
    """The only visit that a text names; None when it names none or may be several.

    A number of which nobody knows what it counts names a visit only where that makes no difference.
    """
    found = visits_for(study, text, bare)
    if bare is Bare.EITHER and is_bare(text) and visits_for(study, text, Bare.NUMBER) != found:
        return None
    if bare is Bare.EITHER and is_bare(text) and visits_for(study, text, Bare.DAY) != found:
        return None
    return next(iter(found)) if len(found) == 1 else None


def visits_for(study: Study, text: str, bare: Bare = Bare.EITHER) -> set[str]:
    """Every visit that a text may name.

    An identifier or label counts up to case and signs (``V 4``), a label also by what stands before its first sign
    (``Screening`` for ``Screening / run-in``). ``Visit 4`` is a number, ``Day 8`` a study day; of several such words
    (``Visit 4 (Day 8)``) each has to name the same visit.
    """
    text = text.strip()
    visits = study.protocol.visits
    if study.protocol.visit(text) is not None:
        return {text}
    if alike := _called(visits, text):
        return alike
    if is_bare(text):
        by_number, by_day = _numbered(visits, text), _on_day(visits, text)
        return {Bare.NUMBER: by_number, Bare.DAY: by_day, Bare.EITHER: by_number | by_day}[bare]
    if match := _DAY.fullmatch(text):
        return _on_day(visits, match[1])
    match = _VISIT.fullmatch(text)
    if match and is_bare(match[1]):
        return _called(visits, f"V{match[1].strip()}") | _numbered(visits, match[1])
    pieces = [piece.strip() for piece in _BETWEEN.split(text) if piece.strip()]
    if len(pieces) > 1:
        return set.intersection(*(visits_for(study, piece, Bare.EITHER) for piece in pieces))
    if match:
        return _called(visits, match[1])
    return {visit.visit for visit in visits if _plain(_BETWEEN.split(visit.label)[0]) == _plain(text) != ""}


def _called(visits: tuple[Visit, ...], text: str) -> set[str]:
    """The visits of this identifier or label, up to case and signs."""
    wanted = _plain(text)
    return {visit.visit for visit in visits if wanted and wanted in (_plain(visit.visit), _plain(visit.label))}


def _numbered(visits: tuple[Visit, ...], number: str) -> set[str]:
    return {visit.visit for visit in visits if visit.number == Decimal(number)}


def _on_day(visits: tuple[Visit, ...], day: str) -> set[str]:
    return {visit.visit for visit in visits if visit.day is not None and Decimal(visit.day) == Decimal(day)}


def _plain(text: str) -> str:
    return _SIGNS.sub("", text).casefold()
