"""Submissions of records that do not stand yet, drafted from what is known by now.

What comes of a submission is what `draft_record` makes of it. A file says the same of an item again and again, and what
is made of that is made once and shared by all records.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from trialkit.engine.assembly import FormPlan
from trialkit.engine.derived_columns import DerivedColumns, Read
from trialkit.engine.proposal import Draft
from trialkit.model.coded_columns import places_of, recode
from trialkit.model.finding import Finding
from trialkit.model.new_rows import NOTHING
from trialkit.model.record import ItemChange, RawValue
from trialkit.model.submission import Submission
from trialkit.model.submitted_rows import SubmittedRows
from trialkit.model.value_views import GivenValues, NewValues
from trialkit.normalise import Normaliser

_MOST_KNOWN = 200_000
"""So many raw values of a form are kept in mind; free texts seldom come again."""

_NONE: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Known:
    """What is known of the raw values of a form.

    Attributes:
        changes: what codes stand for; the first is None.
        codes: item to the identity of a raw value to its code; `NOTHING` for one that gives no value, or is refused.
        silent: item to those that give no value, or are refused.
        kept: the raw values, so that no other object gets their identity.
        derived: computes the derived items.
    """

    derived: DerivedColumns
    changes: list[ItemChange | None]
    codes: dict[str, dict[int, int]] = field(default_factory=dict)
    silent: dict[str, set[int]] = field(default_factory=dict)
    kept: list[RawValue] = field(default_factory=list)


class DraftedRows(NamedTuple):
    """What rows give, by codes.

    Attributes:
        items: the items, in the order of the form.
        changes: what codes stand for; the first is None: nothing is given.
        codes: for each of the items the code of each row.
        silent: place to the items of which the row gives something that makes no value; places without any are absent.
        failed: the places of rows of which a derived item could not be computed.
    """

    items: tuple[str, ...]
    changes: Sequence[ItemChange | None]
    codes: Sequence[array[int]]
    silent: Mapping[int, tuple[str, ...]]
    failed: Collection[int] = ()


class NewRecords:
    """Drafts new records of one form.

    Args:
        plan: the form.
        normaliser: reads raw values of the form.
        draft: drafts any submission of the form, see `draft_record`.
        read: makes the row that rules see of a record with some values.
        day: the date at a site.
    """

    def __init__(
        self,
        plan: FormPlan,
        normaliser: Normaliser,
        draft: Callable[[Submission], Draft],
        read: Read,
        day: Callable[[str], date],
    ) -> None:
        self._plan, self._normaliser, self._draft = plan, normaliser, draft
        self._read, self._day = read, day
        self._places = {name: place for place, name in enumerate(plan.item_names)}
        self._known = self._know_nothing()

    @property
    def stay_columns(self) -> bool:
        """Whether rows of the form can be drafted column by column."""
        return DerivedColumns.are_columnar(self._plan.derivations)

    @property
    def closed(self) -> frozenset[str]:
        """The items that are computed by expressions, and those that they are computed from."""
        expressions = [step.expression for step in self._plan.derivations if step.expression is not None]
        read = [item for expression in expressions for item in expression.items]
        return frozenset((*read, *(step.item.item for step in self._plan.derivations)))

    def draft(self, submission: Submission) -> Draft:
        """The draft of a submission of a record that does not stand yet."""
        values = submission.values
        if self._plan.derivations or not values:
            return self._draft(submission)
        self._forget()
        given = values if isinstance(values, GivenValues) else GivenValues(tuple(values), tuple(values.values()))
        changes: list[ItemChange] = []
        findings: dict[str, Finding] = {}
        for item, raw in sorted(zip(given.items_given, given.raws, strict=True), key=self._place):
            change = self._known.changes[self._code(item, raw)]
            if change is not None:
                changes.append(change)
                continue
            refusal = self._normaliser.refusal(item, raw, submission.key, submission.cells.get(item))
            if refusal is not None:
                findings[item] = refusal
        items = tuple(changes)
        return Draft(submission, None, NewValues(items), items, frozenset(findings) or _NONE, tuple(findings.values()))

    def draft_rows(self, rows: SubmittedRows) -> DraftedRows:
        """What rows give of records that do not stand yet; they `stay_columns`."""
        self._forget()
        known = self._known
        columns = dict(zip(rows.layout.items, rows.raws, strict=True))
        codes: dict[str, array[int]] = {}
        silent: dict[int, tuple[str, ...]] = {}
        for item in sorted(columns, key=self._places.__getitem__):
            given, of_item = columns[item], known.codes[item]
            ids = list(map(id, given.values))
            unknown = set(ids).difference(of_item)
            for raw, known_by in zip(given.values, ids, strict=True) if unknown else ():
                if known_by in unknown and raw is not None:
                    self._code(item, raw)
            codes[item] = recode(list(map(of_item.__getitem__, ids)), given.codes)
            if known.silent[item]:
                for place in places_of([known_by in known.silent[item] for known_by in ids], given.codes):
                    silent[place] = (*silent.get(place, ()), item)
        failed = known.derived.add(codes, rows.keys)
        items = tuple(sorted(codes, key=self._places.__getitem__))
        return DraftedRows(items, known.changes, [codes[item] for item in items], silent, failed)

    def refusals(self, rows: SubmittedRows, silent: Mapping[int, tuple[str, ...]]) -> dict[int, dict[str, Finding]]:
        """Why items of rows are refused.

        Args:
            rows: the rows.
            silent: place to the items of which the row gives something that makes no value.

        Returns:
            Place to item to the finding, for each of the places; items that are not refused, but clear what would
            stand, are absent.
        """
        refuse, layout = self._normaliser.refusal, rows.layout
        columns = dict(zip(layout.items, rows.raws, strict=True))
        found: dict[int, dict[str, Finding]] = {}
        for place, items in silent.items():
            key, number = rows.keys[place], rows.numbers[place]
            of_row = found[place] = {}
            for item in items:
                raw = columns[item][place]
                refusal = None if raw is None else refuse(item, raw, key, layout.cell(item, number))
                if refusal is not None:
                    of_row[item] = refusal
        return found

    def _place(self, given: tuple[str, RawValue]) -> int:
        return self._places[given[0]]

    def _code(self, item: str, raw: RawValue) -> int:
        """What a raw value stands for."""
        known = self._known
        code = known.codes[item].get(id(raw))
        if code is not None:
            return code
        value = self._normaliser.read_one(item, raw)
        if value is None:
            code = NOTHING
            known.silent[item].add(id(raw))
        else:
            code = len(known.changes)
            known.changes.append(ItemChange(item, None, value))
        known.codes[item][id(raw)] = code
        known.kept.append(raw)
        return code

    def _forget(self) -> None:
        """Begin anew when too much is known. What was handed out stays as it is."""
        if len(self._known.kept) > _MOST_KNOWN:
            self._known = self._know_nothing()

    def _know_nothing(self) -> _Known:
        nothing = {id(None): NOTHING}
        changes: list[ItemChange | None] = [None]
        return _Known(
            DerivedColumns(self._plan.derivations, changes, self._read, self._day),
            changes,
            codes={name: dict(nothing) for name in self._places},
            silent={name: set() for name in self._places},
        )
