"""Checks that are set aside, or come back, when a form is held against an earlier definition."""

from __future__ import annotations

from pathlib import Path

from engine_sample import Bench

from trialkit.engine.comparing import FormComparison, compare_form
from trialkit.model.record import RawValue

STUDY = """\
study: S1
title: A study
protocol: small
sites: [{site: "012"}]
"""

PROTOCOL = """\
protocol: small
title: A small protocol
parameters: {high: {value: 150}}
visits:
  - {visit: V1, label: Visit 1, number: 1, day: 1, forms: [{form: VS}]}
  - {visit: V2, label: Visit 2, number: 2, day: 8, forms: [{form: VS}]}
variants:
  - {variant: calm, title: Calm, parameters: {high: 300}}
"""

OWN_VS = """\
form: VS
title: Vital signs of our own
items:
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg, hard: 60..260}
  - {item: DIABP, label: Diastolic, type: integer, unit: mmHg}
"""

OWN_CHECK = "checks: [{check: VS950, form: VS, when: SYSBP > P.high, message: High.}]\n"


def enter(bench: Bench, systolic: int, visit: str = "V1") -> None:
    """One record, so that what stands is the definition that data were captured under."""
    with bench.open() as engine:
        engine.enter("012-0001", visit, "VS", {"SYSBP": RawValue(str(systolic))}, reason="read again")


def compare(bench: Bench) -> FormComparison:
    """The form as it stands against the definition that data were captured under last."""
    with bench.open() as engine:
        found = compare_form(engine, "VS")
    assert found is not None
    return found


def about(comparison: FormComparison, check: str) -> list[tuple[str, str, str]]:
    """What is said of one check."""
    told = [effect.difference for effect in comparison.effects]
    return [(one.what, one.before, one.after) for one in told if one.where == check]


def test_house_check_when_the_study_replaces_its_form_and_takes_it_back_then_the_reason_is_told(
    tmp_path: Path,
) -> None:
    reason = "The form VS of study took the place of the house's."
    bench = Bench(tmp_path / "study").make({"study.yaml": STUDY.replace("small", "observational")})
    enter(bench, 120, "ENROL")
    form = bench.folder / "vs.yaml"
    form.write_text(OWN_VS, encoding="utf-8")

    ((what, words, told),) = about(compare(bench), "VS002")

    assert (what, told) == ("check set aside", reason)
    enter(bench, 121, "ENROL")
    form.unlink()
    assert about(compare(bench), "VS002") == [("check back in force", reason, words)]


def test_check_when_a_variant_put_it_out_of_action_then_it_was_in_force_before(tmp_path: Path) -> None:
    files = {"study.yaml": STUDY, "protocol.yaml": PROTOCOL, "vs.yaml": OWN_VS, "checks.yaml": OWN_CHECK}
    bench = Bench(tmp_path / "study").make(files)
    enter(bench, 120)
    study = bench.folder / "study.yaml"
    study.write_text(STUDY + "variant: calm\n", encoding="utf-8")

    ((what, words, reason),) = about(compare(bench), "VS950")

    assert what == "check set aside"
    assert reason == "SYSBP > P.high can never be true: the hard range of SYSBP is 60 to 260 and P.high is 300."
    bench.clock.pass_hours(1)
    enter(bench, 121)
    study.write_text(STUDY, encoding="utf-8")
    in_force = "It was in force under the definition registered on 2026-03-31 09:30Z, and then no more."
    assert about(compare(bench), "VS950") == [("check back in force", in_force, words)]


def test_check_when_it_is_taken_away_or_new_then_nothing_was_set_aside(tmp_path: Path) -> None:
    files = {"study.yaml": STUDY, "protocol.yaml": PROTOCOL, "vs.yaml": OWN_VS, "checks.yaml": OWN_CHECK}
    bench = Bench(tmp_path / "study").make(files)
    enter(bench, 120)
    (bench.folder / "checks.yaml").write_text(OWN_CHECK.replace("VS950", "VS951"), encoding="utf-8")

    found = compare(bench)

    assert [what for what, *_ in about(found, "VS950")] == ["check removed"]
    assert [what for what, *_ in about(found, "VS951")] == ["check added"]
