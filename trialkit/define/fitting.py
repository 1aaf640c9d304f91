"""What pydantic says about a definition goes in; problems in a data manager's words, each with its place, come out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from trialkit.define.located import Steps, quoted, suggest
from trialkit.define.nodes import ListNode, MapNode, Node, TextNode
from trialkit.model.interval import Interval

_Context = Mapping[str, Any]  # Any: pydantic adds to an error whatever explains it
_Words = Callable[[_Context, str, str], tuple[str, str]]

_INTERVAL = "Write 60..260, ..260 or 60.."
_IDENTIFIER = "Write capitals, digits and underscores, a capital first, at most 32 characters."

PATTERNS: Mapping[str, tuple[str, str]] = {
    r"^[A-Z][A-Z0-9_]{0,31}$": ("an identifier", _IDENTIFIER),
    r"^[A-Za-z][A-Za-z0-9_.-]{0,63}$": ("a name", "Write letters, digits and _ . -, a letter first."),
    r"^[^\s;][^;\r\n\t]*$": ("a code", "Write it on one line, without a semicolon and without a leading blank."),
    r"^(C[0-9]+)?$": ("an NCI concept code", "Write C and digits, for example C49488."),
    r"^[A-Z][A-Z0-9]{1,3}$": ("an SDTM domain", "Write two to four capitals, for example VS."),
    r"^[A-Z][A-Z0-9]{0,7}$": ("an SDTM variable name", "Write at most eight capitals and digits, a capital first."),
    r"^[A-Z0-9][A-Z0-9_+.-]{0,15}$": ("a timepoint", "Write capitals, digits and _ + . -, at most 16 characters."),
    r"^[A-Z][A-Z+-]{0,19}$": (
        "a way in which a visit takes place",
        "Write capitals, for example CLINIC or HOME+VIDEO.",
    ),
    r"^[A-Za-z0-9][A-Za-z0-9_]{0,19}$": ("a site identifier", "Write at most 20 letters, digits and underscores."),
    r"^([A-Z]{3})?$": ("a country code", "Write the three capitals of ISO 3166-1, for example NLD."),
    r"^[A-Za-z0-9][A-Za-z0-9_-]{0,19}$": ("a study identifier", "Write at most 20 letters, digits and _ -."),
    r"^[a-z][a-z0-9_]{0,31}$": (
        "a name of a method",
        "Write small letters, digits and underscores, a letter first, for example first_dose.",
    ),
    r"^[a-z][a-z0-9_]{0,30}$": (
        "a name of a part",
        "Write small letters, digits and underscores, a letter first, for example systolic.",
    ),
    r"^[NV][0-9]{3}$": ("a code of the house for values", "Write for example V103, the code of the possible range."),
    r"^[A-Za-z0-9_][A-Za-z0-9_.-]*$": ("a file name", "Write a name without a folder, for example study.db."),
}
"""Every pattern of the models to what it describes and how to write it."""

_REMEDIES: tuple[tuple[str, str], ...] = (
    ("stands twice", "Keep one of the two."),
    ("needs a codelist", "Add 'codelist:' with the name of a code list."),
    ("can not have a codelist", "Delete 'codelist:', or write 'type: code'."),
    ("can not have a range or a unit", "Delete hard, soft, unit and units, or make it integer or decimal."),
    ("only a decimal item", "Delete 'decimals:', or write 'type: decimal'."),
    ("a derived item", "Delete 'required:' and 'collect_when:'."),
    ("missing from units", "Add it to 'units:'."),
    ("an interval is written", _INTERVAL),
    ("above its high end", "Write the lower number first."),
    ("no study day 0", "Write -1 or 1."),
    ("a day with a window", "Delete 'day:' or 'days:'."),
    ("a pattern may use", "Write for example {site}-{number}."),
    ("a pattern needs", "Add {number}."),
    ("and not in 'of'", "Add it to 'of:', or take it out."),
    ("reverse needs", "Add 'answers:', for example 0..4."),
    ("'at_least' belong", "Write both, or neither."),
    ("leaves no answer", "Write a smaller number."),
    ("the name of a score", "Shorten it."),
    ("a list of rows", "Add 'repeating: true'."),
    ("exactly one of", "Keep one of them."),
    ("not both", "Delete one of them."),
    ("header rows are numbers", "Write for example [2, 3]."),
    ("a brace is not", "Write every part in braces: {systolic:integer}; a brace that stands in the text is doubled."),
    ("a part is written", "Write for example {systolic:integer}."),
    ("a part can not be", "Write for example {systolic:integer}."),
    ("without anything between", "Write what stands between them, or make them one part."),
    ("more than one part is a text", "Make all but one a word or a number."),
    ("a text that is put", "Name a part of the pattern, or write it without braces."),
    ("a sum is made of", "Write {name:integer} or {name:number} in the pattern."),
)


@dataclass(frozen=True, slots=True)
class Fault:
    """A problem that knows its place as steps from the thing's root; `at_key`: the key is meant, not its value."""

    steps: Steps
    at_key: bool
    code: str
    message: str
    remedy: str


def fit_model(node: Node, model: type[BaseModel]) -> tuple[Any, list[Fault]]:  # Any: whichever model was asked for
    """Make a model from a node: the model, or None and every fault found."""
    try:
        return model.model_validate(plain_data(node, model)), []
    except ValidationError as error:
        faults = [fault for detail in error.errors() for fault in _explain(dict(detail), node, model)]
        return None, faults


def plain_data(node: Node, annotation: Any) -> Any:  # Any: annotations are whatever typing makes of them
    """A node as pydantic takes it. A key of a model with nothing behind it counts as left out."""
    if isinstance(node, TextNode):
        return node.text
    model = model_of(annotation)
    if isinstance(node, ListNode):
        inside = _inside(annotation)
        return tuple(plain_data(entry, inside) for entry in node.entries)
    if model is None:
        inside = _inside(annotation)
        return {key.text: plain_data(value, inside) for key, value in node.entries}
    return {
        key.text: plain_data(value, _field_annotation(model, str(key.text)))
        for key, value in node.entries
        if not (isinstance(value, TextNode) and value.text is None and key.text in model.model_fields)
    }


def model_of(annotation: Any) -> type[BaseModel] | None:  # Any: as above
    """The model that an annotation names, alone or beside None; None for lists, dictionaries and scalars."""
    if get_origin(annotation) in (tuple, dict):
        return None
    for part in (annotation, *get_args(annotation)):
        if isinstance(part, type) and issubclass(part, BaseModel):
            return part
    return None


def model_at(model: type[BaseModel], steps: Steps) -> type[BaseModel] | None:
    """The model that the value at the end of the steps should be; None when it is none."""
    annotation: Any = model  # Any: as above
    for step in steps:
        found = model_of(annotation)
        annotation = _inside(annotation) if found is None else _field_annotation(found, str(step))
    return model_of(annotation)


def node_at(node: Node, steps: Steps) -> Node | None:
    """The node at the end of the steps, or None when it was not written."""
    found: Node | None = node
    for step in steps:
        if isinstance(found, MapNode):
            found = found.get(str(step))
        elif isinstance(found, ListNode) and isinstance(step, int) and step < len(found.entries):
            found = found.entries[step]
        else:
            return None
    return found


def _inside(annotation: Any) -> Any:  # Any: as above
    """What a tuple or dictionary holds; None for anything else."""
    for part in (annotation, *get_args(annotation)):
        if get_origin(part) is tuple:
            return get_args(part)[0]
        if get_origin(part) is dict:
            return get_args(part)[1]
    return None


def _field_annotation(model: type[BaseModel], key: str) -> Any:  # Any: as above
    field = model.model_fields.get(key)
    return None if field is None else field.annotation


def _explain(detail: _Context, root: Node, model: type[BaseModel]) -> Iterator[Fault]:
    """The faults behind one error of pydantic: usually one, none when it only repeats another."""
    kind, steps = str(detail["type"]), tuple(detail["loc"])
    is_key = steps[-1:] == ("[key]",)
    steps = steps[:-1] if is_key else steps
    node = node_at(root, steps)
    if kind == "extra_forbidden":
        owner = model_at(model, steps[:-1])
        known = owner.model_fields if owner else ()
        remedy = suggest(str(steps[-1]), known, "Delete it, or use one of")
        yield Fault(steps, True, "D104", f"unknown key {quoted(str(steps[-1]))}", remedy)
    elif kind == "missing":
        yield _missing(steps, node)
    elif not _repeats_another(kind, node):
        context = detail.get("ctx", {})
        if kind == "value_error":
            steps = second_place(root, steps, str(context["error"]))
        text = str(steps[-1]) if is_key else node.text if isinstance(node, TextNode) else None
        message, remedy = f"{_called(steps)} is empty", "Write a value, or delete it."
        if is_key or not (isinstance(node, TextNode) and node.text is None):
            is_interval = model_at(model, steps) is Interval
            message, remedy = _word(kind, context, _called(steps), text, is_interval=is_interval)
        yield Fault(steps, is_key, "D105", message, remedy)


def _missing(steps: Steps, node: Node | None) -> Fault:
    key = steps[-1]
    if node is not None:
        return Fault(steps, True, "D106", f"the key '{key}' has nothing behind it", f"Write a value behind '{key}:'.")
    return Fault(steps[:-1], False, "D106", f"the key '{key}' is missing", f"Add '{key}:'.")


def _repeats_another(kind: str, node: Node | None) -> bool:
    """A list whose entries are all broken counts as empty for pydantic; the entries have been named already."""
    return kind == "too_short" and isinstance(node, ListNode | MapNode) and bool(node.entries)


def second_place(root: Node, steps: Steps, message: str) -> Steps:
    """Steps to the second of two entries that share a name, when that is what the message says; else the same steps."""
    match = re.match(r"(\w+) '?(.*?)'? stands twice", message)
    owner = node_at(root, steps)
    if match is None or not isinstance(owner, MapNode):
        return steps
    key, name = match.groups()
    for field, value in owner.entries:
        found = list(_named(value, key, name))
        if len(found) > 1:
            return (*steps, str(field.text), found[1], key)
    return steps


def _named(node: Node, key: str, name: str) -> Iterator[int]:
    for place, entry in enumerate(node.entries if isinstance(node, ListNode) else ()):
        value = entry.get(key) if isinstance(entry, MapNode) else None
        if isinstance(value, TextNode) and value.text == name:
            yield place


def _called(steps: Steps) -> str:
    """The last key on the way, for the message: ``'label'``, or ``this entry`` at the root."""
    if not steps:
        return "the definition"
    if isinstance(steps[-1], int):
        keys = [step for step in steps if isinstance(step, str)]
        return f"this entry of '{keys[-1]}'" if keys else "this entry"
    return f"'{steps[-1]}'"


def _word(kind: str, context: _Context, called: str, text: str | None, *, is_interval: bool) -> tuple[str, str]:
    """The sentence and the remedy for one kind of pydantic error."""
    if is_interval and kind == "model_type":
        return f"{called} is not an interval", _INTERVAL
    if kind in ("tuple_type", "list_type"):
        return f"{called} is not a list", "Begin every entry with '- ' on a line of its own, or write [A, B]."
    if kind in ("model_type", "dict_type"):
        return f"{called} is not a block of keys", "Write 'key: value' lines below it, indented."
    if text is None:
        return _word_no_text(kind, context, called)
    words = _WORDS.get(kind)
    return words(context, called, text) if words else (f"{quoted(text)} does not fit {called}", "Write another value.")


def _word_no_text(kind: str, context: _Context, called: str) -> tuple[str, str]:
    """For lists and blocks, and where nothing was written."""
    if kind == "value_error":
        return _word_value_error(context, called, None)
    if kind == "too_short":
        return f"{called} is empty", "Write at least one entry."
    return f"{called} is not one text", "Write one value, on the same line."


def _word_value_error(context: _Context, called: str, text: str | None) -> tuple[str, str]:
    said = str(context["error"])
    remedy = next((remedy for part, remedy in _REMEDIES if part in said), "Change the definition so that this holds.")
    if text is not None:
        said = f"{quoted(text)} does not fit {called}: {said}"
    return said, remedy


def _word_pattern(context: _Context, called: str, text: str) -> tuple[str, str]:
    what, remedy = PATTERNS.get(context["pattern"], (f"what {called} takes", "Write it differently."))
    return f"{quoted(text)} is not {what}", remedy


def _word_enum(context: _Context, called: str, text: str) -> tuple[str, str]:
    allowed = re.findall(r"'([^']*)'", context["expected"])
    return f"{quoted(text)} can not stand for {called}", suggest(text, allowed)


def _word_bound(context: _Context, called: str, text: str) -> tuple[str, str]:
    for sign, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if sign in context:
            return f"{quoted(text)} is out of range for {called}", f"Write {words} {context[sign]}."
    return f"{quoted(text)} is out of range for {called}", "Write another number."


def _word_long(context: _Context, called: str, text: str) -> tuple[str, str]:
    limit = context["max_length"]
    return f"{called} is {len(text)} characters long", f"Write at most {limit} character{'s'[: limit > 1]}."


def _word_flag(_context: _Context, called: str, text: str) -> tuple[str, str]:
    return f"{quoted(text)} is neither true nor false, as {called} must be", "Write true or false."


def _word_whole(_context: _Context, called: str, text: str) -> tuple[str, str]:
    return f"{quoted(text)} is not a whole number, as {called} must be", "Write digits only, for example 3."


def _word_number(_context: _Context, called: str, text: str) -> tuple[str, str]:
    return f"{quoted(text)} is not a number, as {called} must be", "Write it with a decimal point, for example 0.5."


def _word_empty(_context: _Context, called: str, _text: str) -> tuple[str, str]:
    return f"{called} is empty", "Write a text."


_WORDS: Mapping[str, _Words] = {
    "value_error": _word_value_error,
    "string_pattern_mismatch": _word_pattern,
    "enum": _word_enum,
    "greater_than_equal": _word_bound,
    "greater_than": _word_bound,
    "less_than_equal": _word_bound,
    "less_than": _word_bound,
    "string_too_long": _word_long,
    "string_too_short": _word_empty,
    "bool_parsing": _word_flag,
    "int_parsing": _word_whole,
    "int_parsing_size": _word_whole,
    "int_from_float": _word_whole,
    "decimal_parsing": _word_number,
    "finite_number": _word_number,
}
