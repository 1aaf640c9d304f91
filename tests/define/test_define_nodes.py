"""YAML as a tree of texts: nothing resolved, nothing followed, everything placed."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from trialkit.define import load_file, read_nodes
from trialkit.define.nodes import ListNode, MapNode, Node, TextNode, parse_nodes

DATA = Path(__file__).parent / "data"
LOADERS = pytest.mark.parametrize("loader", [yaml.SafeLoader, yaml.CSafeLoader])


def plain(node: Node | None) -> object:
    if isinstance(node, MapNode):
        return {key.text: plain(value) for key, value in node.entries}
    if isinstance(node, ListNode):
        return [plain(entry) for entry in node.entries]
    return None if node is None else node.text


@LOADERS
@pytest.mark.parametrize(
    "written", ["N", "No", "on", "01", "0777", "10:30", "12:30:45", "2024-01-01", "2024-13-45", "1.10", "1e3", "null"]
)
def test_scalar_when_yaml_has_another_type_for_it_then_it_stays_text(written: str, loader: type) -> None:
    node = parse_nodes(f"{written}: {written}\n", "f.yaml", loader).node
    assert plain(node) == {written: written}


@LOADERS
def test_scalar_when_nothing_or_a_tilde_stands_there_then_it_is_none_but_empty_quotes_are_empty(loader: type) -> None:
    assert plain(parse_nodes("a:\nb: ~\nc: ''\nd: '~'\n", "f", loader).node) == {
        "a": None,
        "b": None,
        "c": "",
        "d": "~",
    }


@LOADERS
def test_places_when_read_then_keys_and_values_know_line_and_column(loader: type) -> None:
    node = parse_nodes('é: ü\nlist:\n  - "b"\n  - |\n    c\n', "f", loader).node
    assert isinstance(node, MapNode)
    key, value = node.entries[0]
    assert (key.line, key.column, value.line, value.column) == (1, 1, 1, 4)
    entries = node.get("list")
    assert isinstance(entries, ListNode)
    assert entries.entries == (TextNode(3, 5, "b", 6), TextNode(4, 5, "c\n", 0))


PLACED = [
    ("a:\n\tb: 1\n", "f:2:1: D101: The line is indented with a tab. Indent with blanks."),
    ("a: [1, 2\nb: 3\n", "f:1:4: D101: A list that begins with '[' is not closed. Put commas between entries and"),
    ("a: {x: 1\n", "f:1:4: D101: A block that begins with '{' is not closed."),
    ('a: "x\n', "f:1:4: D101: A quote is opened and never closed. Close the quote."),
    ("a: b: c\n", "f:1:5: D101: A ':' stands where no key can be. Put the text in quotes if it holds ': '."),
    ("a: @x\n", "f:1:4: D101: A text can not begin with '@'. Put the text in quotes."),
    ("- a\nb: 1\n", "f:2:1: D101: This line does not fit the lines above. Check the indentation"),
    ("a: 1\n---\nb: 2\n", "f:2:1: D101: A second document begins here. Put it into a file of its own."),
    ("? [a, b]\n: 1\n", "f:1:3: D101: A key is not one line of text. Write 'key: value'."),
    ("? \n: 1\n", "f:1:2: D101: A key is not one line of text."),
    ("a: 1\nb: \x07\n", "f:2:4: D101: The character U+0007 is not text. Delete it."),
    ("a: 1\nb: 2\na: 3\n", "f:3:1: D102: The key 'a' stands twice; the first is in line 1. Keep one of the two."),
    ("caf\u00e9: 1\ncafe\u0301: 2\n", "f:2:1: D102: The key 'café' stands twice; the first is in line 1."),
    ("a: &x 1\n", "f:1:4: D103: The anchor '&x' is not allowed. Write it out; definitions are read as they stand."),
    ("a: *x\n", "f:1:4: D103: The alias '*x' is not allowed."),
    ("a:\n  <<: {b: 1}\n", "f:2:3: D103: The merge key '<<' is not allowed."),
    ("a: !!str x\n", "f:1:4: D103: The tag '!!str' is not allowed. Delete the tag."),
    ("a: !foo!bar x\n", "f:1:4: D103: Tags are not allowed. Delete the tag."),
    ('a: "x\\0y"\n', "f:1:4: D105: The text holds the hidden character U+0000. Delete it."),
    ("a: x\u202ey\n", "f:1:4: D105: The text holds the hidden character U+202E. Delete it."),
    ("- " * 40 + "a\n", "f:1:65: D108: The file is nested more than 32 levels deep. Write it flatter, or split it."),
    ("- a\n" * 100_001, "f:100000:3: D108: The file holds more than 100,000 values. Write it flatter, or split it."),
]


@LOADERS
@pytest.mark.parametrize(("text", "expected"), PLACED, ids=[line.split(": ")[2][:40] for _, line in PLACED])
def test_problem_when_the_yaml_is_refused_then_place_sentence_and_remedy_are_given(
    text: str, expected: str, loader: type
) -> None:
    if loader is yaml.SafeLoader and len(text) > 100_000:
        loader = yaml.CSafeLoader  # the other one takes seconds
    problems = parse_nodes(text, "f", loader).problems
    assert len(problems) == 1
    assert str(problems[0]).startswith(expected)


def test_problems_when_there_are_several_then_all_are_found_in_order_with_their_lines() -> None:
    reading = parse_nodes("a: &x 1\nb: 2\nb: *x\n", "f.yaml")
    assert [(found.where, found.code, found.excerpt) for found in reading.problems] == [
        ("f.yaml:1:4", "D103", "a: &x 1"),
        ("f.yaml:3:1", "D102", "b: *x"),
        ("f.yaml:3:4", "D103", "b: *x"),
    ]


def test_problems_when_brackets_nest_beyond_what_the_parser_takes_then_the_file_is_refused() -> None:
    assert [found.code for found in parse_nodes("[" * 5000, "f").problems] == ["D108"]


@LOADERS
def test_key_when_it_is_two_angles_in_quotes_then_it_is_a_text_like_others(loader: type) -> None:
    assert plain(parse_nodes("'<<': 1\n", "f", loader).node) == {"<<": "1"}


@pytest.mark.parametrize(
    ("content", "code", "where"),
    [
        (b"title: caf\xe9\n", "D109", "f.yaml:1:11"),
        (b"a: 1\nb: \xff\n", "D109", "f.yaml:2:4"),
        ("a: 1\n".encode("utf-16"), "D109", "f.yaml:1:1"),
        (b"# " + b"x" * 1024 * 1024, "D108", "f.yaml"),
    ],
)
def test_file_when_it_is_no_small_utf8_text_then_it_is_refused(
    folder: Path, content: bytes, code: str, where: str
) -> None:
    (folder / "f.yaml").write_bytes(content)
    problems = read_nodes(Path("f.yaml")).problems
    assert [(found.code, found.where) for found in problems] == [(code, where)]


def test_file_when_it_is_missing_or_a_folder_then_that_is_said(folder: Path) -> None:
    (folder / "sub").mkdir()
    assert str(read_nodes(Path("x.yaml")).problems[0]) == (
        "x.yaml: D109: There is no such file. Check the name and the permissions."
    )
    assert read_nodes(Path("sub")).problems[0].message == "This is a folder, not a file."
    assert read_nodes(Path("a\0b")).problems[0].code == "D109"


def test_file_when_it_begins_with_a_byte_order_mark_then_places_do_not_shift(folder: Path) -> None:
    (folder / "f.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    node = read_nodes(folder / "f.yaml").node
    assert isinstance(node, MapNode)
    assert (node.entries[0][0].text, node.entries[0][0].column) == ("a", 1)


@pytest.mark.parametrize("path", sorted(DATA.glob("*.yaml")), ids=lambda path: path.stem)
def test_hostile_file_when_loaded_then_nothing_comes_of_it_but_problems(path: Path) -> None:
    things, problems = load_file(path)
    assert things == []
    assert problems
    assert all(found.code.startswith("D1") and found.message and found.remedy for found in problems)


def test_long_file_when_read_then_every_line_has_its_place() -> None:
    entries = "".join(f"  - {{item: A{number}, label: Item {number}}}\n" for number in range(5000))
    node = parse_nodes(f"items:\n{entries}", "f").node
    assert isinstance(node, MapNode)
    items = node.get("items")
    assert isinstance(items, ListNode)
    assert [entry.line for entry in items.entries] == list(range(2, 5002))
