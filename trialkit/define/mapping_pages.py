"""A mapping and the reasons for it go in; a short mapping file with the reasons as comments comes out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from trialkit.model.mapping import Mapping as SourceMapping

Comments = Mapping[tuple[str | int, ...], str]
"""The way to a place in the mapping to what is said about it."""

_SPACE = 2


def mapping_page(mapping: SourceMapping, comments: Comments, heading: str) -> str:
    """The text of a mapping file, one line for each item, that is read back as the same mapping.

    Args:
        mapping: the mapping.
        comments: what is said behind the line of a place: ``("records", 0, "items", "SYSBP")``.
        heading: lines that stand above, as a comment.
    """
    plain = mapping.model_dump(mode="json", exclude_defaults=True)
    lines = [f"# {_one_line(line)}" for line in heading.splitlines()]
    for key, value in plain.items():
        lines += _entry((key,), value, comments, 0)
    return "\n".join(lines) + "\n"


def _entry(
    steps: tuple[str | int, ...],
    value: Any,
    comments: Comments,
    depth: int,  # Any: whatever YAML holds
) -> Iterator[str]:
    margin, key = " " * depth, _flow(steps[-1])
    if steps in comments or not _is_long(steps, value):
        yield f"{margin}{key}: {_flow(value)}{_remark(comments.get(steps, ''))}"
    elif isinstance(value, dict):
        yield f"{margin}{key}:"
        for name, below in value.items():
            yield from _entry((*steps, name), below, comments, depth + _SPACE)
    else:
        yield f"{margin}{key}:"
        for place, entry in enumerate(value):
            yield from _listed((*steps, place), entry, comments, depth + _SPACE)


def _listed(
    steps: tuple[str | int, ...],
    entry: Any,
    comments: Comments,
    depth: int,  # Any: as above
) -> Iterator[str]:
    """One entry of a list: on a line of its own, or a block that begins with a hyphen."""
    margin = " " * depth
    if steps[0] != "records" or not isinstance(entry, dict):
        yield f"{margin}- {_flow(entry)}{_remark(comments.get(steps, ''))}"
        return
    first = True
    for name, below in entry.items():
        for line in _entry((*steps, name), below, comments, depth + _SPACE):
            yield f"{margin}- {line.lstrip()}" if first else line
            first = False


def _is_long(steps: tuple[str | int, ...], value: Any) -> bool:  # Any: as above
    """Whether a value takes lines of its own: the lists of a mapping, and the items of a record."""
    if steps == ("undecided",) or (steps[0] == "records" and steps[-1] == "items"):
        return bool(value)
    return steps in (("records",), ("parts",), ("drop",))


def _flow(value: Any) -> str:  # Any: as above
    """A value on one line, quoted where YAML would read it as something else."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1_000_000)
    return text.removesuffix("\n").removesuffix("\n...")


def _remark(comment: str) -> str:
    return f"  # {_one_line(comment)}" if comment else ""


def _one_line(text: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
