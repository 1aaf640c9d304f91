"""The catalogue of 305 edit checks is said whole, and what every rule says of itself in its examples is true."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trialkit.builtin import trialkit_validate_checks
from trialkit.define import load_folder
from trialkit.engine import Assembly
from trialkit.engine.examples.outcome import run_examples
from trialkit.engine.rules import study_rules
from trialkit.model.check import Check

ROUTES = ("iv", "nasal", "oral")
SEVERITY = {"h": "hard", "s": "soft", "hard": "hard", "soft": "soft"}

CHANGED = {
    "IC001": ("soft", "query", "the visit is often entered before the consent form: refusing it would lose keystrokes"),
    "IE001": ("soft", "query", "of two rows that contradict each other the first may be the wrong one"),
    "RT001": ("soft", "deviation-major", "the randomisation happened; it is recorded and reported"),
    "PD012": ("soft", "deviation-major", "a check after the dose is a fact, and either time may be the wrong one"),
    "NS003": ("soft", "query", "the header of a session is entered before its devices, or after"),
    "DI002": ("soft", "query", "the server's clock is UTC; refusing the diary would lose the question about self-harm"),
    "SC013": ("soft", "query", "a refused C-SSRS would alert nobody"),
    "SC015": ("soft", "query", "a refused C-SSRS would alert nobody"),
    "SC016": ("soft", "query", "a refused C-SSRS would alert nobody"),
    "SC031": ("hard", "reject", "a week has seven days: the possible range of the item says so"),
    "SC044": ("hard", "reject", "the scale has a maximum: the possible range of the score says so"),
    "DC002": ("soft", "deviation-major", "a destruction without a witness can happen, and is recorded"),
}
"""Rules with another severity or action than the catalogue: what they have, and why."""


def _rules(root: Path) -> Iterator[tuple[str, str, str, bool]]:
    """Every rule: its name, severity and action, and whether it has examples of all three kinds."""
    for folder in (root / "forms", *(root / "plugins" / f"trialkit_{name}" / "forms" for name in ROUTES)):
        things, problems = load_folder(folder)
        assert problems == []
        for check in (located.thing for located in things if isinstance(located.thing, Check)):
            shown = check.examples
            has_all = bool(shown.fires and shown.quiet and shown.missing)
            yield check.check, check.severity.value, check.effective_action.value, has_all
    for site_check in trialkit_validate_checks():
        shown = site_check.examples
        has_all = bool(shown.fires and shown.quiet and shown.missing)
        yield site_check.check, site_check.severity.value, site_check.action.value, has_all


def test_catalogue_when_it_is_compared_with_the_rules_then_every_one_is_there(
    root: Path, edit_checks: dict[str, dict[str, str]]
) -> None:
    names = {name for name, *_ in _rules(root)}
    assert len(edit_checks) == 305
    assert sorted(edit_checks.keys() - names) == []


def test_rules_when_severity_and_action_are_compared_then_only_those_with_a_reason_differ(
    root: Path, edit_checks: dict[str, dict[str, str]]
) -> None:
    said = {name: (severity, action) for name, severity, action, _ in _rules(root)}
    differing = {
        name: said[name]
        for name, row in edit_checks.items()
        if said[name] != (SEVERITY[row["severity"]], row["action"])
    }
    assert differing == {name: (severity, action) for name, (severity, action, _) in CHANGED.items()}


def test_rules_when_they_are_read_then_each_shows_when_it_fires_is_quiet_and_lacks_something(root: Path) -> None:
    assert sorted(name for name, _, _, has_all in _rules(root) if not has_all) == []


# The examples of the other two are run in the ordinary tests of variants, too.
@pytest.mark.parametrize("name", ["nasal", *(pytest.param(name, marks=pytest.mark.slow) for name in ("iv", "oral"))])
def test_examples_when_they_are_run_in_both_evaluators_then_each_comes_out_as_it_says(
    name: str, assembly_of: Callable[[str, str | None], Assembly]
) -> None:
    assembly = assembly_of(name, None)
    outcome = run_examples(assembly, study_rules(assembly))
    assert (outcome.faults, outcome.differing) == ((), ())
    assert outcome.run > 1000
