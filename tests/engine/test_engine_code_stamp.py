"""The stamp of the code: it changes with every file that a plugin's code may lie in, and says when it can not tell."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from types import ModuleType

import pytest

from trialkit import builtin
from trialkit.engine.code_stamp import UnstampedError, stamp_code
from trialkit.registry import load_registry

FILES = {
    "stamped_plugin/__init__.py": "from stamped_plugin.deep.rules import X\n",
    "stamped_plugin/limits.csv": "1\n",
    "stamped_plugin/deep/__init__.py": "",
    "stamped_plugin/deep/rules.py": "X = 1\n",
    "stamped_alone.py": "X = 1\n",
}


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of plugins that can be imported; they are forgotten at the end."""
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    yield tmp_path
    for name in [name for name in sys.modules if name.startswith("stamped_")]:
        del sys.modules[name]


def _stamp(*plugins: object) -> str:
    """The stamp as a process would make it that begins in an hour: other files may be changing at this moment."""
    return stamp_code(plugins, began=time.time_ns() + 3_600_000_000_000)


def _lines(*plugins: object) -> set[str]:
    """What the plugins add to the stamp of the house."""
    return {line for line in _stamp(*plugins).splitlines() if "stamped_" in line}


@pytest.mark.parametrize(
    "name", ["stamped_plugin/__init__.py", "stamped_plugin/limits.csv", "stamped_plugin/deep/rules.py"]
)
def test_stamp_when_a_file_of_a_plugin_changes_then_it_changes(code: Path, name: str) -> None:
    plugin = import_module("stamped_plugin")
    before = _lines(plugin)
    assert _lines(plugin) == before
    path = code / name
    state = path.stat()
    path.write_text("\n" * state.st_size, encoding="utf-8")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert _lines(plugin) != before  # size and time of modification are as they were


def test_stamp_when_a_plugin_lies_deep_then_its_whole_package_counts(code: Path) -> None:
    deep = import_module("stamped_plugin.deep.rules")
    before = _lines(deep)
    assert len(before) == 4
    (code / "stamped_plugin/new.py").write_text("", encoding="utf-8")
    (code / "stamped_plugin/__pycache__").mkdir(exist_ok=True)
    (code / "stamped_plugin/__pycache__/new.pyc").write_text("", encoding="utf-8")
    (code / "stamped_plugin/.notes").write_text("", encoding="utf-8")
    assert len(_lines(deep)) == 5


def test_stamp_when_a_plugin_is_one_file_then_its_neighbours_do_not_count(code: Path) -> None:
    assert [Path(line.split()[0]).name for line in _lines(import_module("stamped_alone"))] == ["stamped_alone.py"]


def test_stamp_when_asked_for_the_house_then_code_and_tables_of_all_rooms_count() -> None:
    lines = _stamp(builtin).splitlines()
    assert {*lines} == {*_stamp().splitlines()}
    for name in ("model/form.py", "language/grammar.lark", "export/sdtm/terms.csv", "codes.csv", "lark/__init__.py"):
        assert any(f"{name} " in line for line in lines), name
    assert not [line for line in lines if "__pycache__" in line]


def test_stamp_when_a_file_is_younger_than_the_process_then_there_is_none(code: Path) -> None:
    plugin = import_module("stamped_alone")
    path = code / "stamped_alone.py"
    began = time.time_ns() + 3_600_000_000_000
    os.utime(path, ns=(began, began - 3_000_000_000))
    assert stamp_code([plugin], began=began)
    os.utime(path, ns=(began, began - 1_000_000_000))
    with pytest.raises(UnstampedError):
        stamp_code([plugin], began=began)


def test_stamp_when_a_plugin_is_no_imported_module_then_there_is_none(code: Path) -> None:
    unknown, twin, without_file = ModuleType("stamped_unknown"), ModuleType("stamped_alone"), ModuleType("stamped_none")
    import_module("stamped_alone")
    sys.modules["stamped_none"] = without_file
    for plugin in (unknown, twin, without_file, object(), ModuleType):
        with pytest.raises(UnstampedError):
            _stamp(plugin)


def test_stamp_when_a_package_links_to_a_folder_elsewhere_then_there_is_none(code: Path, tmp_path: Path) -> None:
    plugin = import_module("stamped_plugin")
    (tmp_path / "elsewhere").mkdir()
    (code / "stamped_plugin/linked").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnstampedError):
        _stamp(plugin)


def test_stamp_when_a_file_is_gone_then_the_error_says_so(code: Path) -> None:
    plugin = import_module("stamped_alone")
    (code / "stamped_alone.py").unlink()
    with pytest.raises(FileNotFoundError):
        _stamp(plugin)


def test_registry_when_the_plugins_are_installed_then_each_can_be_stamped() -> None:
    registry = load_registry()
    assert {"trialkit", "iv", "nasal", "oral"} <= set(registry.plugins)
    stamp = _stamp(*(plugin.module for name, plugin in registry.plugins.items() if name in {"iv", "nasal", "oral"}))
    assert all(f"trialkit_{name}/protocol.yaml " in stamp for name in ("iv", "nasal", "oral"))
