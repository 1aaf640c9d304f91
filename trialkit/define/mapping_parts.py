"""The parts of cells, spellings and totals of a mapping, held against the rest of it and the study."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trialkit.define.located import KEY, Located, Steps, quoted, suggest
from trialkit.errors import Problem
from trialkit.model.form import Form
from trialkit.model.mapping import Mapping as SourceMapping
from trialkit.model.mapping import PartsMapping, PartsReading, RecordMapping
from trialkit.model.study import Study


def check_whole_mapping(mapping: SourceMapping, located: Located, study: Study) -> Iterator[Problem]:
    """Everything outside the records that does not fit the rest of the mapping or the study."""
    yield from _check_header_rows(mapping, located)
    yield from _check_spellings(mapping, located, study)
    yield from _check_parts(mapping, located)


def check_record_parts(
    mapping: SourceMapping, located: Located, steps: Steps, record: RecordMapping
) -> Iterator[Problem]:
    """Parts, finds and patterns that a record names and the mapping does not have."""
    givers = _givers(mapping)
    each = {rule.column for rule in mapping.parts if rule.how is PartsReading.EACH}
    if record.each is not None and record.each not in each:
        message = f"no column {quoted(record.each)} is taken apart with 'how: each'"
        yield located.problem((*steps, "each"), "D151", message, suggest(record.each, each))
    if record.find is not None and record.each is None:
        yield located.problem((*steps, "find"), "D151", "nothing is found several times here", "Add 'each:'.")
    for place, name in _named_parts(record):
        giver = givers.get(name)
        if giver is None:
            message = f"no pattern of the mapping gives a part {quoted(name)}"
            yield located.problem((*steps, *place), "D151", message, suggest(name, givers))
        elif giver.how is PartsReading.EACH and giver.column != record.each:
            message = f"part {quoted(name)} is found several times in a cell, and the record does not say which one"
            yield located.problem((*steps, *place), "D151", message, f"Add 'each: {giver.column}' to the record.")
    patterns = {pattern.name for rule in mapping.parts for pattern in rule.patterns if pattern.name is not None}
    for item, found in record.items.items():
        for number, name in enumerate(found.count):
            if name not in patterns:
                message = f"no pattern of the mapping is called {quoted(name)}"
                yield located.problem(
                    (*steps, "items", item, "count", number), "D151", message, suggest(name, patterns)
                )


def check_named_items(located: Located, steps: Steps, record: RecordMapping, form: Form) -> Iterator[Problem]:
    """Items that `once_by` and `totals` name and the form does not have."""
    named: list[tuple[Steps, str]] = [(("once_by", place), name) for place, name in enumerate(record.once_by)]
    for header, names in record.totals.items():
        named += [(("totals", header, place), name) for place, name in enumerate(names)]
    for place, name in named:
        if form.item(name) is None:
            message = f"form {form.form} has no item {quoted(name)}"
            yield located.problem((*steps, *place), "D119", message, suggest(name, form.item_names))
        elif name not in record.items:
            message = f"item {name} is named here, and the record does not fill it"
            yield located.problem((*steps, *place), "D152", message, "Add it to 'items:', or take it out here.")


def _check_header_rows(mapping: SourceMapping, located: Located) -> Iterator[Problem]:
    if mapping.header_rows and mapping.header_row != 1:
        message = "'header_row' and 'header_rows' both say where the headers are"
        yield located.problem(("header_row",), "D152", message, "Keep one of them.")


def _check_spellings(mapping: SourceMapping, located: Located, study: Study) -> Iterator[Problem]:
    """Code lists and codes that the study lacks, and texts that would mean two things."""
    for name, codes in mapping.spellings.items():
        codelist = study.codelists.get(name)
        if codelist is None:
            message = f"the study has no code list {quoted(name)}"
            yield located.problem(("spellings", name, KEY), "D144", message, suggest(name, study.codelists))
            continue
        meant: dict[str, str] = {}
        for code, texts in codes.items():
            if code not in codelist.codes:
                message = f"code list {name} has no code {quoted(code)}"
                yield located.problem(("spellings", name, code, KEY), "D144", message, suggest(code, codelist.codes))
            for place, text in enumerate(texts):
                other = meant.setdefault(text, code)
                if other != code or text in mapping.missing:
                    what = other if other != code else f".{mapping.missing[text]}"
                    message = f"{quoted(text)} means {quoted(what)} as well"
                    yield located.problem(("spellings", name, code, place), "D152", message, "Keep one meaning.")


def _check_parts(mapping: SourceMapping, located: Located) -> Iterator[Problem]:
    """Parts and columns that two rules give, and separators where nothing is separated."""
    columns: set[str] = set()
    seen: dict[str, int] = {}
    for place, rule in enumerate(mapping.parts):
        if rule.column in columns:
            message = f"column {quoted(rule.column)} is taken apart twice"
            yield located.problem(("parts", place, "column"), "D152", message, "Write all patterns in one place.")
        columns.add(rule.column)
        if rule.between and rule.how is not PartsReading.EACH:
            message = "'between' stands where nothing is separated"
            yield located.problem(("parts", place, "between", KEY), "D152", message, "Delete it, or write 'how: each'.")
        for number, pattern in enumerate(rule.patterns):
            for name in pattern.parts:
                if seen.setdefault(name, place) != place:
                    message = f"part {quoted(name)} is given by another column, too"
                    yield located.problem(("parts", place, "patterns", number), "D152", message, "Rename one of them.")


def _givers(mapping: SourceMapping) -> Mapping[str, PartsMapping]:
    return {name: rule for rule in mapping.parts for pattern in rule.patterns for name in pattern.parts}


def _named_parts(record: RecordMapping) -> Iterator[tuple[Steps, str]]:
    for place, key in (
        ("visit", record.visit),
        ("visit_repeat", record.visit_repeat),
        ("timepoint", record.timepoint),
        ("repeat", record.repeat),
    ):
        if key is not None and key.part is not None:
            yield (place, "part"), key.part
    for name, item in record.items.items():
        if item.part is not None:
            yield ("items", name, "part"), item.part
