"""Examples of rules under every variant: each comes out, or what keeps it from that is told and true."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from protocol_route import load_protocol

from trialkit.engine import Assembly
from trialkit.engine.examples.outcome import EXAMPLE_KINDS, SkippedExample, run_examples
from trialkit.engine.rules import study_rules
from trialkit.model.protocol import Protocol

ROOT = Path(__file__).resolve().parent.parent.parent
PROTOCOLS = {path.parent.name.removeprefix("trialkit_"): path for path in ROOT.glob("plugins/*/protocol.yaml")}
VARIANTS = [
    (name, variant.variant) for name, path in sorted(PROTOCOLS.items()) for variant in load_protocol(path).variants
]


def _tagged(protocol: Protocol, tag: str) -> list[str]:
    return [visit.visit for visit in protocol.visits if tag in visit.tags]


def _is_true(sentence: str, here: Protocol, plain: Protocol, variant: str) -> bool:
    """Whether a sentence about what differs holds between a protocol as a variant has it and as it stands."""
    number = re.fullmatch(rf"P\.(\w+) is (\S+) in the variant {variant}, (\S+) in the protocol", sentence)
    if number:
        one, two = here.parameters[number[1]].value, plain.parameters[number[1]].value
        return (f"{one:f}", f"{two:f}") == (number[2], number[3]) and one != two
    visit = re.fullmatch(rf"The variant {variant} has no visit (\w+)", sentence)
    if visit:
        return here.visit(visit[1]) is None and plain.visit(visit[1]) is not None
    tag = re.fullmatch(rf"The variant {variant} has (no visit|(\d+) visits) tagged (\w+)", sentence)
    if tag:
        return len(_tagged(here, tag[3])) == int(tag[2] or 0) < len(_tagged(plain, tag[3]))
    place = re.fullmatch(rf"\[(\w+)(?: (\d+))?\] is (\w+) in the variant {variant}, (\w+) in the protocol", sentence)
    if place:
        which = int(place[2] or 1) - 1
        return (_tagged(here, place[1])[which], _tagged(plain, place[1])[which]) == (place[3], place[4])
    return False


def _is_true_of_protocol(reason: str, plain: Protocol) -> bool:
    """Whether the protocol as it stands lacks what an example speaks of."""
    form = re.fullmatch(r"The protocol uses no form (\w+)\.", reason)
    if form:
        used = {entry.form for visit in plain.visits for entry in visit.forms} | {*plain.log_forms}
        return form[1] not in used
    timepoint = re.fullmatch(r"The protocol has no timepoint (\S+)\.", reason)
    if timepoint:
        return plain.timepoint(timepoint[1]) is None
    tag = re.fullmatch(r"The protocol has no visit tagged (\w+)\.", reason)
    return tag is not None and not _tagged(plain, tag[1])


def test_variants_when_they_are_counted_then_those_of_all_protocols_are_there() -> None:
    assert VARIANTS == [("iv", "iv-ptsd"), ("iv", "iv-pain"), ("iv", "iv-anxiety"), ("oral", "po-loz")]


@pytest.mark.parametrize(
    ("name", "variant"),
    [pytest.param(*one, marks=[] if one[1] in ("iv-ptsd", "po-loz") else pytest.mark.slow) for one in VARIANTS],
)
def test_examples_when_a_variant_is_followed_then_each_comes_out_or_is_set_apart_for_a_true_reason(
    name: str, variant: str, assembly_of: Callable[[str, str | None], Assembly]
) -> None:
    assembly = assembly_of(name, variant)
    rules = study_rules(assembly)
    here, plain = assembly.study.protocol, load_protocol(PROTOCOLS[name]).resolved()

    outcome = run_examples(assembly, rules)

    given = sum(len(getattr(rule.examples, kind)) for rule in rules for kind in EXAMPLE_KINDS if rule.examples)
    assert outcome.faults == ()
    assert outcome.run > 1000
    assert outcome.run + len(outcome.skipped) + len(outcome.differing) == given
    assert [apart for apart in outcome.differing if not _has_true_reason(apart, here, plain, variant)] == []
    assert [found for found in outcome.skipped if not _is_true_of_protocol(found.reason, plain)] == []


def _has_true_reason(apart: SkippedExample, here: Protocol, plain: Protocol, variant: str) -> bool:
    sentences = [part.rstrip(".") for part in re.split(r"(?<=\.) (?=[A-Z\[])", apart.reason)]
    return all(_is_true(sentence, here, plain, variant) for sentence in sentences)


def test_examples_when_a_variant_sets_a_number_then_those_that_it_changes_are_named(
    assembly_of: Callable[[str, str | None], Assembly],
) -> None:
    assembly = assembly_of("iv", "iv-ptsd")
    numbered = [rule for rule in study_rules(assembly) if rule.rule in ("IE004", "IE005", "PD014")]

    outcome = run_examples(assembly, numbered)

    numbers = [(apart.rule, apart.kind, apart.reason) for apart in outcome.differing if apart.reason.startswith("P.")]
    assert numbers == [
        ("IE004", "fires", "P.entry_madrs_min is 0 in the variant iv-ptsd, 20 in the protocol."),
        ("IE004", "fires", "P.entry_madrs_min is 0 in the variant iv-ptsd, 20 in the protocol."),
        ("IE005", "fires", "P.max_improve_scr is 100 in the variant iv-ptsd, 25 in the protocol."),
        ("PD014", "fires", "P.min_gap_h is 24 in the variant iv-ptsd, 48 in the protocol."),
    ]
    assert outcome.run > len(numbers)
