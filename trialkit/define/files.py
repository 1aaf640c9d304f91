"""A definition file or folder goes in; located things and every problem come out. Never looks at other files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

from pydantic import BaseModel

from trialkit.define.fitting import fit_model
from trialkit.define.located import (
    KEY,
    TEXT,
    Located,
    Steps,
    definition_error,
    place_problem,
    quoted,
    suggest,
)
from trialkit.define.nodes import (
    ListNode,
    MapNode,
    Node,
    Reading,
    TextNode,
    parse_nodes,
    read_nodes,
    read_text,
    shown_name,
)
from trialkit.errors import DefinitionError, Problem
from trialkit.model.check import Check
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.mapping import Mapping as SourceMapping
from trialkit.model.protocol import Protocol
from trialkit.model.study import StudyDefinition
from trialkit.model.unit import UnitConversion
from trialkit.wording import find_nearest

SINGLE: Mapping[str, type[BaseModel]] = {
    "form": Form,
    "study": StudyDefinition,
    "mapping": SourceMapping,
    "protocol": Protocol,
}
"""Top-level keys whose file is one thing, in the order in which they decide (a study also has a `protocol`)."""

LISTS: Mapping[str, type[BaseModel]] = {"codelists": CodeList, "units": UnitConversion, "checks": Check}
"""Top-level keys that hold a list of things; one file may have several of them."""

SUFFIXES = (".yaml", ".yml")


def load_file(path: Path) -> tuple[list[Located], list[Problem]]:
    """Load one definition file of any kind.

    Returns what could be made of it, in the order of the file, and every problem, sorted by place. Things that
    have a problem are left out.
    """
    loaded = _load_path(path)
    return list(loaded.things), list(loaded.problems)


def load_folder(folder: Path) -> tuple[list[Located], list[Problem]]:
    """Load every definition file in and below a folder, in order of path, except mappings and `study.yaml`.

    Returns as `load_file` does.
    """
    things: list[Located] = []
    problems: list[Problem] = []
    if not folder.is_dir():
        return [], [place_problem(shown_name(folder), (), (0, 0), "D109", "there is no such folder", "Check the name.")]
    for path in files_in(folder):
        loaded = _load_path(path)
        if loaded.kind not in ("study", "mapping"):
            things += loaded.things
            problems += loaded.problems
    return things, sorted(problems)


def files_in(folder: Path) -> list[Path]:
    """The definition files in and below a folder, in order of path; files and folders in hiding are passed over."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.suffix in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
        and path.is_file()
    ]


def load_study_definition(folder: Path) -> tuple[StudyDefinition, Located]:
    """Load `study.yaml` of a study folder. Raises DefinitionError with every problem."""
    path = folder / "study.yaml"
    if not path.is_file():
        raise DefinitionError(
            "D110",
            f"{shown_name(folder)} is not a study folder: it has no study.yaml.",
            remedy=f"Go to the study's folder, or begin one with: trialkit init {shown_name(folder)} --protocol iv",
        )
    located = load_one(path, "study")
    if not isinstance(located.thing, StudyDefinition):
        raise TypeError("a file of kind study holds a study definition")
    return located.thing, located


def load_one(path: Path, kind: str) -> Located:
    """Load a file that must hold one thing of this kind (a key of `SINGLE`). Raises DefinitionError."""
    reading = read_nodes(path)
    found = kind_of(reading.node)
    things, problems = _load(reading)
    if found is not None and found != kind:
        message = f"this is a {found} file, not a {kind} file."
        problems = [_problem(reading, 1, 1, "D107", message, f"Name a file that begins with '{kind}:'.")]
    if problems:
        raise definition_error(problems)
    return things[0]


def kind_of(node: Node | None) -> str | None:
    """The key that says what a file is, or None when there is none."""
    if not isinstance(node, MapNode):
        return None
    return next((kind for kind in (*SINGLE, *LISTS) if node.key(kind) is not None), None)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What a file came to: its kind, its things, what is wrong."""

    kind: str | None
    things: tuple[Located, ...]
    problems: tuple[Problem, ...]


def _load_path(path: Path) -> _Loaded:
    text = read_text(path)
    if isinstance(text, Reading):
        return _loaded(text)
    found, name = _load_text(text), shown_name(path)
    return _Loaded(
        found.kind,
        tuple(replace(located, file=name) for located in found.things),
        tuple(replace(problem, file=name) for problem in found.problems),
    )


@lru_cache(maxsize=256)  # the same text means the same; a server and the tests open a study many times
def _load_text(text: str) -> _Loaded:
    """What a text came to, as if its file had no name: what a file is called depends on where one stands."""
    return _loaded(parse_nodes(text, ""))


def _loaded(reading: Reading) -> _Loaded:
    things, problems = _load(reading)
    return _Loaded(kind_of(reading.node), tuple(things), tuple(problems))


def _load(reading: Reading) -> tuple[list[Located], list[Problem]]:
    problems = list(reading.problems)
    things: list[Located] = []
    if all(problem.code in ("D102", "D105") for problem in problems):
        found, wrong = _things(reading)
        problems += wrong
        things = [] if reading.problems else found
    return things, sorted(problems)


def _things(reading: Reading) -> tuple[list[Located], list[Problem]]:
    node, kind = reading.node, kind_of(reading.node)
    if not isinstance(node, MapNode) or kind is None:
        return [], [_no_kind(reading)]
    if kind in SINGLE:
        return _one(reading, node, SINGLE[kind])
    things: list[Located] = []
    problems: list[Problem] = []
    for key, value in node.entries:
        found, wrong = _list(reading, key, value)
        things += found
        problems += wrong
    return things, problems


def _one(reading: Reading, node: Node, model: type[BaseModel]) -> tuple[list[Located], list[Problem]]:
    """Make one thing of a node; a Located even when it is broken lends its places to the problems."""
    thing, faults = fit_model(node, model)
    located = Located(thing, reading.file, _LatePositions(node), reading.lines)
    problems = [
        located.problem((*fault.steps, KEY) if fault.at_key else fault.steps, fault.code, fault.message, fault.remedy)
        for fault in faults
    ]
    if isinstance(thing, Check) and thing.form is None:
        message = f"check {thing.check} does not say which form it reads."
        problems.append(located.problem((), "D106", message, "Add 'form:' with the form's identifier."))
    return ([] if problems else [located]), problems


def _list(reading: Reading, key: TextNode, value: Node) -> tuple[list[Located], list[Problem]]:
    name = str(key.text)
    if name not in LISTS:
        message = f"unknown key {quoted(name)}."
        return [], [_problem(reading, key.line, key.column, "D104", message, suggest(name, LISTS))]
    if not isinstance(value, ListNode):
        is_empty = isinstance(value, TextNode) and value.text is None
        message = f"'{name}' is {'empty' if is_empty else 'not a list'}."
        remedy = "Begin every entry with '- ' on a line of its own."
        return [], [_problem(reading, key.line, key.column, "D105", message, remedy)]
    made = [_one(reading, entry, LISTS[name]) for entry in value.entries]
    return [thing for things, _ in made for thing in things], [fault for _, faults in made for fault in faults]


def _no_kind(reading: Reading) -> Problem:
    kinds = (*SINGLE, *LISTS)
    begin = f"Begin the file with one of these keys: {', '.join(kinds)}."
    node = reading.node
    if node is None or (isinstance(node, TextNode) and node.text is None):
        return _problem(reading, 1, 1, "D107", "the file is empty", begin)
    if not isinstance(node, MapNode) or not node.entries:
        return _problem(reading, node.line, node.column, "D107", "the file is not a block of keys", begin)
    first = node.entries[0][0]
    near = find_nearest(str(first.text), kinds)
    message = f"the file does not say what it defines: its first key is {quoted(str(first.text))}"
    remedy = begin if near is None else f"Did you mean '{near}'?"
    return _problem(reading, first.line, first.column, "D107", message, remedy)


def _problem(reading: Reading, line: int, column: int, code: str, message: str, remedy: str) -> Problem:
    return place_problem(reading.file, reading.lines, (line, column), code, message, remedy)


class _LatePositions(Mapping[Steps, tuple[int, int]]):
    """The places in a tree, worked out when the first problem asks for one: most files have none."""

    def __init__(self, node: Node) -> None:
        self._node = node

    @cached_property
    def _places(self) -> dict[Steps, tuple[int, int]]:
        return dict(_positions(self._node))

    def __getitem__(self, steps: Steps) -> tuple[int, int]:
        return self._places[steps]

    def __iter__(self) -> Iterator[Steps]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def _positions(node: Node, steps: Steps = ()) -> Iterator[tuple[Steps, tuple[int, int]]]:
    """Every place in a tree: of values, of keys, and of the first character of one-line texts."""
    yield steps, (node.line, node.column)
    if isinstance(node, TextNode):
        if node.text_column:
            yield (*steps, TEXT), (node.line, node.text_column)
    elif isinstance(node, ListNode):
        for index, entry in enumerate(node.entries):
            yield from _positions(entry, (*steps, index))
    else:
        for key, value in node.entries:
            yield (*steps, str(key.text), KEY), (key.line, key.column)
            yield from _positions(value, (*steps, str(key.text)))
