"""The kit for plugin authors passes the house's protocols and the pilot, and bites where it should."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest
import trialkit_iv
from registry_sample import HEAD, installed

from trialkit.errors import PluginError
from trialkit.testing import check_plugin, plugin_problems

HOUSE_HOOK = HEAD + "@hookimpl\ndef trialkit_define_protocols():\n    return []\n"


@pytest.mark.parametrize(
    "name", ["trialkit", "iv", *(pytest.param(name, marks=pytest.mark.slow) for name in ("nasal", "oral"))]
)
def test_kit_when_a_plugin_of_the_house_is_checked_then_it_conforms(name: str) -> None:
    check_plugin(name)


def test_kit_when_a_module_of_an_installed_plugin_is_checked_then_it_conforms() -> None:
    check_plugin(trialkit_iv)


def test_kit_when_the_pilot_is_checked_then_it_conforms(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(root / "examples" / "pilot"))
    check_plugin(importlib.import_module("trialkit_pilot"))


def test_kit_when_the_plugin_is_not_installed_then_it_says_so() -> None:
    assert plugin_problems("nobody") == ("It is not installed: no entry point of the group trialkit has this name.",)


def _problems(folder: Path, text: str) -> tuple[str, ...]:
    with installed(folder, {"author": text}) as (point,):
        return plugin_problems(point.load())


PROTOCOL = """\
protocol: author
title: A protocol
visits:
  - {visit: V1, label: One, number: 1, forms: [{form: NOWHERE}]}
"""


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            HOUSE_HOOK + "import trialkit.store\n",
            "imports trialkit.store; only the public face, import trialkit, will stay.",
        ),
        (HOUSE_HOOK + "from trialkit.model.form import Form\n", "imports trialkit.model.form; only"),
        (HOUSE_HOOK + "def late():\n    from trialkit import engine\n", "imports trialkit.engine; only"),
        (
            HEAD + f"P = '''{PROTOCOL}'''\n@hookimpl\ndef trialkit_define_protocols():\n"
            "    file = Path(__file__).with_name('author.yaml')\n    file.write_text(P)\n    return [file]\n",
            "D116: Unknown form 'NOWHERE'",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_validate_checks(study):\n"
            "    return [PythonCheck('OWN1', 'VS', (), Severity.SOFT, 'M.', lambda view: view.values['SYSBP'] > 1)]\n",
            "The check OWN1 raises TypeError when a value is missing.",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_validate_checks(study):\n"
            "    return [PythonCheck('OWN1', 'VZ', (), Severity.SOFT, 'M.', lambda view: None)]\n",
            "The check OWN1 reads form VZ, which none of its studies has.",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_validate_checks(study):\n"
            "    shown = Examples(fires=('ENROL VS SYSBP=120',))\n"
            "    return [PythonCheck('OWN1', 'VS', (), Severity.SOFT, 'M.', lambda view: False, shown)]\n",
            "An example of the check OWN1 does not come out: ENROL VS SYSBP=120: it does not fire.",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_validate_checks(study):\n"
            "    shown = Examples(quiet=('ENROL VS SYSBP=high',))\n"
            "    return [SiteCheck('OWN1', 'VS', (), 'M.', lambda view: False, examples=shown)]\n",
            "An example of the check OWN1 does not come out: ENROL VS SYSBP=high: it can not be run:",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_language_functions():\n"
            "    return [Function('half', (Kind.NUMBER,), Kind.NUMBER, lambda x: x / 2, takes_missing=True)]\n",
            "The function half raises TypeError when a value is missing.",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_normalise_types():\n"
            "    return [ItemType('tone', Kind.TEXT, lambda text, *_: text, str, '')]\n",
            "The item type tone does not say what it expects.",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_normalise_types():\n"
            "    return [ItemType('tone', Kind.TEXT, lambda text, *_: text + '!', str, 'a tone')]\n",
            "The item type tone does not read back what it writes.",
        ),
        (
            HEAD + "@hookimpl\ndef trialkit_normalise_types():\n"
            "    return [ItemType('tone', Kind.NUMBER, lambda text, *_: str(int(text)), str, 'a tone')]\n",
            "The item type tone raises ValueError instead of TypeMismatchError.",
        ),
        ("A = 1\n", "It is broken: it implements no hook of trialkit."),
        (
            HEAD + "@hookimpl\ndef trialkit_define_forms(study):\n    raise KeyError(study.study)\n",
            "is broken: trialkit_define_forms raised KeyError: 'CONFORM'",
        ),
    ],
)
def test_kit_when_a_plugin_does_not_conform_then_it_bites(tmp_path: Path, text: str, problem: str) -> None:
    problems = _problems(tmp_path, text)
    assert [found for found in problems if problem in found], problems


def test_kit_when_the_examples_of_checks_come_out_then_the_plugin_conforms(tmp_path: Path) -> None:
    text = HEAD + (
        "def rose(view):\n    found = view.values['SYSBP']\n    return None if found is None else found > 160\n"
        "SHOWN = Examples(fires=('* VS SYSBP=161',), quiet=('* VS SYSBP=160',), missing=('* VS SYSBP=.ND',))\n"
        "@hookimpl\ndef trialkit_validate_checks(study):\n"
        "    return [PythonCheck('OWN1', 'VS', ('SYSBP',), Severity.SOFT, 'M.', rose, SHOWN)]\n"
    )
    assert _problems(tmp_path, text) == ()


def test_kit_when_a_plugin_is_another_one_each_time_then_it_bites(tmp_path: Path) -> None:
    text = HEAD + (
        "COUNT = []\n@hookimpl\ndef trialkit_define_forms(study):\n    COUNT.append(1)\n"
        "    return [CodeList(codelist='ANY', terms=(Term(code=str(len(COUNT))),))]\n"
    )
    assert _problems(tmp_path, text) == (
        "The study of protocol observational is another one each time it is asked for.",
    )


def test_kit_when_a_derivation_raises_on_missing_then_it_bites(tmp_path: Path) -> None:
    text = HEAD + (
        "P = Protocol(protocol='author', title='A', visits=(Visit(visit='V1', label='1', number=1,"
        " forms=(ScheduledForm(form='OWN'),)),))\n"
        "F = Form(form='OWN', title='Own', items=(Item(item='A', label='A', type='decimal'),"
        " Item(item='B', label='B', type='decimal', derive='python')))\n"
        "@hookimpl\ndef trialkit_define_protocols():\n    return [P]\n"
        "@hookimpl\ndef trialkit_define_forms(study):\n    return [F] if study.protocol == 'author' else []\n"
        "@hookimpl\ndef trialkit_derive_items(study):\n"
        "    return [Derivation('OWN', 'B', lambda view: str(view.values['A'] * 2))]\n"
    )
    assert _problems(tmp_path, text) == ("The derivation of OWN.B raises TypeError when a value is missing.",)


def test_kit_when_it_bites_then_the_error_names_every_problem(tmp_path: Path) -> None:
    with installed(tmp_path, {"author": "A = 1\n"}) as (point,), pytest.raises(PluginError) as caught:
        check_plugin(point.load())
    assert caught.value.code == "P104"
    assert "it implements no hook of trialkit" in caught.value.message
