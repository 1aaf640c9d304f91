"""What PyYAML says about a text that is not YAML goes in; a place and a plain sentence come out."""

from __future__ import annotations

from collections.abc import Sequence

_QUOTE = "Put the text in quotes."
_INDENT = "Check the indentation of this line against the lines above."

_SENTENCES: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a ':' stands where no key can be",
        f"{_QUOTE[:-1]} if it holds ': '. {_INDENT}",
    ),
    (
        "sequence entries are not allowed",
        "a list entry can not begin here",
        "Begin the list on the line below its key.",
    ),
    ("unknown escape character", "a backslash in double quotes must be doubled", "Use single quotes instead."),
    ("invalid Unicode character", "the escape does not name a character", "Write the character itself."),
    (
        "expected ',' or ']'",
        "a list that begins with '[' is not closed",
        "Put commas between entries and ']' at the end.",
    ),
    (
        "expected ',' or '}'",
        "a block that begins with '{' is not closed",
        "Put commas between keys and '}' at the end.",
    ),
    ("expected ':'", "a key lacks its ':'", f"Write 'key: value'. {_INDENT}"),
    ("expected <document start>", "there is text behind the end of the document", "Delete the '...' above."),
    ("expected '<document start>'", "there is text behind the end of the document", "Delete the '...' above."),
    ("unexpected end of stream", "a quote is opened and never closed", "Close the quote."),
    ("expected key", "this line does not fit the lines above", _INDENT),
    ("expected <block end>", "this line does not fit the lines above", _INDENT),
    ("expected '-' indicator", "this line does not fit the lines above", _INDENT),
    ("undefined alias", "aliases are not allowed", "Write it out; definitions are read as they stand."),
    ("tag handle", "tags are not allowed", "Delete the tag."),
)


def yaml_fault(error: Exception, lines: Sequence[str]) -> tuple[int, int, str, str, str]:
    """Say what the parser stumbled over: line and column (first is 1; 0 when unknown), code, message, remedy."""
    said = str(getattr(error, "problem", None) or "")
    line, column = _place(error, said)
    if "nesting depth" in said:
        return line, column, "D108", "the file is nested more than 32 levels deep", "Write it flatter, or split it."
    if "start any token" in said:
        return line, column, "D101", *_wrong_start(lines, line, column)
    for part, message, remedy in _SENTENCES:
        if part in said:
            return line, column, "D103" if "tag" in part else "D101", message, remedy
    return line, column, "D101", "this is not YAML", f"{_INDENT} {_QUOTE[:-1]} if it holds special characters."


def _place(error: Exception, said: str) -> tuple[int, int]:
    """Where to look: at what was opened when its end is missing, else where reading stopped."""
    mark = getattr(error, "problem_mark", None)
    if "unexpected end" in said or "',' or" in said:
        mark = getattr(error, "context_mark", None) or mark
    return (0, 0) if mark is None else (mark.line + 1, mark.column + 1)


def _wrong_start(lines: Sequence[str], line: int, column: int) -> tuple[str, str]:
    character = lines[line - 1][column - 1 : column]
    if character == "\t":
        return "the line is indented with a tab", "Indent with blanks."
    return f"a text can not begin with '{character}'", _QUOTE
