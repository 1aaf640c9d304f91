"""A form as it stands held against an earlier version: what is different, and what that means for stored values.

Every stored record is taken through the stations twice, under either version, as if it were entered again today. What
only the newer version finds is because of the differences.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from trialkit.define.claims import HOUSE, place_taken
from trialkit.define.differences import Aspect, Difference, find_differences
from trialkit.define.form_side import FormSide, side_of_file, side_of_study, side_of_text
from trialkit.derive import plan_derivations
from trialkit.engine.assembly import Assembly, FormPlan, FormPlans
from trialkit.engine.proposal import propose
from trialkit.engine.registered import captured_last, in_force_before, registered
from trialkit.engine.session import Engine
from trialkit.language import ExpressionError
from trialkit.model.method import Parameter
from trialkit.model.record import RawValue, Record, RecordKey, Value
from trialkit.model.study import Contribution, Study
from trialkit.model.submission import Submission
from trialkit.store import JournalEntry
from trialkit.validate import plan_checks

_NOBODY = Contribution("", "")
_FUTURE = "V204"
"""The check of the house that looks at every date."""

_CAUSES: Mapping[Aspect, frozenset[str]] = {
    Aspect.ADDED: frozenset({"V202", "V203", "V301", "V302"}),
    Aspect.TYPE: frozenset({"N101", "N105", "V101", "V102"}),
    Aspect.CODES: frozenset({"N101", "V104"}),
    Aspect.UNIT: frozenset({"N103", "N104", "V103", "V201"}),
    Aspect.HARD: frozenset({"V103"}),
    Aspect.SOFT: frozenset({"V201"}),
    Aspect.DECIMALS: frozenset({"N101"}),
    Aspect.LENGTH: frozenset({"N101"}),
    Aspect.REQUIRED: frozenset({"V202"}),
    Aspect.ASKED: frozenset({"V202", "V203", "V301"}),
    Aspect.COMPUTED: frozenset({"V101", "V102", "V103", "V201", "V302"}),
    Aspect.MISSING: frozenset({"N102", "V105"}),
    Aspect.FUTURE: frozenset({_FUTURE}),
    Aspect.PARAMETER: frozenset({"V103", "V201", "V202", "V203"}),
}
"""The codes of findings on an item that a difference of this kind can bring about; checks have codes of their own."""


@dataclass(frozen=True, slots=True, order=True)
class _Found:
    """A finding as far as two versions can have the same one."""

    key: RecordKey
    item: str
    code: str
    is_hard: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference and what it means for what is stored.

    Attributes:
        difference: the difference.
        values: records with a value for one of the items it is about.
        refused: records where it makes a stored value one that would not be taken any more.
        queried: records where it makes a query of something that was none.
        recomputed: stored values that would be computed to something else.
    """

    difference: Difference
    values: int = 0
    refused: int = 0
    queried: int = 0
    recomputed: int = 0

    @property
    def is_grave(self) -> bool:
        """Whether stored values would be refused, or have lost their item."""
        return bool(self.refused or (self.difference.aspect is Aspect.REMOVED and self.values))


@dataclass(frozen=True, slots=True)
class Consequence:
    """Findings of a rule that did not change itself: it reads what did."""

    code: str
    item: str
    refused: int
    queried: int


@dataclass(frozen=True, slots=True)
class FormComparison:
    """Two versions of a form side by side.

    Attributes:
        form: the form.
        source: what the older version is, in words.
        version_before: its version.
        version_after: the version that stands.
        records: how many records of the form are stored.
        effects: one for each difference.
        consequences: what rules that did not change find because of them.
        refused: stored values that would not be taken any more.
        queried: places where a query would be opened that was not called for before.
        lost: stored values whose item is gone.
        is_held_against: False when the older version can not be evaluated any more, so that everything the newer one
            finds is counted.
    """

    form: str
    source: str
    version_before: str
    version_after: str
    records: int
    effects: tuple[Effect, ...]
    consequences: tuple[Consequence, ...] = ()
    refused: int = 0
    queried: int = 0
    lost: int = 0
    is_held_against: bool = True

    @property
    def is_harmless(self) -> bool:
        """Whether every stored value would still be taken."""
        return not self.refused and not self.lost


def compare_form(
    engine: Engine,
    name: str,
    *,
    version: str | None = None,
    file: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> FormComparison | None:
    """Compare a form as it stands with an earlier version of it.

    Args:
        engine: the open study; nothing is written.
        name: the form.
        version: the version to compare with, of those that were registered; the newest of that number.
        file: a definition file to compare with instead.
        progress: told how many of how many records were looked at; each is looked at under both versions.

    Returns:
        The comparison, or None when neither is said and nothing was captured on the form yet. Without both, the other
        side is the definition that data were captured under last.

    Raises:
        UsageError: U110 for an unknown form, U150 for an unknown version, U151 when a text of then is not there.
        DefinitionError: for problems of the file.
    """
    form = engine.form(name).form
    study = engine.assembly.study
    if file is not None:
        before, source = side_of_file(file, form, study), file.as_posix()
    else:
        found = captured_last(engine.store, form) if version is None else registered(engine.store, form, version)
        if found is None:
            return None
        entry, text = found
        how = "captured last under the definition" if version is None else "the definition"
        before, source = side_of_text(text, form), f"{how} {_registration(entry)}"
        before = replace(before, set_aside=dict(_set_aside_then(engine, before, entry)))
    after = side_of_study(study, form)
    differences = find_differences(before, after)
    records = engine.store.records(form=form)
    comparison = FormComparison(form, source, before.form.version, after.form.version, len(records), ())
    if not differences:
        return comparison
    return _weigh(comparison, differences, engine, before, records, progress)


def _set_aside_then(engine: Engine, before: FormSide, entry: JournalEntry) -> Iterator[tuple[str, str]]:
    """The checks that stand now and were set aside under an earlier definition, as far as its text tells why."""
    study, form = engine.assembly.study, before.form.form
    missing = {check.check for check in study.checks[form]} - {check.check for check in before.checks}
    earlier = in_force_before(engine.store, form, entry) if missing else {}
    for name in missing:
        if study.origins[f"check:{name}"].plugin == HOUSE and before.owner not in ("", HOUSE):
            yield name, place_taken(form, before.owner)
        elif name in earlier:
            yield name, f"It was in force under the definition {_registration(earlier[name])}, and then no more."


def _registration(entry: JournalEntry) -> str:
    return f"registered on {entry.at:%Y-%m-%d %H:%M}Z"


@dataclass(slots=True)
class _Judgement:
    """What one version finds in every record, and the values that it computes."""

    found: set[_Found] = field(default_factory=set)
    computed: dict[RecordKey, Mapping[str, Value]] = field(default_factory=dict)

    def judge(self, assembly: Assembly, record: Record, today: date) -> None:
        """Take a record through the stations as if it were entered again."""
        plan = assembly.plans[record.key.form]
        entered = [name for name in record.values if plan.item_names.get(name) is False]
        given = {name: _as_given(record.values[name]) for name in entered}
        proposal = propose(assembly, Submission(record.key, given), None, today)
        self.found |= {_Found(record.key, one.item, one.code, one.is_hard) for one in proposal.findings}
        self.computed[record.key] = {} if proposal.change is None else proposal.change.values


def _weigh(
    comparison: FormComparison,
    differences: Sequence[Difference],
    engine: Engine,
    before: FormSide,
    records: Sequence[Record],
    progress: Callable[[int, int], None] | None,
) -> FormComparison:
    days = {site: engine._today(site) for site in {record.key.site for record in records}}
    earlier = _earlier(engine.assembly, before)
    now, then = _Judgement(), _Judgement()
    for number, record in enumerate(records, start=1):
        now.judge(engine.assembly, record, days[record.key.site])
        if earlier is not None:
            then.judge(earlier, record, days[record.key.site])
        if progress is not None:
            progress(number, len(records))
    fresh = now.found - then.found
    effects = tuple(_effect(difference, records, fresh, now) for difference in differences)
    left = [found for found in fresh if not any(_is_because_of(found, difference) for difference in differences)]
    return replace(
        comparison,
        effects=effects,
        consequences=tuple(_consequences(left)),
        refused=_places(fresh, is_hard=True),
        queried=_places(fresh, is_hard=False),
        lost=sum(effect.values for effect in effects if effect.difference.aspect is Aspect.REMOVED),
        is_held_against=earlier is not None,
    )


def _effect(difference: Difference, records: Sequence[Record], fresh: Iterable[_Found], now: _Judgement) -> Effect:
    because = [found for found in fresh if _is_because_of(found, difference)]
    return Effect(
        difference,
        values=sum(any(item in record.values for item in difference.items) for record in records),
        refused=len({found.key for found in because if found.is_hard}),
        queried=len({found.key for found in because if not found.is_hard}),
        recomputed=sum(_is_recomputed(difference.items[0], record, now) for record in records)
        if difference.aspect is Aspect.COMPUTED
        else 0,
    )


def _is_because_of(found: _Found, difference: Difference) -> bool:
    if found.code in difference.checks:
        return True
    return found.item in difference.items and found.code in _CAUSES.get(difference.aspect, ())


def _is_recomputed(item: str, record: Record, now: _Judgement) -> bool:
    stored = record.values.get(item)
    computed = now.computed.get(record.key, {}).get(item)
    return stored is not None and stored.text != (None if computed is None else computed.text)


def _consequences(left: Iterable[_Found]) -> list[Consequence]:
    grouped: dict[tuple[str, str], list[_Found]] = {}
    for found in sorted(left):
        grouped.setdefault((found.code, found.item), []).append(found)
    return [
        Consequence(code, item, _places(several, is_hard=True), _places(several, is_hard=False))
        for (code, item), several in sorted(grouped.items())
    ]


def _places(found: Iterable[_Found], *, is_hard: bool) -> int:
    """How many items of records have such a finding."""
    return len({(one.key, one.item) for one in found if one.is_hard is is_hard})


def _as_given(value: Value) -> RawValue:
    return RawValue(value.text or "", unit=value.unit, missing=value.missing)


def _earlier(assembly: Assembly, before: FormSide) -> Assembly | None:
    """The study with the earlier version in it; None when that can not be evaluated any more."""
    if any(item.type not in assembly.types for item in before.form.items):
        return None
    if any(item.codelist and item.codelist not in before.codelists for item in before.form.items):
        return None
    study, name = _study_then(assembly.study, before), before.form.form
    now = assembly.plans[name]
    by_python = [
        (step.derivation, Contribution(step.plugin, "")) for step in now.derivations if step.derivation is not None
    ]
    checks = [(check, Contribution(plugin, "")) for check, plugin in now.checks.python_checks]
    try:
        plan = FormPlan(
            before.form,
            plan_derivations(before.form, study, assembly.types, assembly.functions, by_python),
            plan_checks(before.form, study, assembly.types, assembly.functions, checks),
        )
    except ExpressionError:  # it speaks of what the protocol does not have any more
        return None
    return replace(assembly, study=study, plans=FormPlans([name], lambda _: plan))


def _study_then(study: Study, before: FormSide) -> Study:
    name, protocol = before.form.form, study.protocol
    numbers = {
        key: protocol.parameters.get(key, Parameter(value=value)).model_copy(update={"value": value})
        for key, value in before.parameters.items()
    }
    origins = {f"check:{check.check}": _NOBODY for check in before.checks}
    return replace(
        study,
        protocol=protocol.model_copy(update={"parameters": {**protocol.parameters, **numbers}}),
        forms={**study.forms, name: before.form},
        codelists={**study.codelists, **before.codelists},
        checks={**study.checks, name: before.checks},
        origins={**origins, **study.origins},
    )
