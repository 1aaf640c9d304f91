"""The scores of an instrument in, derived items in the expression language out: no station has to know scores.

A score is arithmetic over the answers of one record. Written as an expression it is checked, shown and evaluated like
every other derivation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal

from trialkit.define.claims import Claim
from trialkit.define.located import Steps, quoted, suggest
from trialkit.define.score_bounds import are_numbers, check_score_ranges
from trialkit.errors import Problem
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName
from trialkit.model.score import Method, Score

_NUMBERS = (ItemTypeName.INTEGER, ItemTypeName.DECIMAL)


def with_scores(form: Form, *, prorates: bool) -> Form:
    """The form with its scores as derived items behind its own items.

    Each score gives the score itself, where answers may be missing a text item that says ``Y`` when some were, and
    where it has bands a text item with the name of the band.

    Args:
        form: a form whose scores are sound; items of their names that are there already are taken as they are.
        prorates: whether the rest may stand for missing answers, as far as the scores allow it. The largest of what is
            there stands for nothing else, and is taken all the same.
    """
    made = [item for score in form.scores for item in _items_of(score, form, prorates=prorates)]
    added = tuple(item for item in made if item.item not in form.item_names)
    return form.model_copy(update={"items": (*form.items, *added)}) if added else form


def check_scores(claim: Claim[Form], codelists: Mapping[str, Claim[CodeList]]) -> Iterator[Problem]:
    """Problems of the names in the scores of a form, and answers that can not be counted."""
    known = list(claim.thing.item_names)
    for place, score in enumerate(claim.thing.scores):
        here: Steps = ("scores", place)
        if score.score in claim.thing.item_names:
            message = f"score {score.score} has the name of an item"
            yield claim.problem((*here, "score"), "D132", message, "Give the score another name.")
        yield from _check_names(claim, here, score, known)
        for number, name in enumerate(score.of):
            item = claim.thing.item(name)
            if item is not None:
                yield from _check_answer(claim, (*here, "of", number), item, score, codelists)
        known.append(score.score)
    yield from check_score_ranges(claim, codelists)


def _check_names(claim: Claim[Form], here: Steps, score: Score, known: list[str]) -> Iterator[Problem]:
    named: list[tuple[Steps, str]] = [(("of", number), name) for number, name in enumerate(score.of)]
    if score.limit is not None:
        named += [(("limit", "of", number), name) for number, name in enumerate(score.limit.of)]
    for steps, name in named:
        if name not in known:
            message = f"form {claim.thing.form} has no item and no earlier score {quoted(name)}"
            yield claim.problem((*here, *steps), "D119", message, suggest(name, known))


def _check_answer(
    claim: Claim[Form], steps: Steps, item: Item, score: Score, codelists: Mapping[str, Claim[CodeList]]
) -> Iterator[Problem]:
    """Whether an item can be counted: it is a number, its codes are numbers, or `points` says what they count."""
    if item.type in _NUMBERS and not score.points:
        return
    codelist = codelists.get(item.codelist or "")
    if item.type == ItemTypeName.CODE and codelist is not None:
        codes = codelist.thing.codes
        left = (
            [code for code in codes if code not in score.points]
            if score.points
            else [code for code in codes if not are_numbers([code])]
        )
        strange = [code for code in score.points if code not in codes]
        if not left and not strange:
            return
        word = quoted((strange or left)[0])
        message = f"score {score.score} can not count {item.item}: " + (
            f"{word} is no code of {item.codelist}" if strange else f"nothing says what {word} counts"
        )
        yield claim.problem(steps, "D132", message, "Say under 'points:' what each code of the list counts.")
    elif item.type in _NUMBERS:
        message = f"score {score.score} gives points for codes, and {item.item} is a number"
        yield claim.problem(steps, "D132", message, "Delete 'points:', or count coded items only.")
    elif item.type != ItemTypeName.CODE:
        message = f"score {score.score} can not count {item.item}, which is of type {item.type}"
        yield claim.problem(steps, "D132", message, "Count integer, decimal and code items.")


def _items_of(score: Score, form: Form, *, prorates: bool) -> Iterator[Item]:
    counted = [item for name in _leaves(score, form) if (item := form.item(name)) is not None]
    hidden = tuple(dict.fromkeys(role for item in counted for role in item.hidden_from))
    shared = {"hidden_from": hidden, "source": score.source}
    kind = ItemTypeName.DECIMAL if score.decimals else ItemTypeName.INTEGER
    yield Item(
        item=score.score,
        label=score.label,
        type=kind,
        decimals=score.decimals or None,
        derive=_expression(score, form, prorates=prorates),
        to_confirm=score.to_confirm,
        **shared,
    )
    missing = _missing(score, form)
    if missing:
        yield Item(
            item=score.prorated_item,
            label=f"{score.label}: answers were missing"[:200],
            type=ItemTypeName.TEXT,
            length=1,
            derive=f'if({score.score} is present and ({missing}), "Y")',
            **shared,
        )
    if score.bands:
        yield Item(
            item=score.band_item,
            label=f"{score.label}: band"[:200],
            type=ItemTypeName.TEXT,
            length=100,
            derive=_band_expression(score),
            **shared,
        )


def _expression(score: Score, form: Form, *, prorates: bool) -> str:
    """The score before rounding."""
    terms = [_term(name, score, form, prorates=prorates) for name in score.of]
    allowed = score.missing_allowed if prorates or score.method is Method.MAX else 0
    whole = _counted(score, terms, allowed)
    if score.times != 1:
        whole = f"({whole}) * {score.times:f}"
    conditions = [f"{_shown(name, form, prorates=prorates)} is present" for name in score.never_missing if allowed]
    if allowed:
        conditions.insert(0, f"count_missing({', '.join(terms)}) <= {allowed}")
    if score.limit is not None:
        limit = score.limit.missing_allowed if prorates else 0
        conditions.append(f"count_missing({', '.join(score.limit.of)}) <= {limit}")
    return f"if({' and '.join(conditions)}, {whole})" if conditions else whole


def _counted(score: Score, terms: list[str], allowed: int) -> str:
    listed = ", ".join(terms)
    if score.method is Method.COUNT:
        ones = ", ".join(_one_if(term, score.at_least or Decimal(0), strict=not allowed) for term in terms)
        return f"sum({ones})"
    if score.method is Method.MAX:
        return f"max_known({listed})" if allowed else f"max({listed})"
    if score.method is Method.MEAN:
        return f"mean({listed})" if allowed else f"sum({listed}) / {len(terms)}"
    return f"mean({listed}) * {len(terms)}" if allowed else f"sum({listed})"


def _one_if(term: str, at_least: Decimal, *, strict: bool) -> str:
    """One for an answer that counts, else zero; a missing answer is missing, or zero where answers may be missing."""
    known = "" if strict else f"{term} is present and "
    return f"if({known}{term} >= {at_least:f}, 1, 0)"


def _term(name: str, score: Score, form: Form, *, prorates: bool) -> str:
    """One answer as a number."""
    term = _points(name, score) if score.points else _shown(name, form, prorates=prorates)
    if name in score.reverse and score.answers is not None:
        low, high = score.answers.low or Decimal(0), score.answers.high or Decimal(0)
        return f"({low + high:f} - {term})"
    return term


def _shown(name: str, form: Form, *, prorates: bool) -> str:
    earlier = next((score for score in form.scores if score.score == name), None)
    if earlier is not None:
        return f"({_expression(earlier, form, prorates=prorates)})"
    item = form.item(name)
    return f"number({name})" if item is not None and item.type == ItemTypeName.CODE else name


def _points(name: str, score: Score) -> str:
    *others, (_, last) = score.points.items()
    text = f"{last:f}"
    for code, points in reversed(others):
        text = f"if({name} = {_literal(code)}, {points:f}, {text})"
    return text if others else f"if({name} is present, {text})"


def _band_expression(score: Score) -> str:
    text = ""
    for band in reversed(score.bands):
        ends = [f"{score.score} >= {band.range.low:f}"] if band.range.low is not None else []
        ends += [f"{score.score} <= {band.range.high:f}"] if band.range.high is not None else []
        text = f"if({' and '.join(ends)}, {_literal(band.label)}{', ' if text else ''}{text})"
    return text


def _missing(score: Score, form: Form) -> str:
    """When answers were missing and the rest stood for them; empty for a score that needs them all."""
    parts = [f"count_missing({', '.join(score.of)}) > 0"] if _stands_for_all(score) else []
    earlier = [other for other in form.scores if other.score in score.of]
    parts += [part for other in earlier if (part := _missing(other, form))]
    return " or ".join(parts)


def _stands_for_all(score: Score) -> bool:
    return bool(score.missing_allowed) and score.method in (Method.SUM, Method.MEAN)


def _leaves(score: Score, form: Form) -> Iterator[str]:
    """The items that a score is made of, through the scores that it counts."""
    for name in score.of:
        earlier = next((other for other in form.scores if other.score == name), None)
        if earlier is None:
            yield name
        else:
            yield from _leaves(earlier, form)


def _literal(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
