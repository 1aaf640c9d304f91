"""The plan of the house is held, and each of its rules bites when a fault is planted in a copy of the tree."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import pytest
from architecture_plan import LINES_PER_FILE, SIZE_EXCEPTIONS
from architecture_rules import (
    Fault,
    find_circles,
    find_computed_imports,
    find_evaluated_text,
    find_floor_faults,
    find_library_faults,
    find_missing_docstrings,
    find_package_faults,
    find_pasted_sql,
    find_shadowed_names,
    find_size_faults,
)

Rule = Callable[[Path], list[Fault]]

RULES: tuple[Rule, ...] = (
    find_floor_faults,
    find_computed_imports,
    find_library_faults,
    find_circles,
    find_package_faults,
    find_size_faults,
    find_missing_docstrings,
    find_evaluated_text,
    find_pasted_sql,
    find_shadowed_names,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_house_when_a_rule_looks_at_it_then_no_fault_is_found(rule: Rule, root: Path) -> None:
    faults = rule(root)

    assert not faults, "\n" + "\n".join(str(fault) for fault in faults)


@dataclass(frozen=True)
class Plant:
    """One fault to plant: lines added to the end of files (which are made where they are absent), or a text replaced.

    `expected` are the parts that one and the same fault must name: file, and arrow or number.
    """

    name: str
    rule: Rule
    expected: tuple[str, ...]
    adds: dict[str, str] = field(default_factory=dict)
    replaces: dict[str, tuple[str, str]] = field(default_factory=dict)


PLANTS = (
    Plant(
        "module_named_as_what_is_handed_out_late",
        find_shadowed_names,
        ("trialkit/capture/__init__.py:", "map_source is the name of a module"),
        {"trialkit/capture/map_source.py": '"""Planted."""\n'},
    ),
    Plant(
        "import_up",
        find_floor_faults,
        ("trialkit/model/unit.py:", "model -> store (trialkit.store.journal)"),
        {"trialkit/model/unit.py": "import trialkit.store.journal\n"},
    ),
    Plant(
        "import_up_from_the_package",
        find_floor_faults,
        ("trialkit/errors.py:", "errors -> engine (trialkit.engine)"),
        {"trialkit/errors.py": "from trialkit import engine\n"},
    ),
    Plant(
        "import_up_relative",
        find_floor_faults,
        ("trialkit/model/unit.py:", "model -> registry (trialkit.registry)"),
        {"trialkit/model/unit.py": "from ..registry import load_plugins\n"},
    ),
    Plant(
        "import_up_in_a_function",
        find_floor_faults,
        ("trialkit/model/planted.py:5: ", "model -> engine (trialkit.engine)"),
        {"trialkit/model/planted.py": '"""Planted."""\n\n\ndef plant():\n    from trialkit.engine import Engine\n'},
    ),
    Plant(
        "import_up_for_type_checkers",
        find_floor_faults,
        ("trialkit/extension.py:", "extension -> hookspecs (trialkit.hookspecs)"),
        {
            "trialkit/extension.py": "from typing import TYPE_CHECKING\n"
            "if TYPE_CHECKING:\n    from trialkit.hookspecs import hookimpl\n"
        },
    ),
    Plant(
        "import_up_by_importlib",
        find_floor_faults,
        ("trialkit/review/planted.py:4: ", "review -> cli (trialkit.cli.main)"),
        {
            "trialkit/review/planted.py": '"""Planted."""\n\nfrom importlib import import_module as load\n'
            'load("trialkit.cli.main")\n'
        },
    ),
    Plant(
        "import_up_by_builtin",
        find_floor_faults,
        ("trialkit/review/planted.py:2: ", "review -> builtin (trialkit.builtin)"),
        {"trialkit/review/planted.py": '"""Planted."""\n__import__("trialkit.builtin")\n'},
    ),
    Plant(
        "import_up_by_attribute",
        find_floor_faults,
        ("trialkit/store/planted.py:3: ", "store -> engine (trialkit.engine)"),
        {"trialkit/store/planted.py": '"""Planted."""\nimport trialkit.errors\ntrialkit.engine\n'},
    ),
    Plant(
        "import_up_in_the_lazy_table",
        find_floor_faults,
        ("trialkit/__init__.py:", "face -> cli (trialkit.cli.main)"),
        {"trialkit/__init__.py": '_PLANTED = {"main": "trialkit.cli.main:main"}\n'},
    ),
    Plant(
        "import_from_the_same_floor",
        find_floor_faults,
        ("trialkit/store/planted.py:2: ", "store -> language (trialkit.language)"),
        {"trialkit/store/planted.py": '"""Planted."""\nimport trialkit.language\n'},
    ),
    Plant(
        "station_imports_station",
        find_floor_faults,
        ("trialkit/capture/planted.py:2: ", "capture -> normalise (trialkit.normalise)", "no station imports another"),
        {"trialkit/capture/planted.py": '"""Planted."""\nfrom trialkit import normalise\n'},
    ),
    Plant(
        "room_without_a_floor",
        find_floor_faults,
        ("trialkit/utils.py:2: ", "utils -> errors", "utils has no floor"),
        {"trialkit/utils.py": '"""Planted."""\nimport trialkit.errors\n'},
    ),
    Plant(
        "plugin_past_the_face",
        find_floor_faults,
        ("plugins/trialkit_iv/planted.py:2: ", "plugins/trialkit_iv -> model (trialkit.model.form)"),
        {"plugins/trialkit_iv/planted.py": '"""Planted."""\nfrom trialkit.model.form import Form\n'},
    ),
    Plant(
        "plugin_past_the_face_by_submodule",
        find_floor_faults,
        ("plugins/trialkit_nasal/planted.py:2: ", "plugins/trialkit_nasal -> store (trialkit.store)"),
        {"plugins/trialkit_nasal/planted.py": '"""Planted."""\nfrom trialkit import Form, store\n'},
    ),
    Plant(
        "plugin_past_the_face_by_attribute",
        find_floor_faults,
        ("plugins/trialkit_oral/planted.py:3: ", "plugins/trialkit_oral -> engine (trialkit.engine)"),
        {"plugins/trialkit_oral/planted.py": '"""Planted."""\nimport trialkit as house\nhouse.engine.open_study\n'},
    ),
    Plant(
        "plugin_imports_plugin",
        find_floor_faults,
        ("plugins/trialkit_iv/planted.py:2: ", "plugins/trialkit_iv -> plugins/trialkit_oral"),
        {"plugins/trialkit_iv/planted.py": '"""Planted."""\nimport trialkit_oral\n'},
    ),
    Plant(
        "example_past_the_face",
        find_floor_faults,
        ("examples/planted/trialkit_planted.py:2: ", "examples/planted -> hookspecs (trialkit.hookspecs)"),
        {"examples/planted/trialkit_planted.py": '"""Planted."""\nfrom trialkit.hookspecs import hookimpl\n'},
    ),
    Plant(
        "house_imports_plugin",
        find_floor_faults,
        ("trialkit/cli/planted.py:2: ", "cli -> plugins/trialkit_iv (trialkit_iv)"),
        {"trialkit/cli/planted.py": '"""Planted."""\nimport trialkit_iv\n'},
    ),
    Plant(
        "computed_import",
        find_computed_imports,
        ("trialkit/derive/planted.py:3: ", "derive -> ?"),
        {
            "trialkit/derive/planted.py": '"""Planted."""\nimport importlib\n'
            'importlib.import_module("trial" + "kit.engine")\n'
        },
    ),
    Plant(
        "library_outside_its_room",
        find_library_faults,
        ("trialkit/derive/planted.py:5: ", "derive -> pydantic: the library lives in define, model"),
        {"trialkit/derive/planted.py": '"""Planted."""\n\n\ndef plant() -> None:\n    import pydantic.fields\n'},
    ),
    Plant(
        "library_that_nobody_may_use",
        find_library_faults,
        ("trialkit/export/sdtm/planted.py:2: ", "export -> pandas: the library lives in no room yet"),
        {"trialkit/export/sdtm/planted.py": '"""Planted."""\nimport pandas as pd\n'},
    ),
    Plant(
        "library_without_a_room",
        find_library_faults,
        ("trialkit/errors.py:", "errors -> requests: the library has no room"),
        {"trialkit/errors.py": "import requests\n"},
    ),
    Plant(
        "library_in_a_plugin",
        find_library_faults,
        ("plugins/trialkit_iv/planted.py:2: ", "plugins/trialkit_iv -> sqlalchemy"),
        {"plugins/trialkit_iv/planted.py": '"""Planted."""\nfrom sqlalchemy import text\n'},
    ),
    Plant(
        "circle_within_a_room",
        find_circles,
        ("circle: trialkit/model/planted_a.py -> trialkit/model/planted_b.py -> trialkit/model/planted_a.py",),
        {
            "trialkit/model/planted_a.py": '"""Planted."""\nfrom trialkit.model.planted_b import b\n',
            "trialkit/model/planted_b.py": '"""Planted."""\nfrom trialkit.model import planted_a\n',
        },
    ),
    Plant(
        "circle_of_three_through_a_deferred_import",
        find_circles,
        (
            "circle: trialkit/store/planted_a.py -> trialkit/store/planted_c.py"
            " -> trialkit/store/planted_b.py -> trialkit/store/planted_a.py",
        ),
        {
            "trialkit/store/planted_a.py": '"""Planted."""\nfrom .planted_c import c\n',
            "trialkit/store/planted_b.py": '"""Planted."""\n\n\ndef b():\n    from trialkit.store.planted_a import a\n',
            "trialkit/store/planted_c.py": '"""Planted."""\nfrom . import planted_b\n',
        },
    ),
    Plant(
        "circle_between_rooms",
        find_circles,
        ("circle: extension -> review -> extension",),
        {
            "trialkit/extension.py": "import trialkit.review.planted\n",
            "trialkit/review/planted.py": '"""Planted."""\nimport trialkit.extension\n',
        },
    ),
    Plant(
        "circle_between_rooms_without_one_between_files",
        find_circles,
        ("circle: review -> store -> review",),
        {
            "trialkit/review/planted_a.py": '"""Planted."""\nimport trialkit.store.planted_a\n',
            "trialkit/review/planted_b.py": '"""Planted."""\n',
            "trialkit/store/planted_a.py": '"""Planted."""\n',
            "trialkit/store/planted_b.py": '"""Planted."""\nimport trialkit.review.planted_b\n',
        },
    ),
    Plant(
        "package_that_setup_forgets",
        find_package_faults,
        ("setup.cfg: ", "packages -> trialkit/planted: the package is not listed"),
        {"trialkit/planted/__init__.py": '"""Planted."""\n'},
    ),
    Plant(
        "package_taken_out_of_setup",
        find_package_faults,
        ("setup.cfg: ", "packages -> trialkit/export/sdtm: the package is not listed"),
        replaces={"setup.cfg": ("    trialkit.export.sdtm\n", "")},
    ),
    Plant(
        "plugin_that_setup_forgets",
        find_package_faults,
        ("setup.cfg: ", "packages -> plugins/trialkit_planted: the package is not listed"),
        {"plugins/trialkit_planted/__init__.py": '"""Planted."""\n'},
    ),
    Plant(
        "package_that_is_not_there",
        find_package_faults,
        ("setup.cfg: ", "packages -> trialkit.planted: there is no trialkit/planted/__init__.py"),
        replaces={"setup.cfg": ("    trialkit.model\n", "    trialkit.model\n    trialkit.planted\n")},
    ),
    Plant(
        "over_long_file",
        find_size_faults,
        ("trialkit/model/planted.py: ", f"{LINES_PER_FILE + 1} lines"),
        {"trialkit/model/planted.py": '"""Planted."""\n' + "# a line\n" * LINES_PER_FILE},
    ),
    Plant(
        "over_long_function",
        find_size_faults,
        ("trialkit/model/planted.py:3: ", "plant has 61 lines"),
        {
            "trialkit/model/planted.py": '"""Planted."""\nclass Planted:\n    def plant(self):\n'
            + "        self.x = 1\n" * 60
        },
    ),
    Plant(
        "missing_docstring",
        find_missing_docstrings,
        ("trialkit/validate/planted.py: ", "no docstring"),
        {"trialkit/validate/planted.py": "# not a docstring\n"},
    ),
    Plant(
        "evaluated_text",
        find_evaluated_text,
        ("trialkit/language/planted.py:2: ", "eval()"),
        {"trialkit/language/planted.py": '"""Planted."""\neval("1")\n'},
    ),
    Plant(
        "executed_text",
        find_evaluated_text,
        ("trialkit/language/planted.py:3: ", "exec()"),
        {"trialkit/language/planted.py": '"""Planted."""\nimport builtins\nbuiltins.exec("1")\n'},
    ),
    *(
        Plant(
            f"sql_pasted_{way}",
            find_pasted_sql,
            ("trialkit/store/planted.py:", "pasted text"),
            {"trialkit/store/planted.py": f'"""Planted."""\nfrom sqlalchemy import text as sql\n{code}\n'},
        )
        for way, code in (
            ("as_f_string", "sql(f'select {name}')"),
            ("by_percent", "sql('select %s' % name)"),
            ("by_plus", "sql('select ' + name)"),
            ("by_format", "sql('select {}'.format(name))"),
            ("through_a_name", "statement = f'select {name}'\nsql(statement)"),
            ("into_the_driver", "connection.exec_driver_sql(f'pragma {name}')"),
        )
    ),
)


@pytest.fixture
def copy(root: Path, tmp_path: Path) -> Path:
    """A copy of the tree, as far as the rules read it, in which a fault may be planted."""
    for folder in ("trialkit", "plugins", "forms", "examples"):
        for path in (root / folder).rglob("*.py"):
            target = tmp_path / path.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
    shutil.copy(root / "setup.cfg", tmp_path)
    return tmp_path


@cache
def faults_before(rule: Rule, root: Path) -> frozenset[str]:
    """What a rule finds in the tree as it is."""
    return frozenset(map(str, rule(root)))


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_rule_when_a_fault_is_planted_then_it_names_file_and_arrow(plant: Plant, copy: Path, root: Path) -> None:
    before = faults_before(plant.rule, root)
    for name, (old, new) in plant.replaces.items():
        text = (copy / name).read_text(encoding="utf-8")
        assert old in text
        (copy / name).write_text(text.replace(old, new), encoding="utf-8")
    for name, text in plant.adds.items():
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        with (copy / name).open("a", encoding="utf-8") as file:
            file.write(text)

    found = [fault for fault in map(str, plant.rule(copy)) if fault not in before]

    assert any(all(part in fault for part in plant.expected) for fault in found), found


def test_size_rule_when_an_exception_is_given_then_it_is_excused(copy: Path) -> None:
    (copy / "trialkit/model/planted.py").write_text('"""Planted."""\n' + "# a line\n" * LINES_PER_FILE)

    faults = find_size_faults(copy, {"trialkit/model/planted.py": "tried in a test"})

    assert not [fault for fault in faults if fault.file == "trialkit/model/planted.py"]


def test_size_exceptions_when_listed_then_each_has_a_reason_and_is_still_needed(root: Path) -> None:
    needed = {
        name
        for fault in find_size_faults(root, {})
        for name in (fault.file, f"{fault.file}:{fault.what.partition(' ')[0]}")
    }
    assert all(len(reason.split()) >= 3 for reason in SIZE_EXCEPTIONS.values())
    assert sorted(set(SIZE_EXCEPTIONS) - needed) == []


def test_outsider_when_it_uses_the_face_then_no_fault_is_found(copy: Path) -> None:
    (copy / "plugins/trialkit_iv/planted.py").write_text(
        '"""Planted."""\nimport trialkit\nfrom trialkit import Form, hookimpl\nfrom . import schedule\ntrialkit.Form\n'
    )
    (copy / "plugins/trialkit_iv/schedule.py").write_text('"""Planted."""\nimport decimal\n')

    faults = [*find_floor_faults(copy), *find_library_faults(copy), *find_circles(copy)]

    assert not [str(fault) for fault in faults if "trialkit_iv" in fault.file]
