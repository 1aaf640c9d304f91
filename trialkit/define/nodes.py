"""A YAML text goes in; a tree comes out in which every scalar is text and every node knows its line and column.

Read as events, with nothing resolved: `NO`, `01`, `10:30` and `2024-01-01` stay what the author wrote. Never follows
an alias, never builds an object, never reads more than the limits below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from trialkit.define.faults import yaml_fault
from trialkit.define.located import place_problem
from trialkit.errors import Problem

MAX_BYTES = 1024 * 1024
MAX_DEPTH = 32
MAX_NODES = 100_000

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_UNREADABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TextNode:
    """A scalar. `text` is None when nothing stands there (or ``~``).

    Attributes:
        line: first line is 1.
        column: first column is 1; the quote of a quoted text.
        text: what was written, without quotes.
        text_column: where the first character of `text` stands, when all of it stands on one line as it is; else 0.
    """

    line: int
    column: int
    text: str | None
    text_column: int = 0


@dataclass(frozen=True, slots=True)
class ListNode:
    """A list of nodes, in order."""

    line: int
    column: int
    entries: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """Keys and their nodes, in order; keys are unique, also after Unicode normalisation."""

    line: int
    column: int
    entries: tuple[tuple[TextNode, Node], ...]

    def get(self, key: str) -> Node | None:
        """The node under this key, or None."""
        return next((node for name, node in self.entries if name.text == key), None)

    def key(self, key: str) -> TextNode | None:
        """The key itself, with its place, or None."""
        return next((name for name, _ in self.entries if name.text == key), None)


Node = TextNode | ListNode | MapNode


@dataclass(frozen=True, slots=True)
class Reading:
    """One file as it was read.

    Attributes:
        file: the file's name for messages.
        lines: its lines, for excerpts.
        node: the tree; None when the file is empty, or so broken that there is none.
        problems: sorted by place.
    """

    file: str
    lines: tuple[str, ...] = ()
    node: Node | None = None
    problems: tuple[Problem, ...] = ()


def shown_name(path: Path) -> str:
    """The path for messages: with forward slashes, relative when it lies below the current directory."""
    absolute, here = path.absolute(), Path.cwd()
    return absolute.relative_to(here).as_posix() if absolute.is_relative_to(here) else path.as_posix()


def read_nodes(path: Path) -> Reading:
    """Read one YAML file. What is wrong with it stands in the reading's `problems`; nothing is raised."""
    text = read_text(path)
    return text if isinstance(text, Reading) else parse_nodes(text, shown_name(path))


def read_text(path: Path) -> str | Reading:
    """The text of a file; a reading with its problem where there is none to read."""
    name = shown_name(path)
    data = _read_bytes(path)
    if isinstance(data, str):
        return _unread(name, (0, 0), "D109", data, "Check the name and the permissions.")
    if len(data) > MAX_BYTES:
        return _unread(name, (0, 0), "D108", "the file is larger than 1 MiB", "Split it: one form to a file.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = data[: error.start].count(b"\n") + 1, error.start - data.rfind(b"\n", 0, error.start)
        remedy = "Save it again with the encoding UTF-8."
        return _unread(name, place, "D109", "the file is not written in UTF-8", remedy)
    return text


def parse_nodes(text: str, file: str, loader: Any = None) -> Reading:  # Any: the stubs give loaders no common type
    """Read YAML text. `file` is its name for messages; `loader` is PyYAML's C loader when left out."""
    tree = _Tree(file, tuple(_BREAK.split(text)))
    unreadable = _UNREADABLE.search(text)
    if unreadable is not None:
        before = _BREAK.split(text[: unreadable.start()])
        code = f"U+{ord(unreadable.group()):04X}"
        tree.report(len(before), len(before[-1]) + 1, "D101", f"the character {code} is not text", "Delete it.")
    else:
        tree.build(yaml.parse(text, Loader=loader or getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    return Reading(file, tree.lines, tree.root, tuple(sorted(tree.problems)))


def _unread(file: str, place: tuple[int, int], code: str, message: str, remedy: str) -> Reading:
    return Reading(file, problems=(place_problem(file, (), place, code, message, remedy),))


def _read_bytes(path: Path) -> bytes | str:
    """The bytes, at most one more than allowed, or why they can not be read."""
    try:
        if not path.is_file():
            return "this is a folder, not a file" if path.is_dir() else "there is no such file"
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        return f"the file can not be read ({getattr(error, 'strerror', None) or 'bad name'})"


_Event = Any  # Any: the stubs leave the attributes of events untyped


class _StopReadingError(Exception):
    """The rest of the file is not worth reading."""


@dataclass(slots=True)
class _Frame:
    """A map or list that is being read."""

    line: int
    column: int
    is_map: bool
    entries: list[Node] = field(default_factory=list)
    pairs: list[tuple[TextNode, Node]] = field(default_factory=list)
    key: TextNode | None = None
    is_kept: bool = True
    seen: dict[str, int] = field(default_factory=dict)

    def close(self) -> Node:
        if self.is_map:
            return MapNode(self.line, self.column, tuple(self.pairs))
        return ListNode(self.line, self.column, tuple(self.entries))


class _Tree:
    """Builds the tree from events and collects what is wrong."""

    def __init__(self, file: str, lines: tuple[str, ...]) -> None:
        self.file, self.lines = file, lines
        self.root: Node | None = None
        self.problems: list[Problem] = []
        self._stack: list[_Frame] = []
        self._count = 0
        self._documents = 0

    def report(self, line: int, column: int, code: str, message: str, remedy: str) -> None:
        self.problems.append(place_problem(self.file, self.lines, (line, column), code, message, remedy))

    def build(self, events: Iterator[_Event]) -> None:
        try:
            for event in events:
                self._take(event)
        except _StopReadingError:
            self.root = None
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            self.root = None
            self.report(*yaml_fault(error, self.lines))

    def _take(self, event: _Event) -> None:
        if isinstance(event, yaml.DocumentStartEvent):
            self._start_document(event)
        elif isinstance(event, yaml.NodeEvent):
            self._start_node(event)
        elif isinstance(event, yaml.CollectionEndEvent):
            self._place(self._stack.pop().close())

    def _start_document(self, event: _Event) -> None:
        self._documents += 1
        if self._documents > 1:
            line, column = _mark(event)
            self.report(line, column, "D101", "a second document begins here", "Put it into a file of its own.")
            raise _StopReadingError

    def _start_node(self, event: _Event) -> None:
        line, column = _mark(event)
        self._count += 1
        if self._count > MAX_NODES or len(self._stack) >= MAX_DEPTH:
            what = "holds more than 100,000 values" if self._count > MAX_NODES else "is nested more than 32 levels deep"
            self.report(line, column, "D108", f"the file {what}", "Write it flatter, or split it.")
            raise _StopReadingError
        self._refuse_indirection(event, line, column)
        if isinstance(event, yaml.ScalarEvent):
            self._place(self._text(event, line, column))
        elif isinstance(event, yaml.AliasEvent):
            self._place(TextNode(line, column, None))
        else:
            self._stack.append(_Frame(line, column, isinstance(event, yaml.MappingStartEvent)))

    def _refuse_indirection(self, event: _Event, line: int, column: int) -> None:
        remedy = "Write it out; definitions are read as they stand."
        if isinstance(event, yaml.AliasEvent):
            self.report(line, column, "D103", f"the alias '*{event.anchor}' is not allowed", remedy)
            return
        if event.anchor is not None:
            self.report(line, column, "D103", f"the anchor '&{event.anchor}' is not allowed", remedy)
        if event.tag is not None:
            tag = event.tag.replace("tag:yaml.org,2002:", "!!")
            self.report(line, column, "D103", f"the tag '{tag}' is not allowed", "Delete the tag.")

    def _text(self, event: _Event, line: int, column: int) -> TextNode:
        is_plain = event.style in (None, "")
        if is_plain and event.value in ("", "~"):
            return TextNode(line, column, None)
        hidden = _HIDDEN.search(event.value)
        if hidden is not None:
            code = f"U+{ord(hidden.group()):04X}"
            self.report(line, column, "D105", f"the text holds the hidden character {code}", "Delete it.")
        begin = column if is_plain else column + 1
        written = self.lines[line - 1][begin - 1 : begin - 1 + len(event.value)] if line <= len(self.lines) else ""
        is_on_one_line = event.style not in ("|", ">") and written == event.value
        return TextNode(line, column, event.value, begin if is_on_one_line else 0)

    def _place(self, node: Node) -> None:
        """Put a finished node where it belongs: the root, a list, a key, or the value of a key."""
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        if not frame.is_map:
            frame.entries.append(node)
        elif frame.key is None:
            self._take_key(frame, node)
        else:
            if frame.is_kept:
                frame.pairs.append((frame.key, node))
            frame.key = None

    def _take_key(self, frame: _Frame, node: Node) -> None:
        frame.is_kept = False
        frame.key = TextNode(node.line, node.column, "")
        if not isinstance(node, TextNode) or node.text is None or "\n" in node.text:
            self.report(node.line, node.column, "D101", "a key is not one line of text", "Write 'key: value'.")
            return
        frame.key = node
        is_plain = node.text_column == node.column
        if node.text == "<<" and is_plain:
            remedy = "Write it out; definitions are read as they stand."
            self.report(node.line, node.column, "D103", "the merge key '<<' is not allowed", remedy)
            return
        name = unicodedata.normalize("NFC", node.text)
        if name in frame.seen:
            message = f"the key '{name}' stands twice; the first is in line {frame.seen[name]}"
            self.report(node.line, node.column, "D102", message, "Keep one of the two.")
            return
        frame.seen[name] = node.line
        frame.is_kept = True


def _mark(event: _Event) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
