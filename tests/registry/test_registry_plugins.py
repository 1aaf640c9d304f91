"""Every broken plugin is named with its reason in one line; the others, and the studies that need them, go on."""

from __future__ import annotations

from importlib.metadata import EntryPoint
from pathlib import Path

import pytest
from registry_sample import BROKEN, FORM_TWIN, HEAD, clock, house_points, installed

from trialkit.engine import create_study, known_protocols, open_study
from trialkit.engine.proposals import Proposals
from trialkit.errors import DefinitionError, PluginError, UsageError
from trialkit.extension import ItemType, Veto
from trialkit.model.record import RawValue
from trialkit.model.study import Site, StudyDefinition
from trialkit.registry import GROUP, HOUSE, Registry, load_registry


def _definition(protocol: str, *plugins: str) -> StudyDefinition:
    return StudyDefinition(study="S1", title="A study", protocol=protocol, sites=(Site(site="012"),), plugins=plugins)


def _make(folder: Path, protocol: str, registry: Registry, *plugins: str) -> None:
    with create_study(folder, _definition(protocol, *plugins), "ann", clock, registry):
        pass


@pytest.mark.parametrize("name", list(BROKEN))
def test_plugin_when_it_is_broken_then_named_with_its_reason_in_one_line(tmp_path: Path, name: str) -> None:
    text, reason = BROKEN[name]
    with installed(tmp_path / "plugins", {name: text}) as points:
        registry = load_registry([*house_points(), *points])
        _make(tmp_path / "study", "observational", registry)
    told = registry.broken[name].reason
    assert told.replace(f"{tmp_path.as_posix()}/plugins/", "").startswith(reason)
    assert "\n" not in told
    assert "Traceback" not in told
    assert set(registry.broken) == {name}
    assert set(registry.plugins) == {HOUSE, "iv", "nasal", "oral"}


@pytest.mark.parametrize(
    ("protocol", "form"),
    [("iv", "EXIV"), *(pytest.param(*one, marks=pytest.mark.slow) for one in (("nasal", "EXNS"), ("oral", "EXPO")))],
)
def test_plugins_when_all_kinds_of_broken_ones_are_there_then_the_three_protocols_work(
    protocol: str, form: str, tmp_path: Path
) -> None:
    texts = {name: text for name, (text, _) in BROKEN.items()}
    with installed(tmp_path / "plugins", texts) as points:
        registry = load_registry([*points, *house_points()])
        assert {"iv", "nasal", "oral", "observational"} <= set(known_protocols(registry))
        with create_study(tmp_path / protocol, _definition(protocol), "ann", clock, registry) as engine:
            engine.add_subject("012", "0001")
            outcome = engine.enter("012-0001", "V0", "DM", {"AGE": RawValue("44"), "SEX": RawValue("female")})
            assert outcome.stored
            assert form in engine.assembly.study.forms
    assert set(registry.broken) == set(BROKEN)


def test_plugin_when_two_have_one_name_then_the_second_is_told_and_the_first_works(tmp_path: Path) -> None:
    with installed(tmp_path, {"iv": FORM_TWIN}) as points:
        registry = load_registry([*points, *house_points()])
        _make(tmp_path / "study", "observational", registry)
    assert registry.broken["iv (strange_iv)"].reason == "the name iv is taken by another plugin"
    assert "iv" in registry.plugins


def test_plugin_when_it_is_called_like_the_house_then_it_is_told_and_the_house_works(tmp_path: Path) -> None:
    with installed(tmp_path, {"trialkit": FORM_TWIN}) as points:
        registry = load_registry([*points, *house_points()])
        _make(tmp_path / "study", "observational", registry)
    assert registry.broken["trialkit (strange_trialkit)"].reason == "the name trialkit is taken by another plugin"


def test_plugin_when_one_module_has_two_names_then_the_second_is_told() -> None:
    registry = load_registry([EntryPoint("a", "trialkit_iv", GROUP), EntryPoint("b", "trialkit_iv", GROUP)])
    assert registry.broken["b"].reason == "it is the same module as the plugin a"


def test_plugins_when_two_claim_one_form_then_the_second_is_set_aside(tmp_path: Path) -> None:
    with installed(tmp_path / "plugins", {"alpha": FORM_TWIN, "beta": FORM_TWIN}) as points:
        registry = load_registry([*house_points(), *points])
        _make(tmp_path / "study", "observational", registry)
    assert set(registry.broken) == {"beta"}
    assert "form TWIN is claimed twice, by plugin alpha and by plugin beta" in registry.broken["beta"].reason


def test_plugins_when_two_claim_one_form_and_the_second_is_needed_then_the_first_is_set_aside(tmp_path: Path) -> None:
    with installed(tmp_path / "plugins", {"alpha": FORM_TWIN, "beta": FORM_TWIN}) as points:
        registry = load_registry([*house_points(), *points])
        _make(tmp_path / "study", "observational", registry, "beta")
    assert set(registry.broken) == {"alpha"}


def test_plugins_when_both_that_claim_one_form_are_needed_then_the_study_refuses(tmp_path: Path) -> None:
    with installed(tmp_path / "plugins", {"alpha": FORM_TWIN, "beta": FORM_TWIN}) as points:
        registry = load_registry([*house_points(), *points])
        with pytest.raises(DefinitionError) as caught:
            _make(tmp_path / "study", "observational", registry, "alpha", "beta")
    assert [problem.code for problem in caught.value.problems] == ["D113"]
    assert not (tmp_path / "study").exists()


def test_plugin_when_it_breaks_late_then_nothing_that_it_handed_in_before_is_used(tmp_path: Path) -> None:
    text = HEAD + (
        "@hookimpl\ndef trialkit_normalise_types():\n"
        "    return [ItemType('colour', Kind.TEXT, lambda text, *_: text, str, 'a colour')]\n"
        "@hookimpl\ndef trialkit_derive_items(study):\n    raise OSError\n"
    )
    with installed(tmp_path / "plugins", {"late": text}) as points:
        registry = load_registry([*house_points(), *points])
        with create_study(tmp_path / "study", _definition("iv"), "ann", clock, registry) as engine:
            assert "colour" not in engine.assembly.types
    assert registry.broken["late"].reason == "trialkit_derive_items raised OSError"


def test_plugins_when_two_derive_one_item_then_the_second_is_set_aside(tmp_path: Path) -> None:
    text = HEAD + (
        "@hookimpl\ndef trialkit_derive_items(study):\n    return [Derivation('VS', 'BMI', lambda view: '1')]\n"
    )
    with installed(tmp_path / "plugins", {"alpha": text, "beta": text}) as points:
        registry = load_registry([*house_points(), *points])
        _make(tmp_path / "study", "observational", registry)
    assert registry.broken["beta"].reason == "trialkit_derive_items claims the name VS.BMI, which alpha has"


@pytest.mark.parametrize("name", ["absent", "raising", "bad_file", "type_clash", "empty"])
def test_study_when_it_names_a_broken_plugin_then_it_refuses_to_open(tmp_path: Path, name: str) -> None:
    _make(tmp_path / "study", "iv", load_registry(house_points()))
    file = tmp_path / "study" / "study.yaml"
    file.write_text(file.read_text(encoding="utf-8") + f"plugins: [{name}]\n", encoding="utf-8")
    with installed(tmp_path / "plugins", {name: BROKEN[name][0]}) as points:
        registry = load_registry([*house_points(), *points])
        with pytest.raises((PluginError, DefinitionError)) as caught:
            open_study(tmp_path / "study", "ann", clock, registry)
    if name == "bad_file":  # the author gets every place instead
        assert "D104" in [problem.code for problem in caught.value.problems]
    else:
        assert caught.value.code == "P101"
        assert f"The plugin {name}, which this study needs, is broken: {BROKEN[name][1]}" in caught.value.message


def test_study_when_its_protocol_is_of_a_broken_plugin_then_it_refuses(tmp_path: Path) -> None:
    _make(tmp_path / "study", "iv", load_registry(house_points()))
    others = [point for point in house_points() if point.name != "iv"]
    with installed(tmp_path / "plugins", {"iv": BROKEN["absent"][0]}) as points:
        registry = load_registry([*others, *points])
        with pytest.raises(PluginError) as caught:
            open_study(tmp_path / "study", "ann", clock, registry)
        assert caught.value.code == "P101"
        with pytest.raises(PluginError) as refused:
            _make(tmp_path / "other", "iv", registry)
        assert refused.value.code == "P101"
        assert not (tmp_path / "other").exists()


def test_study_when_it_names_a_plugin_that_is_missing_then_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(PluginError) as caught:
        _make(tmp_path / "study", "iv", load_registry(house_points()), "missing")
    assert caught.value.code == "P102"
    assert "missing" in caught.value.message
    assert not (tmp_path / "study").exists()


def test_study_when_nobody_hands_in_its_protocol_then_the_nearest_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        _make(tmp_path / "study", "nasl", load_registry(house_points()))
    assert caught.value.code == "U105"
    assert caught.value.remedy.startswith("Did you mean nasal?")


def test_registry_when_the_house_is_alone_then_every_hook_hands_in_what_it_may() -> None:
    registry = load_registry([])
    assert set(registry.plugins) == {HOUSE}
    types = registry.collect_named("trialkit_normalise_types", ItemType, lambda found: found.name)
    assert len(types) == 9
    assert {origin.plugin for _, origin in types.values()} == {HOUSE}


def test_consult_when_a_plugin_fails_then_it_is_not_passed_over_and_stays_in_use(tmp_path: Path) -> None:
    text = HEAD + "@hookimpl\ndef trialkit_before_write(changes):\n    raise RuntimeError('no')\n"
    with installed(tmp_path, {"guard": text}) as points:
        registry = load_registry(points)
    for _ in range(2):
        with pytest.raises(PluginError) as caught:
            registry.consult("trialkit_before_write", Veto, changes=Proposals().changes)
        assert caught.value.code == "P105"
        assert "guard" in caught.value.message
        assert "trialkit_before_write raised RuntimeError: no" in caught.value.message


def test_tell_when_a_plugin_fails_then_it_is_named_each_time_and_stays_in_use(tmp_path: Path) -> None:
    text = HEAD + "@hookimpl\ndef trialkit_after_write(changes):\n    raise SystemExit\n"
    with installed(tmp_path, {"deaf": text}) as points:
        registry = load_registry(points)
    assert registry.tell("trialkit_after_write", changes=Proposals().changes) == ("deaf",)
    assert registry.tell("trialkit_after_write", changes=Proposals().changes) == ("deaf",)
    assert "deaf" in registry.plugins


def test_hook_when_it_has_a_name_of_its_own_then_the_mark_counts(tmp_path: Path) -> None:
    text = HEAD + "@hookimpl(specname='trialkit_define_forms')\ndef my_forms(study):\n    return []\n"
    with installed(tmp_path, {"named": text}) as points:
        assert load_registry(points).plugins["named"].hooks == ("trialkit_define_forms",)
