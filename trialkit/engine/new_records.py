"""Submissions of records that do not stand yet, of a form that computes nothing: drafted from what is known by now.

What comes of a submission is what `draft_record` makes of it. A file says the same of an item again and again, and what
is made of that is made once and shared by all records.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from trialkit.engine.assembly import FormPlan
from trialkit.engine.proposal import Draft
from trialkit.model.finding import Finding
from trialkit.model.record import ItemChange, RawValue
from trialkit.model.submission import Submission
from trialkit.model.value_views import GivenValues, NewValues
from trialkit.normalise import Normaliser

_MOST_KNOWN = 200_000
"""So many raw values of a form are kept in mind; free texts seldom come again."""
_MOST_SHAPES = 10_000

_NONE: frozenset[str] = frozenset()


class _Shape(NamedTuple):
    """A set of items that submissions give, in their order.

    Attributes:
        known: for each of them what is known of its raw values: the identity of the object to the change.
        order: the places of the items in the order of the form; None when that is theirs.
    """

    known: list[dict[int, ItemChange]]
    order: list[int] | None


class NewRecords:
    """Drafts new records of one form.

    Args:
        plan: the form.
        normaliser: reads raw values of the form.
        draft: drafts any submission of the form, see `draft_record`.
    """

    def __init__(self, plan: FormPlan, normaliser: Normaliser, draft: Callable[[Submission], Draft]) -> None:
        self._plan, self._normaliser, self._draft = plan, normaliser, draft
        self._places = {name: place for place, name in enumerate(plan.item_names)}
        self._known: dict[str, dict[int, ItemChange]] = {name: {} for name in plan.item_names}
        self._kept: list[RawValue] = []
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def draft(self, submission: Submission) -> Draft:
        """The draft of a submission of a record that does not stand yet."""
        values = submission.values
        if len(self._kept) > _MOST_KNOWN:
            self._kept.clear()
            for known in self._known.values():
                known.clear()
        if self._plan.derivations or not values:
            return self._draft(submission)
        given = values if isinstance(values, GivenValues) else GivenValues(tuple(values), tuple(values.values()))
        shape = self._shape(given.items_given)
        try:
            changes = [known[id(raw)] for known, raw in zip(shape.known, given.raws, strict=True)]
        except KeyError:
            return self._draft_anew(submission, given)
        items = tuple(changes) if shape.order is None else tuple(map(changes.__getitem__, shape.order))
        return Draft(submission, None, NewValues(items), items, _NONE, ())

    def _draft_anew(self, submission: Submission, given: GivenValues) -> Draft:
        """Draft a submission of which not everything is known yet, or something is refused."""
        changes: list[ItemChange] = []
        findings: dict[str, Finding] = {}
        for item, raw in sorted(zip(given.items_given, given.raws, strict=True), key=self._place):
            change = self._known[item].get(id(raw)) or self._learn(item, raw)
            if change is not None:
                changes.append(change)
                continue
            refusal = self._normaliser.refusal(item, raw, submission)
            if refusal is not None:
                findings[item] = refusal
        items = tuple(changes)
        return Draft(submission, None, NewValues(items), items, frozenset(findings), tuple(findings.values()))

    def _place(self, given: tuple[str, RawValue]) -> int:
        return self._places[given[0]]

    def _learn(self, item: str, raw: RawValue) -> ItemChange | None:
        """Make a change of a raw value; None when it clears the item or is refused."""
        value = self._normaliser.read_one(item, raw)
        if value is None:
            return None
        change = self._known[item][id(raw)] = ItemChange(item, None, value)
        self._kept.append(raw)  # so that no other object gets its identity
        return change

    def _shape(self, items: tuple[str, ...]) -> _Shape:
        found = self._shapes.get(items)
        if found is None:
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
            places = [self._places[name] for name in items]
            order = sorted(range(len(items)), key=places.__getitem__)
            is_ordered = order == list(range(len(items)))
            found = _Shape([self._known[name] for name in items], None if is_ordered else order)
            self._shapes[items] = found
        return found
