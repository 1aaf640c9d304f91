"""Raw values in, canonical values and findings out: the one place where text becomes a value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from trialkit.extension import ItemType, TypeMismatchError
from trialkit.model.check import Action, Severity
from trialkit.model.finding import Finding
from trialkit.model.form import Form
from trialkit.model.item import Item, MissingReason
from trialkit.model.kind import Kind
from trialkit.model.record import CellReference, RawValue, RecordKey, Value
from trialkit.model.study import Study
from trialkit.model.submission import Submission
from trialkit.normalise.numbers import for_decimal_commas, point_for_comma
from trialkit.wording import quote

_BLANKS = (
    " \t\r\n\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
"""Whatever looks like nothing at the ends of a cell: every Unicode space, line ends, the byte order mark."""


_MOST_KNOWN = 50_000
"""So many texts of one item are kept in mind; free texts seldom come again."""

_Said = tuple[str, str | None, MissingReason | None, str | None, bool, str | None]
"""Everything of a raw value that decides what is made of it."""


@dataclass(frozen=True, slots=True)
class Normalised:
    """What one submission came to.

    Attributes:
        values: item identifier to value; None where the item is to be cleared. Refused items are absent.
        findings: one per refused item, all hard.
    """

    values: Mapping[str, Value | None]
    findings: tuple[Finding, ...]


def normalise_submission(submission: Submission, form: Form, study: Study, types: Mapping[str, ItemType]) -> Normalised:
    """Read every raw value of a submission by its item's type. See `Normaliser` for many of them."""
    return Normaliser(form, study, types).read(submission)


class Normaliser:
    """Reads the raw values of submissions of one form by the types of its items.

    What was read once is known: a file says the same few texts of most of its items again and again.

    Args:
        form: the form.
        study: its code lists and units.
        types: the types of items by name. What a type makes of a text depends on nothing else.
    """

    def __init__(self, form: Form, study: Study, types: Mapping[str, ItemType]) -> None:
        self._form, self._study, self._types = form, study, types
        self._items = {item.item: item for item in form.items}
        self._known: dict[str, dict[_Said, _Made]] = {item.item: {} for item in form.items}
        self._met: dict[str, dict[int, tuple[RawValue, _Made]]] = {item.item: {} for item in form.items}

    def read_one(self, item: str, raw: RawValue) -> Value | None:
        """What is made of one raw value; None when it clears the item or is refused, which `read` tells."""
        found = self._find(raw, self._items[item])
        return found if isinstance(found, Value) else None

    def refusal(self, item: str, raw: RawValue, key: RecordKey, source: CellReference | None) -> Finding | None:
        """Why a raw value of a record, from some cell, is refused; None when it is not."""
        found = self._find(raw, self._items[item])
        if not isinstance(found, _RefusedError):
            return None
        return found.finding(key, self._items[item], source)

    def read(self, submission: Submission) -> Normalised:
        """Read every raw value of a submission.

        The submission names only items of the form that are not derived; whoever made it has seen to that.
        """
        values: dict[str, Value | None] = {}
        findings: list[Finding] = []
        for item in self._form.items:
            name = item.item
            raw = submission.values.get(name)
            if raw is None:
                continue
            met = self._met[name].get(id(raw))
            found = self._find(raw, item) if met is None else met[1]
            if isinstance(found, _RefusedError):
                findings.append(found.finding(submission.key, item, submission.cells.get(name)))
            else:
                values[name] = found
        return Normalised(values, tuple(findings))

    def _find(self, raw: RawValue, item: Item) -> _Made:
        """What was made of the same before; whoever hands in one and the same object again is served faster."""
        known, met = self._known[item.item], self._met[item.item]
        said = raw.text, raw.unit, raw.missing, raw.date_format, raw.decimal_comma, raw.given
        if len(known) >= _MOST_KNOWN:
            known.clear()
        if len(met) >= _MOST_KNOWN:
            met.clear()
        try:
            found = known[said]
        except KeyError:
            found = known[said] = self._read_anew(raw, item)
        met[id(raw)] = raw, found  # the object is kept, so that no other gets its identity
        return found

    def _read_anew(self, raw: RawValue, item: Item) -> _Made:
        try:
            return _read_value(raw, item, self._study, self._types)
        except _RefusedError as refused:
            # It is kept, and must not keep the frames of all who called, with whatever they held.
            refused.__context__ = refused.__cause__ = None
            return refused.with_traceback(None)


def _read_value(raw: RawValue, item: Item, study: Study, types: Mapping[str, ItemType]) -> Value | None:
    """One value, or None for a blank, which clears the item."""
    text = raw.text.strip(_BLANKS)
    missing = raw.missing or _typed_reason(text)
    if missing is not None:
        return _missing_value(missing, item, text)
    if not text:
        return None
    item_type = types[item.type]
    given = _with_point(text) if raw.decimal_comma and item_type.kind is Kind.NUMBER else text
    try:
        canonical = _parse(item_type, given, text, item, study, raw.date_format)
    except _RefusedError as refused:
        if raw.decimal_comma:
            refused.remedy = for_decimal_commas(refused.remedy)
        raise
    unit = _unit(raw.unit, item)
    written = raw.text if raw.given is None else raw.given
    return Value(text=canonical, unit=unit, raw=None if canonical == written else written)


def _with_point(text: str) -> str:
    try:
        return point_for_comma(text)
    except TypeMismatchError as mismatch:
        raise _RefusedError("N101", f"{quote(text)} {mismatch.problem}", mismatch.remedy) from None


def _parse(item_type: ItemType, text: str, given: str, item: Item, study: Study, date_format: str | None) -> str:
    """The canonical text, of which the type can make a typed value, too; `given` is what stands in the source."""
    try:
        canonical = item_type.parse(text, item, study.codelists.get(item.codelist or ""), date_format)
        if not isinstance(canonical, str) or not canonical:
            raise TypeError("canonical text is text")
        item_type.typed(canonical)
    except TypeMismatchError as mismatch:
        raise _RefusedError("N101", f"{quote(given)} {mismatch.problem}", mismatch.remedy) from None
    except Exception as error:  # noqa: BLE001  # a plugin's type may raise anything; the text is not a value then
        problem = f"{quote(given)} could not be read: the type {item.type} raised {type(error).__name__}"
        raise _RefusedError("N105", problem, "Tell the author of the plugin that hands in the type.") from None
    return canonical


class _RefusedError(Exception):
    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(code)
        self.code, self.message, self.remedy = code, message, remedy

    def finding(self, key: RecordKey, item: Item, source: CellReference | None) -> Finding:
        return Finding(
            code=self.code,
            severity=Severity.HARD,
            message=f"{item.item}: {self.message}.",
            remedy=self.remedy,
            key=key,
            item=item.item,
            source=source,
            action=Action.REJECT,
        )


_Made = Value | _RefusedError | None
"""What is made of a raw value: a value, a refusal, or nothing, which clears the item."""


def _typed_reason(text: str) -> MissingReason | None:
    """``.ND`` typed instead of a value, in either case."""
    if text[:1] == "." and text[1:].upper() in tuple(MissingReason):
        return MissingReason(text[1:].upper())
    return None


def _missing_value(missing: MissingReason, item: Item, text: str) -> Value:
    if missing not in item.missing:
        accepted = ", ".join(f".{reason} ({reason.in_words})" for reason in item.missing) or "none"
        raise _RefusedError(
            "N102", f"the missing reason .{missing} is not accepted here", f"Accepted reasons: {accepted}."
        )
    return Value(missing=missing, raw=text or None)


def _unit(written: str | None, item: Item) -> str | None:
    given = (written or "").strip(_BLANKS)
    accepted = item.accepted_units
    if not accepted:
        if given:
            raise _RefusedError("N104", f"the item has no unit, but {quote(given)} was given", "Leave the unit out.")
        return None
    if not given:
        if len(accepted) == 1:
            return accepted[0]
        raise _RefusedError("N103", "the unit is not said", f"Say which: {' or '.join(accepted)}.")
    if given in accepted:
        return given
    alike = [unit for unit in accepted if unit.casefold() == given.casefold()]
    if len(alike) == 1:
        return alike[0]
    raise _RefusedError("N104", f"{quote(given)} is not a unit of this item", f"Use {' or '.join(accepted)}.")
