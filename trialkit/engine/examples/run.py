"""One run over examples of rules: each is asked record by record and all at once, and what does not come out is kept.

Examples stand together in one casebook, each with a site and subjects of its own, so that the evaluator of
whole columns meets what it meets in a study, and hundreds of examples take seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from trialkit.engine.assembly import Assembly
from trialkit.engine.casebook import Casebook
from trialkit.engine.examples.answers import (
    QUIET,
    Answer,
    ask_at_once,
    ask_on_record,
    ask_other_rule,
    casebook_of_examples,
)
from trialkit.engine.examples.operands import operand_values
from trialkit.engine.examples.records import (
    DoesNotApplyError,
    FaultyExampleError,
    Manner,
    SettledExample,
    settle_example,
)
from trialkit.engine.rules import Rule
from trialkit.language.tree import Call, walk
from trialkit.model.check import Check
from trialkit.model.record import RecordKey
from trialkit.validate import CompiledCheck

__all__ = ["EXAMPLE_KINDS", "ExampleFault", "ExampleRun", "SkippedExample"]

EXAMPLE_KINDS = ("fires", "quiet", "missing")
"""The kinds of examples; a rule should have at least one of each."""

_BY_RECORD, _AT_ONCE = "record by record", "all at once"
_EXPECTED = {
    "fires": "it fires",
    "quiet": "it does not fire, and nothing is missing",
    "missing": "it does not fire, since something is missing",
}


@dataclass(frozen=True, slots=True)
class ExampleFault:
    """An example that does not come out as it says.

    Attributes:
        rule: the rule.
        kind: ``fires``, ``quiet`` or ``missing``.
        example: its text.
        expected: what should be, in words.
        came: what came instead, or why it can not be run.
        evaluator: who said so: ``record by record``, ``all at once``, or both; empty when nobody was asked.
        operands: what the parts of the condition came to.
    """

    rule: str
    kind: str
    example: str
    expected: str
    came: str
    evaluator: str = ""
    operands: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SkippedExample:
    """An example that says nothing about this study, and why."""

    rule: str
    kind: str
    example: str
    reason: str


@dataclass(slots=True)
class _Case:
    """One example of one rule."""

    rule: Rule
    kind: str
    text: str
    settled: SettledExample


class ExampleRun:
    """One run: examples are read first, then asked in groups that can stand in one table.

    Args:
        assembly: the study.
        progress: told how many of how many examples are done.

    Attributes:
        cases: the examples that could be read.
        faults: those that do not come out as they say.
        skipped: those that speak of what the protocol does not have.
    """

    def __init__(self, assembly: Assembly, progress: Callable[[int, int], None] | None = None) -> None:
        self._assembly = assembly
        self._progress = progress
        self._done = 0
        self._compiled: dict[str, Mapping[str, CompiledCheck]] = {}
        self.cases: list[_Case] = []
        self.faults: list[ExampleFault] = []
        self.skipped: list[SkippedExample] = []

    def settle(self, rule: Rule) -> None:
        """Read the examples of a rule."""
        manner = self.manner(rule)
        for kind in EXAMPLE_KINDS:
            for text in getattr(rule.examples, kind):
                try:
                    settled = settle_example(self._assembly, text, manner)
                except DoesNotApplyError as error:
                    self.skipped.append(SkippedExample(rule.rule, kind, text, str(error)))
                except FaultyExampleError as error:
                    came = f"it can not be run: {error}"
                    self.faults.append(ExampleFault(rule.rule, kind, text, _EXPECTED[kind], came))
                else:
                    self.cases.append(_Case(rule, kind, text, settled))

    def judge(self) -> None:
        """Ask the rules."""
        together: dict[datetime, list[_Case]] = {}
        for case in self.cases:
            if self._looks_at_all_subjects(case.rule):
                self._judge([case])
            else:
                together.setdefault(case.settled.moment, []).append(case)
        for cases in together.values():
            for number, case in enumerate(cases):
                case.settled = case.settled.moved(f"{number}/")
            self._judge(cases)

    def _judge(self, cases: Sequence[_Case]) -> None:
        """Ask rules with the records of all these examples in one casebook."""
        records = [record for case in cases for record in case.settled.records]
        casebook = casebook_of_examples(self._assembly, records, cases[0].settled.moment)
        at_once = ask_at_once(casebook, self._checks(cases))
        places = _places(casebook, {case.settled.checked.form for case in cases})
        for case in cases:
            place = places[case.settled.checked]
            check = self.check(case.rule)
            if check is None:
                answer = ask_other_rule(self._assembly, casebook, case.rule, case.settled, place)
                self._note(case, {_BY_RECORD: answer}, dict)
            else:
                answers = {
                    _BY_RECORD: ask_on_record(check, casebook, place),
                    _AT_ONCE: at_once[case.rule.rule].get(place, QUIET),
                }
                self._note(case, answers, partial(_operands, check, casebook, place))

    def _checks(self, cases: Sequence[_Case]) -> Mapping[str, Sequence[CompiledCheck]]:
        """The rules in the language of these examples, by form, each once."""
        found: dict[str, dict[str, CompiledCheck]] = {}
        for case in cases:
            check = self.check(case.rule)
            if check is not None:
                found.setdefault(case.rule.form, {})[case.rule.rule] = check
        return {form: list(checks.values()) for form, checks in found.items()}

    def _note(self, case: _Case, answers: Mapping[str, Answer], operands: Callable[[], Mapping[str, str]]) -> None:
        """Keep what does not come out as the example says."""
        wrong = {name: answer for name, answer in answers.items() if not _comes_out(case.kind, answer)}
        if wrong:
            came = dict.fromkeys(_words(case.kind, answer) for answer in wrong.values())
            self.faults.append(
                ExampleFault(
                    case.rule.rule,
                    case.kind,
                    case.text,
                    _EXPECTED[case.kind],
                    "; ".join(came),
                    " and ".join(wrong),
                    operands(),
                )
            )
        self._done += 1
        if self._progress is not None:
            self._progress(self._done, len(self.cases))

    def manner(self, rule: Rule) -> Manner:
        """How the examples of a rule are read."""
        carried_out_by = getattr(rule.definition, "carried_out_by", None) or ""
        return Manner(
            form="" if rule.is_of_site else rule.form,
            by_entry=carried_out_by if carried_out_by.startswith("N") else "",
            has_others=self._looks_at_all_subjects(rule),
        )

    def _looks_at_all_subjects(self, rule: Rule) -> bool:
        """Whether the records of other examples would be among those that the rule sees."""
        check = self.check(rule)
        if check is None:
            return rule.is_of_site
        nodes = walk(check.when.tree)
        return any(isinstance(node, Call) and node.function == "subjects_with" for node, _ in nodes)

    def check(self, rule: Rule) -> CompiledCheck | None:
        """A rule in the language, made ready; None for any other."""
        if not isinstance(rule.definition, Check) or rule.definition.when is None:
            return None
        if rule.form not in self._compiled:
            plan = self._assembly.plans[rule.form].checks
            self._compiled[rule.form] = {found.check.check: found for found in (*plan.checks, *plan.cross_checks)}
        return self._compiled[rule.form][rule.rule]


def _places(casebook: Casebook, forms: Collection[str]) -> Mapping[RecordKey, int]:
    """Where each record of some forms stands in its table."""
    tables = [casebook.tables[form] for form in forms]
    return {table.key(place): place for table in tables for place in range(len(table))}


def _operands(check: CompiledCheck, casebook: Casebook, place: int) -> Mapping[str, str]:
    scope = check.when.scope
    return operand_values(check.check.when or "", scope, casebook.books.row(scope.form, place))


def _comes_out(kind: str, answer: Answer) -> bool:
    if kind == "fires":
        return answer.fires
    return not answer.fires and not answer.has_failed and (kind == "missing" or answer.is_sound)


def _words(kind: str, answer: Answer) -> str:
    """What came, and what may be meant instead."""
    is_unknown = not answer.is_sound and not answer.has_failed
    return f"{answer.words}: is it an example for missing?" if kind == "quiet" and is_unknown else answer.words
