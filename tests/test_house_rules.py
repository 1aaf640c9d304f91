"""The manners of the house, and documents that keep up with it: codes, commands, options, hooks, definition keys."""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from architecture_imports import Source, read_house

import trialkit.model
from trialkit import hookspecs
from trialkit.model.base import Noun
from trialkit.model.interval import Interval

_UNFINISHED = re.compile(r"\b(TOD[O]|FIXM[E]|XX[X])\b")
_CODE = re.compile(r"[A-Z][0-9]{3}")
_TEXT_SUFFIXES = frozenset({".cfg", ".lark", ".md", ".py", ".toml", ".yaml", ".yml"})


def _package_sources(root: Path) -> list[Source]:
    return [source for source in read_house(root).values() if source.file.startswith("trialkit/")]


def _document(root: Path, name: str) -> str:
    path = root / "docs" / name
    assert path.is_file(), f"docs/{name} is not written yet"
    return path.read_text(encoding="utf-8")


def _lacks(text: str, words: Iterator[str] | set[str] | list[str]) -> list[str]:
    """The words that do not stand in a text as whole words, sorted."""
    return sorted({word for word in words if not re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", text)})


def test_house_when_it_is_read_then_nothing_is_left_unfinished(root: Path) -> None:
    folders = ("benchmarks", "docs", "examples", "forms", "plugins", "tests", "trialkit")
    paths = [path for folder in folders for path in (root / folder).rglob("*") if path.suffix in _TEXT_SUFFIXES]
    found = [
        f"{path.relative_to(root)}:{number}: {line.strip()}"
        for path in [root / "README.md", root / "setup.cfg", root / "pyproject.toml", root / ".ci/run", *sorted(paths)]
        if "data" not in path.relative_to(root).parts[:-1]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if _UNFINISHED.search(line)
    ]
    assert not found, "\n" + "\n".join(found)


def test_house_when_it_speaks_then_only_the_command_line_prints(root: Path) -> None:
    found = [
        f"{source.file}:{node.lineno}"
        for source in read_house(root).values()
        if source.room != "cli" and not source.file.startswith("examples/")
        for node in source.nodes
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert not found, found


def test_house_when_something_fails_then_no_handler_swallows_it(root: Path) -> None:
    found = [
        f"{source.file}:{node.lineno}"
        for source in read_house(root).values()
        for node in source.nodes
        if isinstance(node, ast.ExceptHandler) and (node.type is None or (_is_broad(node.type) and _is_idle(node.body)))
    ]
    assert not found, found


def test_house_when_something_fails_then_no_suppress_swallows_everything(root: Path) -> None:
    found = [
        f"{source.file}:{node.lineno}"
        for source in read_house(root).values()
        for node in source.nodes
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).endswith("suppress")
        and any(_is_broad(argument) for argument in node.args)
    ]
    assert not found, found


def _is_broad(caught: ast.expr) -> bool:
    names = caught.elts if isinstance(caught, ast.Tuple) else [caught]
    return any(isinstance(name, ast.Name) and name.id in {"Exception", "BaseException"} for name in names)


def _is_idle(body: list[ast.stmt]) -> bool:
    return all(
        isinstance(statement, ast.Pass | ast.Continue)
        or (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
        for statement in body
    )


def test_public_function_when_it_is_read_then_it_says_what_it_does(root: Path) -> None:
    found = [
        f"{source.file}:{node.lineno}: {node.name}"
        for source in _package_sources(root)
        for scope in source.nodes
        if isinstance(scope, ast.Module) or (isinstance(scope, ast.ClassDef) and not scope.name.startswith("_"))
        for node in scope.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not found, "\n" + "\n".join(found)


def _codes_in_use(root: Path) -> dict[str, str]:
    """Every text of the package that looks like a code, and a place where it stands."""
    return {
        node.value: f"{source.file}:{node.lineno}"
        for source in _package_sources(root)
        if source.file != "trialkit/codes.py"
        for node in source.nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _CODE.fullmatch(node.value)
    }


def test_codes_when_the_package_uses_one_then_it_is_listed(root: Path) -> None:
    from trialkit.codes import load_codes

    unlisted = [f"{place}: {code}" for code, place in sorted(_codes_in_use(root).items()) if code not in load_codes()]
    assert not unlisted, "\n" + "\n".join(unlisted)


def test_codes_when_one_is_listed_then_the_package_uses_it(root: Path) -> None:
    from trialkit.codes import load_codes

    assert sorted(set(load_codes()) - set(_codes_in_use(root))) == []


def test_codes_when_one_is_listed_then_it_is_sound_and_explained() -> None:
    from trialkit.codes import load_codes

    poor = [
        code
        for code, entry in load_codes().items()
        if not _CODE.fullmatch(code) or not (entry.title.strip() and entry.meaning.strip() and entry.remedy.strip())
    ]
    assert poor == []


def test_codes_document_when_a_code_is_listed_then_it_has_a_line(root: Path) -> None:
    from trialkit.codes import load_codes

    assert _lacks(_document(root, "codes.md"), set(load_codes())) == []


def _commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=path)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None, f"{path} {name} is listed and not there"
            if not inner.hidden:
                yield from _commands(inner, f"{path} {name}")


def test_commands_document_when_a_command_exists_then_it_is_described(root: Path) -> None:
    from trialkit.cli.main import cli

    assert _lacks(_document(root, "commands.md"), [path for path, _ in _commands(cli, "trialkit")]) == []


def test_commands_document_when_a_command_has_an_option_then_it_is_described(root: Path) -> None:
    from trialkit.cli.main import cli

    options = {
        max(parameter.opts, key=len)
        for _, command in _commands(cli, "trialkit")
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden
    }
    assert "--debug" in options
    assert _lacks(_document(root, "commands.md"), options) == []


def test_command_when_help_is_asked_for_then_it_has_some() -> None:
    from trialkit.cli.main import cli

    silent = [path for path, command in _commands(cli, "trialkit") if not (command.help or "").strip()]
    unexplained = [
        f"{path} {parameter.opts[0]}"
        for path, command in _commands(cli, "trialkit")
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.hidden and not parameter.help
    ]
    assert (silent, unexplained) == ([], [])


def test_plugins_document_when_a_hook_exists_then_it_is_described(root: Path) -> None:
    hooks = {name for name, _ in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("trialkit_")}

    assert len(hooks) >= 10
    assert _lacks(_document(root, "plugins.md"), hooks) == []


def test_hook_when_it_exists_then_it_says_what_to_hand_in() -> None:
    hooks = [value for name, value in inspect.getmembers(hookspecs, inspect.isfunction) if name.startswith("trialkit_")]

    assert [hook.__name__ for hook in hooks if not inspect.getdoc(hook)] == []


def _nouns() -> list[type[Noun]]:
    """Every noun that stands as a mapping in definition files, sorted by name; an interval is written as text."""
    for module in pkgutil.iter_modules(trialkit.model.__path__, "trialkit.model."):
        importlib.import_module(module.name)
    found: set[type[Noun]] = set()
    waiting = [Noun]
    while waiting:
        inner = [noun for noun in waiting.pop().__subclasses__() if noun.__module__.startswith("trialkit.model.")]
        found.update(inner)
        waiting.extend(inner)
    return sorted(found - {Interval}, key=lambda noun: noun.__name__)


@pytest.mark.parametrize("noun", _nouns(), ids=lambda noun: noun.__name__)
def test_definitions_document_when_a_noun_has_a_key_then_it_is_described(noun: type[Noun], root: Path) -> None:
    text = _document(root, "definitions.md")
    keys = {field.alias or name for name, field in noun.model_fields.items()}

    missing = sorted(
        key for key in keys if not re.search(rf"`{key}`|^[\s{{-]*{key}:|[{{,] *{key}:", text, re.MULTILINE)
    )

    assert missing == []


def test_face_when_a_public_name_is_asked_for_then_it_is_there() -> None:
    names = trialkit.__all__

    assert list(names) == sorted(set(names))
    assert [name for name in names if not hasattr(trialkit, name)] == []


def test_readme_when_it_is_read_by_machine_then_both_commands_are_found(root: Path) -> None:
    text = (root / "README.md").read_text(encoding="utf-8")

    commands = {
        marker: found[1]
        for marker in ("test-command", "main-command")
        if (found := re.search(rf"<!-- {marker} -->[^`]*```\w*\n(.+)\n```\n", text))
    }
    assert sorted(commands) == ["main-command", "test-command"], "a one-line fenced block stands behind each marker"
    assert re.search(r" && .*pytest", commands["test-command"])  # set up && run: .ci/run pauses in between
