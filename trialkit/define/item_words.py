"""What an item takes and how a score is counted, in the words of people: for pages, and for comparing two versions."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from trialkit.model.codelist import CodeList, Term
from trialkit.model.form import Form
from trialkit.model.interval import Interval
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.score import Method, MissingLimit, Score

__all__ = [
    "band_words",
    "codes_words",
    "computed_words",
    "counted_words",
    "interval_words",
    "missing_words",
    "role_words",
    "score_behind",
    "term_words",
    "type_words",
    "unit_words",
]

_ROLES = "ROLE"
_BY_PLUGIN = "python"
_METHODS = {Method.SUM: "sum of", Method.MEAN: "mean of", Method.MAX: "largest of", Method.COUNT: "how many of"}


def type_words(item: Item) -> str:
    """``text, at most 40 characters``, ``decimal, at most 1 decimal place``, ``code of the list NY``."""
    match item.type:
        case ItemTypeName.TEXT:
            return f"text, at most {_some(item.length, 'character')}"
        case ItemTypeName.DECIMAL if item.decimals is not None:
            return f"decimal, at most {_some(item.decimals, 'decimal place')}"
        case ItemTypeName.CODE:
            return f"code of the list {item.codelist}"
        case ItemTypeName.CODES:
            return f"codes of the list {item.codelist}, one or several"
        case ItemTypeName.PARTIAL_DATE:
            return "partial-date, as far as it is known"
    return item.type


def unit_words(item: Item) -> str:
    """``mmHg``, ``kg or LB, kg being the standard``; empty for an item without a unit."""
    named = " or ".join(item.accepted_units)
    return f"{named}, {item.unit} being the standard" if len(item.accepted_units) > 1 and item.unit else named


def interval_words(interval: Interval | None, unit: str | None = None) -> str:
    """``60 to 260 mmHg``; empty where there is no limit."""
    return "" if interval is None else f"{interval.in_words()} {unit or ''}".strip()


def missing_words(reasons: Collection[MissingReason]) -> str:
    """The missing reasons that are accepted: ``.ND (not done), .UNK (unknown)``, ``none`` or ``all``."""
    if set(reasons) == set(MissingReason):
        return "all"
    return ", ".join(f".{reason} ({reason.in_words})" for reason in reasons) or "none"


def role_words(roles: Sequence[str], codelists: Mapping[str, CodeList]) -> str:
    """Roles by the labels of the code list ROLE; the name of one that it does not have."""
    known = codelists.get(_ROLES)
    labels = {term.code: term.display for term in known.terms} if known is not None else {}
    return ", ".join(labels.get(role, role) for role in roles)


def term_words(term: Term) -> str:
    """``N = No``; the code alone where the label says no more."""
    return term.code if term.display == term.code else f"{term.code} = {term.display}"


def codes_words(codelist: CodeList) -> str:
    """Every term of a list on one line."""
    return "; ".join(term_words(term) for term in codelist.terms)


def computed_words(form: Form, item: Item, *, prorates: bool) -> str:
    """How an item is computed; empty for one that is entered. Expressions stand as they are written.

    Args:
        form: the form, with its scores.
        item: one of its items.
        prorates: whether the protocol lets answers of this form be missing.
    """
    if item.derive is None:
        return ""
    score = score_behind(form, item)
    if score is None:
        return "by a plugin, in Python" if item.derive == _BY_PLUGIN else " ".join(item.derive.split())
    if item.item == score.band_item:
        return f"the band of {score.score}: {band_words(score)}"
    if item.item == score.prorated_item:
        return f'"Y" when {score.score} was prorated because answers were missing'
    return ", ".join(_score_parts(score, form, prorates=prorates))


def score_behind(form: Form, item: Item) -> Score | None:
    """The score that a derived item was made of, or None."""
    return next(
        (score for score in form.scores if item.item in (score.score, score.band_item, score.prorated_item)), None
    )


def counted_words(score: Score, form: Form) -> str:
    """What a score counts, a run of items by its ends: ``MADR01 to MADR10``."""
    names = list(form.item_names)
    runs: list[list[str]] = []
    for name in score.of:
        follows = runs and name in names and runs[-1][-1] in names
        if follows and names.index(name) == names.index(runs[-1][-1]) + 1 and name not in _scores(form):
            runs[-1].append(name)
        else:
            runs.append([name])
    return ", ".join(f"{run[0]} to {run[-1]}" if len(run) > 2 else ", ".join(run) for run in runs)


def band_words(score: Score) -> str:
    """``0 to 6 normal; 7 to 19 mild``."""
    return "; ".join(f"{_range_words(band.range)} {band.label}" for band in score.bands)


def _range_words(interval: Interval) -> str:
    return str(interval.low) if interval.low == interval.high else interval.in_words()


def _score_parts(score: Score, form: Form, *, prorates: bool) -> Iterator[str]:
    limit = "" if score.at_least is None else f" are at least {score.at_least:f}"
    yield f"{_METHODS[score.method]} {_counted(score, form)}{limit}"
    if score.points:
        yield f"counted as {', '.join(f'{code}: {points:f}' for code, points in score.points.items())}"
    if score.reverse and score.answers is not None:
        yield f"{', '.join(score.reverse)} from the other end of {score.answers.in_words()}"
    if score.times != 1:
        yield f"times {score.times:f}"
    yield from _missing_parts(score, prorates=prorates)
    if score.decimals:
        yield f"rounded to {_some(score.decimals, 'decimal place')}"
    if score.range is not None:
        yield score.range.in_words()


def _missing_parts(score: Score, *, prorates: bool) -> Iterator[str]:
    """What missing answers do; nothing where all answers are needed, which is the usual case."""
    if score.missing_allowed and score.method is Method.MAX:
        yield f"{score.missing_allowed} may be missing"  # the largest of what is there stands for nothing else
    elif score.missing_allowed and prorates:
        how = {Method.SUM: " (prorated)", Method.MEAN: " (mean of the others)"}.get(score.method, "")
        yield f"{score.missing_allowed} may be missing{how}"
    elif score.missing_allowed:
        yield "none may be missing in this protocol"
    if score.never_missing and score.missing_allowed and (prorates or score.method is Method.MAX):
        yield f"never without {', '.join(score.never_missing)}"
    if score.limit is not None:
        yield f"no score when {_too_many(score.limit, prorates=prorates)} missing"


def _too_many(limit: MissingLimit, *, prorates: bool) -> str:
    if prorates and limit.missing_allowed:
        return f"more than {limit.missing_allowed} of {_some(len(limit.of), 'item')} are"
    return f"{limit.of[0]} is" if len(limit.of) == 1 else f"any of {_some(len(limit.of), 'item')} is"


def _counted(score: Score, form: Form) -> str:
    scores = sum(name in _scores(form) for name in score.of)
    items = len(score.of) - scores
    parts = [_some(items, "item")] if items else []
    return " and ".join([*parts, _some(scores, "score")] if scores else parts)


def _scores(form: Form) -> set[str]:
    return {score.score for score in form.scores}


def _some(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
