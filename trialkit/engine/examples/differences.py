"""Examples that do not come out in a study, held against the protocol that they were written for.

A variant, or the study itself, may give a number another value, plan visits otherwise or replace a form. An example
that comes out in the protocol as it stands, and not here, is not wrong: it is not for this study, and what differs is
the reason. One that comes out in neither is wrong.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from trialkit.engine.assembly import Assembly
from trialkit.engine.examples.as_it_stands import numbers_as_they_stand, protocol_as_it_stands
from trialkit.engine.examples.records import (
    PROTOCOL,
    DoesNotApplyError,
    FaultyExampleError,
    SettledExample,
    settle_example,
)
from trialkit.engine.examples.run import EXAMPLE_KINDS, ExampleFault, ExampleRun, SkippedExample
from trialkit.engine.rules import Rule, study_rules
from trialkit.language.tree import ParameterName, walk
from trialkit.model.check import Examples
from trialkit.model.example import parse_example
from trialkit.model.protocol import Visit

__all__ = ["SetApart", "set_apart"]

_Name = tuple[str, str, str]
"""Rule, kind and text of an example."""


@dataclass(frozen=True, slots=True)
class SetApart:
    """What did not come out, by what that means.

    Attributes:
        faults: examples that are wrong.
        skipped: examples that have no meaning in the protocol.
        differing: examples that are right in the protocol as it stands and not for this study, each with what differs.
    """

    faults: tuple[ExampleFault, ...]
    skipped: tuple[SkippedExample, ...]
    differing: tuple[SkippedExample, ...] = ()


def set_apart(
    assembly: Assembly,
    rules: Sequence[Rule],
    faults: Sequence[ExampleFault],
    skipped: Sequence[SkippedExample],
) -> SetApart:
    """Tell examples that are wrong from those that are not for this study.

    A rule that the study hands in itself is written for the study: what does not come out there is wrong.

    Args:
        assembly: the study.
        rules: the rules that were asked.
        faults: what did not come out.
        skipped: what speaks of things that are not there.
    """
    reference = protocol_as_it_stands(assembly) if faults or skipped else None
    if reference is None:
        return SetApart(tuple(faults), tuple(skipped))
    return _Comparison(assembly, reference, rules).set_apart(faults, skipped)


class _Comparison:
    """A study and the protocol as it stands, side by side."""

    def __init__(self, assembly: Assembly, reference: Assembly, rules: Sequence[Rule]) -> None:
        self._assembly = assembly
        self._reference = reference
        self._rules = {rule.rule: rule for rule in rules}
        origins = {rule.rule: rule.origin for rule in study_rules(reference)}
        self._shared = {name for name, rule in self._rules.items() if origins.get(name) == rule.origin}
        self._words = _Words(assembly, reference)

    def set_apart(self, faults: Sequence[ExampleFault], skipped: Sequence[SkippedExample]) -> SetApart:
        reasons = self._reasons(_names(fault for fault in faults if fault.rule in self._shared))
        wrong = tuple(fault for fault in faults if _name(fault) not in reasons)
        lacking, without_meaning = self._lacking(skipped)
        apart = [
            SkippedExample(fault.rule, fault.kind, fault.example, reasons[_name(fault)])
            for fault in faults
            if _name(fault) in reasons
        ]
        return SetApart(wrong, tuple(without_meaning), (*apart, *lacking))

    def _reasons(self, names: Collection[_Name]) -> dict[_Name, str]:
        """Why examples need not come out here; those that should are left out."""
        numbers = numbers_as_they_stand(self._assembly, self._reference) if names else None
        by_number = set() if numbers is None else _coming_out(numbers, names)
        by_protocol = _coming_out(self._reference, set(names) - by_number)
        return {
            **{name: self._words.of_numbers(self._rules[name[0]]) for name in by_number},
            **{name: self._words.of_protocol(self._rules[name[0]], name[2]) for name in by_protocol},
        }

    def _lacking(self, skipped: Sequence[SkippedExample]) -> tuple[list[SkippedExample], list[SkippedExample]]:
        """Examples that speak of what only this study lacks, and those of what the protocol lacks as well."""
        shared = [example for example in skipped if example.rule in self._shared]
        run = _settled(self._reference, _names(shared))
        there = {_name(example): example for example in run.skipped}
        lacking = [
            replace(example, reason=self._words.owner + example.reason.removeprefix(PROTOCOL))
            for example in shared
            if _name(example) not in there
        ]
        told = _names(lacking)
        return lacking, [there.get(_name(example), example) for example in skipped if _name(example) not in told]


def _name(example: ExampleFault | SkippedExample) -> _Name:
    return example.rule, example.kind, example.example


def _names(examples: Iterable[ExampleFault | SkippedExample]) -> set[_Name]:
    return {_name(example) for example in examples}


def _settled(assembly: Assembly, names: Collection[_Name]) -> ExampleRun:
    """A run in which these examples, and no others, were read."""
    wanted: dict[str, dict[str, list[str]]] = {}
    for rule, kind, text in sorted(names):
        wanted.setdefault(rule, {kind: [] for kind in EXAMPLE_KINDS})[kind].append(text)
    run = ExampleRun(assembly)
    for found in study_rules(assembly) if wanted else ():
        if found.rule in wanted:
            run.settle(replace(found, examples=Examples.model_validate(wanted[found.rule])))
    return run


def _coming_out(assembly: Assembly, names: Collection[_Name]) -> set[_Name]:
    """Those of these examples that come out as they say in another study."""
    run = _settled(assembly, names)
    run.judge()
    return {(case.rule.rule, case.kind, case.text) for case in run.cases} - _names(run.faults)


class _Words:
    """What differs between a study and the protocol as it stands, in sentences."""

    def __init__(self, assembly: Assembly, reference: Assembly) -> None:
        self._assembly = assembly
        self._reference = reference
        self._run = ExampleRun(assembly)
        variant = assembly.study.definition.variant
        self.owner = "This study" if variant is None else f"The variant {variant}"
        self._here = "in this study" if variant is None else f"in the variant {variant}"

    def of_numbers(self, rule: Rule) -> str:
        """The numbers that a rule reads and that are others here; all that are others for a rule that hides it."""
        return " ".join(self._read_numbers(rule) or map(self._number, self._numbers))

    def of_protocol(self, rule: Rule, text: str) -> str:
        """Whatever an example depends on that is not as in the protocol."""
        found = [*self._read_numbers(rule), *self._visits(rule, text), *self._forms(rule, text)]
        return " ".join(dict.fromkeys(found)) or f"What the rule reads is planned or defined otherwise {self._here}."

    @cached_property
    def _numbers(self) -> Sequence[str]:
        here, there = self._assembly.study.protocol.parameters, self._reference.study.protocol.parameters
        return [name for name, number in here.items() if number.value != there[name].value]

    def _read_numbers(self, rule: Rule) -> list[str]:
        check = self._run.check(rule)
        nodes = () if check is None else (node for node, _ in walk(check.when.tree))
        read = {node.parameter for node in nodes if isinstance(node, ParameterName)}
        return [self._number(name) for name in self._numbers if name in read]

    def _number(self, name: str) -> str:
        here, there = (one.study.protocol.parameters[name].value for one in (self._assembly, self._reference))
        where = "in this study" if name in self._assembly.study.definition.parameters else self._here
        return f"P.{name} is {here:f} {where}, {there:f} in the protocol."

    def _visits(self, rule: Rule, text: str) -> Iterator[str]:
        here, there = self._settled(self._assembly, rule, text), self._settled(self._reference, rule, text)
        if here is None or there is None:
            return
        visits = self._assembly.study.protocol, self._reference.study.protocol
        for record, own, other in zip(parse_example(text).records, here.records, there.records, strict=True):
            one, two = visits[0].visit(own.key.visit), visits[1].visit(other.key.visit)
            if one is None or two is None or one == two:
                continue
            if one.visit == two.visit:
                yield f"Visit {one.visit} is planned otherwise {self._here}: {', '.join(_differing(one, two))}."
            else:
                yield f"{record.place} is {one.visit} {self._here}, {two.visit} in the protocol."

    def _settled(self, assembly: Assembly, rule: Rule, text: str) -> SettledExample | None:
        try:
            return settle_example(assembly, text, self._run.manner(rule))
        except (DoesNotApplyError, FaultyExampleError):
            return None

    def _forms(self, rule: Rule, text: str) -> Iterator[str]:
        study = self._assembly.study
        written = (record.form for record in parse_example(text).records)
        for name in (rule.form, *written, *sorted(study.reads.get(rule.rule, ()))):
            key = f"form:{name}"
            if study.origins.get(key) != self._reference.study.origins.get(key):
                yield f"The form {name} is the study's own."


def _differing(one: Visit, two: Visit) -> list[str]:
    """The keys of a visit that are not the same in two."""
    return [name for name in Visit.model_fields if getattr(one, name) != getattr(two, name)]
