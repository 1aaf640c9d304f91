"""Checks of whole sites in an open study: asked when everything is checked, and set aside where they have no form."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest
from engine_sample import Bench, plugin

from trialkit.engine.rules import study_rules
from trialkit.errors import UsageError
from trialkit.extension import SiteCheck, SiteView
from trialkit.model.record import RawValue

STUDY = """\
study: S1
title: A study
protocol: observational
sites: [{site: "012"}]
"""

OWN_VS = """\
form: VS
title: Vital signs of our own
items:
  - {item: SYSBP, label: Systolic, type: integer, unit: mmHg}
"""

READINGS = 20


@pytest.fixture(scope="module")
def rounded(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A study in which every systolic reading of a site ends in 0. A test that changes its folder changes it back."""
    subjects = [("012", f"{number:04}") for number in range(READINGS)]
    bench = Bench(tmp_path_factory.mktemp("site") / "study").make({"study.yaml": STUDY}, subjects)
    with bench.open() as engine:
        for site, number in subjects:
            engine.enter(f"{site}-{number}", "ENROL", "VS", {"SYSBP": RawValue("120")})
    return bench


def test_site_check_when_the_form_is_that_of_the_house_then_it_is_asked(rounded: Bench) -> None:
    with rounded.open() as engine:
        outcome = engine.check(rule="GL002", dry_run=True)

    assert [(finding.code, finding.where) for finding in outcome.findings] == [("GL002", "site 012 VS.SYSBP")]


def test_site_check_of_the_house_when_the_study_replaces_its_form_then_it_is_set_aside(rounded: Bench) -> None:
    own = rounded.folder / "vs.yaml"
    own.write_text(OWN_VS, encoding="utf-8")
    try:
        with rounded.open() as engine:
            codes = {finding.code for finding in engine.check(dry_run=True).findings}
            aside, rules = engine.assembly.set_aside, study_rules(engine.assembly)
            with pytest.raises(UsageError, match="took the place of the house's") as caught:
                engine.check(rule="GL002")
    finally:
        own.unlink()

    assert "GL002" not in codes
    assert aside["GL002"] == aside["VS002"] == "The form VS of study took the place of the house's."
    assert aside["GL003"] == "The protocol uses no form MADRS."
    assert "GL002" not in {rule.rule for rule in rules}
    assert caught.value.code == "U152"


def test_site_check_of_a_plugin_when_the_study_replaces_its_form_then_it_is_asked_all_the_same(tmp_path: Path) -> None:
    def fires(view: SiteView) -> bool:
        return len(view.rows["VS"]) > 0

    modules = plugin("mine", validate_checks=lambda: [SiteCheck("S1", "VS", ("SYSBP",), "There are some.", fires)])
    bench = Bench(tmp_path / "study", plugins=modules).make({"study.yaml": STUDY, "vs.yaml": OWN_VS})
    with bench.open() as engine:
        engine.enter("012-0001", "ENROL", "VS", {"SYSBP": RawValue("121")})
        codes = [finding.code for finding in engine.check(dry_run=True).findings]

    assert "S1" in codes


def test_query_of_a_site_check_when_it_is_opened_then_it_is_about_the_site_and_the_journal_verifies(
    rounded: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    copytree(rounded.folder, folder)
    with Bench(folder).open() as engine:
        opened = engine.check().opened
        again = engine.check()
        answered = engine.answer_query(opened[0].query, "a wall-mounted device")
        listed = engine.store.queries()
        report = engine.store.verify()

    asked = [(query.code, str(query.key), query.item) for query in opened if query.code == "GL002"]
    assert asked == [("GL002", "site 012 VS", "SYSBP")]
    assert (again.opened, again.closed) == ((), ())
    assert answered in listed
    assert report.problems == ()


def test_query_of_a_site_check_when_the_check_is_set_aside_then_it_closes_since_the_rule_is_gone(
    rounded: Bench, tmp_path: Path
) -> None:
    folder = tmp_path / "study"
    copytree(rounded.folder, folder)
    with Bench(folder).open() as engine:
        opened = engine.check(rule="GL002").opened
    (folder / "vs.yaml").write_text(OWN_VS, encoding="utf-8")
    with Bench(folder).open() as engine:
        closed = engine.check().closed
        reasons = [entry.reason for entry in engine.store.entries(action="query.close")]

    assert [query.code for query in opened] == ["GL002"]
    assert "GL002" in {query.code for query in closed}
    assert "GL002 is no longer a rule of this study." in reasons
