"""Which item each column holds: candidates weighed by their header, by their values, and by the form they share."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from trialkit.capture.placing import visits_with
from trialkit.capture.proposing.candidates import GENERIC, LABEL, Candidate, find_candidates, split_unit
from trialkit.capture.proposing.decision import Column, Option, Question, Role, Target
from trialkit.capture.proposing.table import TableColumn
from trialkit.capture.proposing.values import Judge, Judged, parts_for
from trialkit.model.form import Form
from trialkit.model.mapping import ItemMapping, PartPattern, PartsMapping
from trialkit.model.study import Study
from trialkit.wording import list_some, quote

SURE = 85
"""From this score on a proposal is made without a question."""

_MARGIN = 10
_SUPPORTED = 0.9
_LEAST_FIT = 0.5
_MOST_TEXTS = 2_000
_MOST_OPTIONS = 8
_STROKE = re.compile(r"[0-9]+(\s*/\s*)[0-9]+")
_POLAR = frozenset({"neg", "negative", "not", "no", "without", "kein", "keine"})


@dataclass(frozen=True, slots=True)
class Weighed:
    """A candidate with what the values of its column say."""

    candidate: Candidate
    judged: Judged

    @property
    def score(self) -> int:
        """The score of the header, less for values that do not fit."""
        return round(self.candidate.score * (0.8 + 0.2 * self.judged.fit))

    @property
    def fits(self) -> bool:
        """Whether at least half of its texts are read."""
        return self.judged.fit >= _LEAST_FIT

    @property
    def place(self) -> tuple[str, str]:
        """Form and item."""
        return self.candidate.form.form, self.candidate.item.item


@dataclass(frozen=True, slots=True)
class Setting:
    """What candidates are weighed in.

    Attributes:
        study: the study.
        judge: holds values against items.
        forms: the forms that may be meant.
        has_timepoint: whether a column tells the timepoint.
        visits: the visits that the rows name; empty where they name none.
        hints: names of forms that the sheet or the person gives.
    """

    study: Study
    judge: Judge
    forms: Sequence[Form]
    has_timepoint: bool
    visits: Sequence[str]
    hints: Collection[str]


def weigh(setting: Setting, name: str, texts: Sequence[str]) -> list[Weighed]:
    """The items that a header and its texts may be, the surest first; also those that its texts mostly do not fit."""
    _, unit = split_unit(name)
    found = []
    for candidate in find_candidates(name, setting.forms):
        if not is_placed(setting, candidate.form):
            continue
        codelist = setting.study.codelists.get(candidate.item.codelist or "")
        judged = setting.judge.judge(candidate.item, codelist, texts[:_MOST_TEXTS], unit)
        found.append(Weighed(candidate, judged))
    return sorted(found, key=lambda weighed: (-weighed.score, weighed.place))


def elsewhere(setting: Setting, name: str) -> list[Candidate]:
    """The items that a header names, of forms of subjects that can not stand where the rows say."""
    candidates = [found for found in find_candidates(name, setting.forms) if not found.form.reference]
    return [found for found in candidates if not is_placed(setting, found.form)]


def is_placed(setting: Setting, form: Form) -> bool:
    """Whether a form can stand where the rows say: at one of their visits, at timepoints only where these are told."""
    study = setting.study
    if form.reference:
        return form.form in setting.hints
    if form.form in study.protocol.log_forms:
        return True
    visits = visits_with(study, form.form)
    named = [visit for visit in visits if not setting.visits or visit.visit in setting.visits]
    entries = [entry for visit in named for entry in visit.entries(form.form)]
    return bool(entries) and (setting.has_timepoint or any(not entry.timepoints for entry in entries))


def supports(weighed: Mapping[str, Sequence[Weighed]], setting: Setting) -> dict[str, float]:
    """How well the columns together speak for each form: each column counts once for each form it may belong to."""
    found: dict[str, float] = {}
    for several in weighed.values():
        best: dict[str, int] = {}
        for one in (one for one in several if one.fits):
            form = one.candidate.form.form
            best[form] = max(best.get(form, 0), one.score)
        for form, score in best.items():
            found[form] = found.get(form, 0.0) + score / 100
    for form in found:
        found[form] += 2.0 * (form in setting.hints)
        found[form] += 1.5 * (setting.has_timepoint and _is_timed(setting.study, form))
    return found


def _is_timed(study: Study, form: str) -> bool:
    return any(entry.timepoints for visit in visits_with(study, form) for entry in visit.entries(form))


def without_claimed(
    columns: Sequence[TableColumn], weighed: Mapping[str, Sequence[Weighed]]
) -> dict[str, list[Weighed]]:
    """What each column may be, without items that it is not called after while another column beside it is.

    A column that is called after another item is that one then: a visit date beside the date of the sheet's own form.
    """
    found: dict[str, list[Weighed]] = {}
    for column in columns:
        beside = [other for other in columns if other is not column and other.group == column.group]
        claimed = {
            one.place for other in beside for one in weighed[other.header] if one.fits and one.candidate.score >= LABEL
        }
        own = weighed[column.header]
        left = [one for one in own if one.candidate.score > GENERIC or one.place not in claimed]
        if len(left) < len(own) and any(one.candidate.score > GENERIC for one in own):
            left = [one for one in left if one.candidate.score != GENERIC]
        found[column.header] = left
    return found


def choose(
    column: TableColumn,
    several: Sequence[Weighed],
    support: Mapping[str, float],
    visit: str,
    pairs: Sequence[tuple[Weighed, Weighed]],
    misplaced: Sequence[Candidate] = (),
) -> tuple[Column, Question | None]:
    """The item of a column: proposed when one stands out, asked when not.

    One stands out when its score is high and every other item that comes near belongs to a form for which clearly less
    speaks. Pairs are the two blood pressures that the cells may hold; what is misplaced is told when nothing else fits.
    """
    if pairs:
        return _choose_pair(column, pairs, support, visit)
    misfits = [one for one in several if not one.fits and one.candidate.score >= SURE]
    if misfits and not any(one.fits for one in several):
        misfits.sort(key=lambda one: (-support.get(one.place[0], 0.0), -one.score, one.place))
        return _asked(column, misfits[:_MOST_OPTIONS], visit, ", but most of its texts are no values of it")
    ranked = sorted(
        (one for one in several if one.fits), key=lambda one: (-one.score, -support.get(one.place[0], 0.0), one.place)
    )
    near = [one for one in ranked if one.score >= max(SURE, ranked[0].score - _MARGIN)] if ranked else []
    near.sort(key=lambda one: (-support.get(one.place[0], 0.0), -one.score, one.place))
    top = near[0] if near else None
    if top is None or _has_rival(top, near[1:], support) or _is_out_of_place(top, ranked, support):
        options = sorted(ranked, key=lambda one: (-support.get(one.place[0], 0.0), -one.score, one.place))
        options = near if top is not None and _has_rival(top, near[1:], support) else options
        if not options and misplaced:
            return _asked_misplaced(column, misplaced)
        return _asked(column, options[:_MOST_OPTIONS], visit)
    made = column_for(column, top, visit)
    polar = sorted(_POLAR & set(column.name.casefold().split()))
    if polar and top.candidate.item.codelist:
        ask = f"The header says {quote(polar[0])}: which way are its answers meant?"
        return made.undecided(ask), Question(column.header, ask)
    return decide(column, top, visit)


def decide(column: TableColumn, top: Weighed, visit: str) -> tuple[Column, Question | None]:
    """A column that holds this item: with a question where its values do not say how they are read."""
    made = column_for(column, top, visit)
    if top.judged.choices:
        answers = [replace(top, judged=replace(top.judged, rule=keys, choices=())) for _, keys in top.judged.choices]
        options_ = tuple(
            Option(text, (column_for(column, answer, visit),))
            for (text, _), answer in zip(top.judged.choices, answers, strict=True)
        )
        reason = f"{made.becomes}: {top.judged.reason}"
        return made.undecided(reason), Question(column.header, f"{made.becomes}: {top.judged.ask}", options_)
    return made, None


def _choose_pair(
    column: TableColumn, pairs: Sequence[tuple[Weighed, Weighed]], support: Mapping[str, float], visit: str
) -> tuple[Column, Question | None]:
    ranked = sorted(pairs, key=lambda pair: (-support.get(pair[0].place[0], 0.0), pair[0].place))
    made = [pressure_pair(column, *pair, visit) for pair in ranked]
    if not _has_rival(ranked[0][0], [pair[0] for pair in ranked[1:]], support):
        return made[0], None
    options = tuple(Option(one.becomes, (one,)) for one in made[:_MOST_OPTIONS])
    reason = f"may be {list_some(one.becomes for one in made)}"
    return Column(column.header, Role.UNDECIDED, reason=reason), Question(column.header, "Which are these?", options)


def _has_rival(top: Weighed, others: Sequence[Weighed], support: Mapping[str, float]) -> bool:
    own = support.get(top.place[0], 0.0)
    return any(
        other.place[0] == top.place[0] or support.get(other.place[0], 0.0) > own - _SUPPORTED for other in others
    )


def _is_out_of_place(top: Weighed, ranked: Sequence[Weighed], support: Mapping[str, float]) -> bool:
    """Whether the sheet is rather about another form that has an item by this name, too, though a less certain one."""
    own = support.get(top.place[0], 0.0)
    return any(support.get(one.place[0], 0.0) > own for one in ranked if one.place[0] != top.place[0])


def choose_ignored(
    column: TableColumn, several: Sequence[Weighed], support: Mapping[str, float], visit: str, source: str
) -> tuple[Column, Question | None]:
    """A column that studies do not collect as a rule: a question where the form of the sheet has an item for it."""
    most = max(support.values(), default=0.0)
    wanted = [
        one for one in several if one.fits and one.score >= SURE and support.get(one.place[0], 0.0) > most - _SUPPORTED
    ]
    if wanted:
        return _asked(column, wanted[:_MOST_OPTIONS], visit)
    return Column(column.header, Role.IGNORE, 95, f"a synonym ({source})"), None


def _asked(column: TableColumn, options: Sequence[Weighed], visit: str, but: str = "") -> tuple[Column, Question]:
    made = [column_for(column, one, visit) for one in options if not one.judged.choices]
    if not options:
        reason = "no item is called so"
        return Column(column.header, Role.UNDECIDED, reason=reason), Question(column.header, "Which item is this?")
    named = list_some(f"{one.candidate.form.form}.{one.candidate.item.item} ({one.score})" for one in options)
    reason = f"may be {named}{but}"
    choices = tuple(Option(f"{one.becomes}: {one.reason}", (one,)) for one in made)
    return Column(column.header, Role.UNDECIDED, reason=reason), Question(column.header, "Which item is this?", choices)


def _asked_misplaced(column: TableColumn, misplaced: Sequence[Candidate]) -> tuple[Column, Question]:
    forms = {found.form.form for found in misplaced}
    named = list_some((f"{found.form.form}.{found.item.item}" for found in misplaced), _MOST_OPTIONS)
    are_not_due = f"{forms.pop()} is not due" if len(forms) == 1 else "their forms are not due"
    reason = f"{named} would fit, but {are_not_due} at the visits or timepoints of these rows"
    return Column(column.header, Role.UNDECIDED, reason=reason), Question(column.header, "Which item is this?")


def column_for(column: TableColumn, one: Weighed, visit: str) -> Column:
    """What a column is when it holds this item."""
    form, item = one.place
    reason = f"{one.candidate.reason}; {one.judged.reason}" if column.texts else one.candidate.reason
    score = min(one.score, 99)
    if not one.judged.parts:
        rule = ItemMapping.model_validate({"column": column.header, **one.judged.rule})
        targets = (Target(form, item, rule, visit),)
        return Column(column.header, Role.ITEM, score, reason, targets, open_texts=one.judged.open_texts)
    name = part_name(item, column)
    rule = ItemMapping.model_validate({"part": name, **one.judged.rule})
    parts = parts_for(column.header, name, one.judged.parts)
    targets = (Target(form, item, rule, visit),)
    return Column(column.header, Role.ITEM, score, reason, targets, parts=parts, open_texts=one.judged.open_texts)


def part_name(item: str, column: TableColumn) -> str:
    """A name for a part: the item's, told from that of other columns by the column's number."""
    return f"{item.lower()[:20]}_{column.index + 1}"


def pressure_pair(column: TableColumn, sys: Weighed, dia: Weighed, visit: str) -> Column:
    """What a column is that holds ``128/82``: two items, each a part of the cell."""
    names = part_name("sys", column), part_name("dia", column)
    shapes = dict.fromkeys(match[1] for text in column.distinct if (match := _STROKE.fullmatch(text)))
    patterns = tuple(PartPattern(pattern=f"{{{names[0]}:integer}}{stroke}{{{names[1]}:integer}}") for stroke in shapes)
    targets = tuple(
        Target(*one.place, ItemMapping.model_validate({"part": name, **one.judged.rule}), visit)
        for name, one in zip(names, (sys, dia), strict=True)
    )
    parts = PartsMapping(column=column.header, patterns=patterns)
    reason = "a name of blood pressure; two numbers with a stroke between them"
    return Column(column.header, Role.ITEM, 95, reason, targets, parts=parts, open_texts=sys.judged.open_texts)
