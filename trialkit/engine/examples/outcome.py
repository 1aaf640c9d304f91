"""The examples of the rules of a study, run: what comes out, what does not, and what is not for this study."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from trialkit.engine.assembly import Assembly
from trialkit.engine.examples.differences import set_apart
from trialkit.engine.examples.run import EXAMPLE_KINDS, ExampleFault, ExampleRun, SkippedExample
from trialkit.engine.rules import Rule

__all__ = ["EXAMPLE_KINDS", "ExampleFault", "ExamplesOutcome", "SkippedExample", "run_examples"]


@dataclass(frozen=True, slots=True)
class ExamplesOutcome:
    """What a run of examples came to.

    Attributes:
        rules: how many rules were looked at.
        run: how many examples were run and say something about this study.
        faults: those that do not come out as they say, in the order of the rules.
        lacking: rule to the kinds of examples that it has none of.
        skipped: examples that do not apply in this protocol.
        differing: examples that come out in the protocol as it stands, and are not for this study: its variant, or the
            study itself, has another number, visit or form.
    """

    rules: int
    run: int
    faults: tuple[ExampleFault, ...]
    lacking: Mapping[str, tuple[str, ...]]
    skipped: tuple[SkippedExample, ...]
    differing: tuple[SkippedExample, ...] = ()


def run_examples(
    assembly: Assembly, rules: Sequence[Rule], progress: Callable[[int, int], None] | None = None
) -> ExamplesOutcome:
    """Run the examples of rules.

    Args:
        assembly: the study.
        rules: whose examples; see `trialkit.engine.rules`.
        progress: told how many of how many examples are done.
    """
    run = ExampleRun(assembly, progress)
    for rule in rules:
        run.settle(rule)
    run.judge()
    apart = set_apart(assembly, rules, run.faults, run.skipped)
    order = {rule.rule: number for number, rule in enumerate(rules)}

    def place(example: ExampleFault | SkippedExample) -> tuple[int, int]:
        return order[example.rule], EXAMPLE_KINDS.index(example.kind)

    lacking = {rule.rule: tuple(kind for kind in EXAMPLE_KINDS if not getattr(rule.examples, kind)) for rule in rules}
    excused = _asked(run.faults) - _asked(apart.faults)
    return ExamplesOutcome(
        rules=len(rules),
        run=len(run.cases) - excused,
        faults=tuple(sorted(apart.faults, key=place)),
        lacking={rule: kinds for rule, kinds in lacking.items() if kinds},
        skipped=tuple(sorted(apart.skipped, key=place)),
        differing=tuple(sorted(apart.differing, key=place)),
    )


def _asked(faults: Sequence[ExampleFault]) -> int:
    """How many of them could be read, and were asked."""
    return sum(bool(fault.evaluator) for fault in faults)
