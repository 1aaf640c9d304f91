"""A mapping file and the study go in; a mapping that fits the study comes out, or every problem at once.

Never looks at the data that will be mapped: a text that is missing from `values` is a finding when it turns up.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

from trialkit.define.files import load_one
from trialkit.define.located import KEY, Located, Steps, definition_error, quoted, suggest
from trialkit.define.mapping_parts import check_named_items, check_record_parts, check_whole_mapping
from trialkit.errors import Problem
from trialkit.missing_file import require_there
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.item import Item, ItemTypeName, MissingReason
from trialkit.model.mapping import ItemMapping, KeyMapping, Mapping, RecordMapping
from trialkit.model.study import Study
from trialkit.wording import find_nearest

_DATE_PART = re.compile(r"YYYY|DD|MON|MM|HH|MI|SS|T(?=HH)|[^A-Za-z]+")
_SHORT_YEAR = re.compile(r"\((?:19|20)\)YY")
_DATE_TYPES = (ItemTypeName.DATE, ItemTypeName.PARTIAL_DATE, ItemTypeName.TIME, ItemTypeName.DATETIME)
_DATE_REMEDY = "Build it from DD, MM, MON, YYYY or (20)YY, HH, MI and SS, for example DD-MON-YYYY."


def load_mapping(path: Path, study: Study) -> Mapping:
    """Load a mapping file and hold it against the study.

    Raises:
        SourceFileError: S101, there is no such file.
        DefinitionError: with every problem.
    """
    require_there(path)
    located = load_one(path, "mapping")
    if not isinstance(located.thing, Mapping):
        raise TypeError("a file of kind mapping holds a mapping")
    problems = list(check_mapping(located.thing, located, study))
    if problems:
        raise definition_error(problems)
    return located.thing


def check_mapping(mapping: Mapping, located: Located, study: Study) -> Iterator[Problem]:
    """Everything in a mapping that does not fit the study, in the order of the mapping."""
    yield from _check_template(located, ("subject",), mapping.subject.template)
    yield from check_whole_mapping(mapping, located, study)
    if mapping.reason is not None:
        yield from _check_template(located, ("reason",), mapping.reason.template)
    for place, record in enumerate(mapping.records):
        yield from _check_record(located, ("records", place), record, study)
        yield from check_record_parts(mapping, located, ("records", place), record)


def _check_record(located: Located, steps: Steps, record: RecordMapping, study: Study) -> Iterator[Problem]:
    form = study.forms.get(record.form)
    if form is None:
        message = f"the study has no form {quoted(record.form)}"
        yield located.problem((*steps, "form"), "D116", message, suggest(record.form, study.forms))
        return
    if record.visit is None and not form.reference and not _visit_is_plain(form, study):
        message = f"form {form.form} is filled in at several visits, and nothing says at which one"
        yield located.problem(steps, "D145", message, "Add 'visit:' with the column that names the visit.")
    visits = [visit.visit for visit in study.protocol.visits]
    points = [point.timepoint for point in study.protocol.timepoints]
    yield from _check_key(located, (*steps, "visit"), record.visit, "visit", visits)
    yield from _check_key(located, (*steps, "timepoint"), record.timepoint, "timepoint", points)
    yield from _check_key(located, (*steps, "visit_repeat"), record.visit_repeat, "", ())
    yield from _check_key(located, (*steps, "repeat"), record.repeat, "", ())
    yield from check_named_items(located, steps, record, form)
    for name, found in record.items.items():
        yield from _check_item(located, (*steps, "items", name), name, found, form, study)


def _visit_is_plain(form: Form, study: Study) -> bool:
    """Whether the form belongs to one visit only, so that a row need not name it."""
    visits = [visit for visit in study.protocol.visits if visit.entries(form.form)]
    return len(visits) == 1 and form.form not in study.protocol.log_forms


def _check_key(
    located: Located, steps: Steps, key: KeyMapping | None, noun: str, known: Collection[str]
) -> Iterator[Problem]:
    if key is None:
        return
    yield from _check_template(located, steps, key.template)
    named = [((*steps, "values", text), meant) for text, meant in key.values.items()]
    if key.value is not None:
        named.append(((*steps, "value"), key.values.get(key.value, key.value)))
    for place, meant in named if noun else ():
        if meant not in known:
            yield located.problem(place, "D117", f"the protocol has no {noun} {quoted(meant)}", suggest(meant, known))


@dataclass(frozen=True, slots=True)
class _Target:
    """An item of the study, and the mapping that fills it."""

    located: Located
    steps: Steps
    mapping: ItemMapping
    item: Item
    codelist: CodeList | None

    def problem(self, steps: Steps, code: str, message: str, remedy: str) -> Problem:
        return self.located.problem((*self.steps, *steps), code, message, remedy)


def _check_item(
    located: Located, steps: Steps, name: str, mapping: ItemMapping, form: Form, study: Study
) -> Iterator[Problem]:
    item = form.item(name)
    if item is None:
        message = f"form {form.form} has no item {quoted(name)}"
        yield located.problem((*steps, KEY), "D119", message, suggest(name, form.item_names))
        return
    if item.derive is not None:
        message = f"item {name} is computed and can not be filled from a file"
        yield located.problem((*steps, KEY), "D141", message, "Take it out, and list its column under 'ignore:'.")
    yield from _check_template(located, steps, mapping.template)
    target = _Target(located, steps, mapping, item, study.codelists.get(item.codelist or ""))
    yield from _check_units(target)
    yield from _check_codes(target)
    yield from _check_date_format(target)


def _check_units(target: _Target) -> Iterator[Problem]:
    """Units that the item does not take."""
    accepted, name = target.item.accepted_units, target.item.item
    given: list[tuple[Steps, str]] = [(("units", text), unit) for text, unit in target.mapping.units.items()]
    given += [(("unit_ranges", unit, KEY), unit) for unit in target.mapping.unit_ranges]
    if target.mapping.unit is not None:
        given.append((("unit",), target.mapping.unit))
        if target.mapping.unit_ranges:
            message = "'unit' says the unit, so that no range can"
            yield target.problem(("unit_ranges",), "D152", message, "Delete one of the two.")
    if target.mapping.unit_column is not None and not accepted:
        remedy = "Take 'unit_column:' out."
        yield target.problem(("unit_column",), "D142", f"item {name} has no unit", remedy)
    for steps, unit in given:
        if unit not in accepted:
            message = f"{quoted(unit)} is not a unit of item {name}" if accepted else f"item {name} has no unit"
            yield target.problem(steps, "D142", message, suggest(unit, accepted) if accepted else "Take the unit out.")


def _check_codes(target: _Target) -> Iterator[Problem]:
    """Texts that are to become codes which the code list lacks."""
    if target.codelist is None:
        return
    given: list[tuple[Steps, str]] = [(("values", text), code) for text, code in target.mapping.values.items()]
    if target.mapping.otherwise:
        given.append((("otherwise",), target.mapping.otherwise))
    constant = target.mapping.value
    if constant is not None and constant not in target.mapping.values:
        given.append((("value",), constant))
    for steps, text in given:
        several = text.split(";") if target.item.type == ItemTypeName.CODES else [text]
        for code in several:
            if not _is_code(code.strip(), target.codelist):
                message = f"code list {target.codelist.codelist} has no code {quoted(code.strip())}"
                yield target.problem(steps, "D144", message, _code_remedy(code.strip(), target.codelist))


def _is_code(text: str, codelist: CodeList) -> bool:
    """Whether the text is blank, a missing reason (``.ND``), or one that the code list knows."""
    if not text or (text[1:] in tuple(MissingReason) and text.startswith(".")):
        return True
    return any(text in (term.code, term.label, *term.synonyms) for term in codelist.terms)


def _code_remedy(text: str, codelist: CodeList) -> str:
    labels = {term.label: term.code for term in codelist.terms if term.label}
    near = find_nearest(text, labels)
    return f"Did you mean '{labels[near]}' ({near})?" if near else suggest(text, codelist.codes)


def _check_date_format(target: _Target) -> Iterator[Problem]:
    """Date formats that can not be read; several are separated by ``|``."""
    written = target.mapping.date_format
    if written is None:
        return
    is_house_type = target.item.type in tuple(ItemTypeName)
    if is_house_type and target.item.type not in _DATE_TYPES:
        message = f"item {target.item.item} is no date, so it has no date format"
        yield target.problem(("date_format",), "D143", message, "Take 'date_format:' out.")
        return
    for layout in written.split("|"):
        fault = _layout_fault(layout.strip(), is_time=target.item.type == ItemTypeName.TIME)
        if fault is not None:
            yield target.problem(("date_format",), "D143", *fault)


def _layout_fault(layout: str, *, is_time: bool) -> tuple[str, str] | None:
    """What is wrong with one date format, and what to do; None when it can be read."""
    if not layout:
        return "the date format is empty", _DATE_REMEDY
    if layout in ("SERIAL", "SERIAL1904") and not is_time:
        return None
    layout = _SHORT_YEAR.sub("YYYY", layout)
    rest = _DATE_PART.sub("", layout)
    if rest:
        better = layout.upper()
        remedy = f"Did you mean '{better}'?" if not _DATE_PART.sub("", better) else _DATE_REMEDY
        return f"{quoted(layout)} is not a date format: {quoted(rest)} means nothing in it", remedy
    parts = [part.strip("Y") or "Y" for part in _DATE_PART.findall(layout) if part[0].isalpha()]
    parts = ["MM" if part == "MON" else part for part in parts]
    if len(set(parts)) < len(parts):
        return (
            f"{quoted(layout)} names a part of the date twice",
            "MM is the month, MI the minute; name each part once.",
        )
    if is_time and "MM" in parts:
        return f"{quoted(layout)} has a month in a time of day", "Write MI for minutes: HH:MI."
    if not is_time and "Y" not in parts:
        return f"{quoted(layout)} has no year", "Add YYYY."
    return None


def _check_template(located: Located, steps: Steps, template: str | None) -> Iterator[Problem]:
    """Templates that name no column, or whose braces do not match."""
    if template is None:
        return
    try:
        columns = [name for _, name, _, _ in Formatter().parse(template) if name is not None]
    except ValueError:
        columns = []
    if not columns or "" in columns:
        message = f"{quoted(template)} does not name columns in braces"
        yield located.problem((*steps, "template"), "D105", message, "Write for example {SITEID}-{SUBJID}.")
