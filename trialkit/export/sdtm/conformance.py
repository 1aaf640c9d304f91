"""Datasets in, notices out: what a reviewer would ask about. Names terms, never free text, never a subject."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from trialkit.export.sdtm.draft import Draft
from trialkit.export.sdtm.mapping import CompiledMapping
from trialkit.export.sdtm.standard import Standard, StandardVariable
from trialkit.model.dataset import Dataset, Datum, VariableType
from trialkit.model.partial import PartialDate

__all__ = ["Notice", "check_dataset", "check_supplemental", "free_text_of", "notices_of_drafts", "notices_of_mappings"]

_LONGEST_TEXT = 200
_SEVERAL = "MULTIPLE"

_REMEDIES = {
    "X101": "Map the value to a term of the list.",
    "X102": "Use the published term where one means the same; otherwise keep it and say so in the reviewer's guide.",
    "X103": "Collect or map it; it may not be empty in a submission.",
    "X104": "Shorten the text, or split it over several variables; SAS transport files refuse it.",
    "X105": "Replace the characters in the record; SAS transport files refuse them.",
    "X106": "Correct one of the records; the first in the order of visits and forms was taken.",
    "X108": "Report the single answers in a supplemental dataset.",
    "X109": "Define the conversion in a units file; until then the result stands in its original unit.",
    "X110": "Correct the mapping or the value; the field was left empty.",
    "X111": "Correct the mapping, so that the date is written as ISO 8601.",
    "X112": "Mend the function that failed; the field was left empty.",
    "X113": "Map ARMCD and ACTARMCD, or ARMNRS, from the form that holds them.",
    "X114": "Correct the name of the variable in the mapping.",
}


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """Something about a dataset that somebody should look at.

    Attributes:
        code: stable code, X101 to X114.
        dataset: the dataset.
        variable: the variable.
        message: what is the matter, one sentence without subject data.
        remedy: what to do, one sentence.
        rows: how many rows it is about.
    """

    code: str
    dataset: str
    variable: str
    message: str
    remedy: str
    rows: int

    def __str__(self) -> str:
        counted = f" ({self.rows:,} row{'' if self.rows == 1 else 's'})" if self.rows else ""
        return f"{self.dataset}.{self.variable}: {self.code}: {self.message}{counted} {self.remedy}"


def check_dataset(dataset: Dataset, standard: Standard, free_text: frozenset[tuple[str, str]]) -> Iterator[Notice]:
    """Look at every variable of a dataset: terms, required values, length, characters, dates, arms.

    Args:
        dataset: a finished dataset.
        standard: lists and requirements.
        free_text: (dataset, variable) that hold what people typed freely; their values are not named.
    """
    for place, variable in enumerate(dataset.variables):
        column = standard.variable(dataset.name, variable.name)
        if column is None:
            continue
        counts = Counter(row[place] for row in dataset.rows)
        yield from _check_column(dataset.name, column, counts)
        yield from _check_terms(dataset.name, column, counts, standard, (dataset.name, variable.name) in free_text)
    if dataset.name == "DM":
        yield from _check_arms(dataset)


def check_supplemental(dataset: Dataset, standard: Standard) -> Iterator[Notice]:
    """Look at the supplemental qualifiers of a domain: length and characters."""
    columns = {column.name: column for column in standard.domains["SUPPQUAL"].variables}
    for place, variable in enumerate(dataset.variables):
        counts = Counter(row[place] for row in dataset.rows)
        yield from _check_column(dataset.name, columns[variable.name], counts)


def notices_of_drafts(domain: str, drafts: Iterable[Draft]) -> Iterator[Notice]:
    """The faults of rows, counted."""
    words = {
        "X106": "Records of one subject or visit give {variable} different values.",
        "X108": "{variable} got several answers and says MULTIPLE.",
        "X109": "No conversion is defined from {detail}.",
        "X110": "{variable} is a number, but its mapping gives something else.",
        "X112": "The mapping of {variable} could not be evaluated.",
    }
    counts = Counter(fault for draft in drafts for fault in draft.faults)
    for fault, rows in sorted(counts.items()):
        message = words[fault.code].format(variable=fault.variable, detail=fault.detail)
        yield _notice(fault.code, domain, fault.variable, message, rows)


def notices_of_mappings(mappings: Iterable[CompiledMapping]) -> Iterator[Notice]:
    """Variables that mappings name and the standard does not have; they are left out of the datasets."""
    unknown = Counter((mapping.domain.domain, name) for mapping in mappings for name in mapping.unknown)
    for (domain, name), _ in sorted(unknown.items()):
        yield _notice("X114", domain, name, f"{name} is no variable of {domain} and was left out.", 0)


def free_text_of(mappings: Iterable[CompiledMapping]) -> frozenset[tuple[str, str]]:
    """(Domain, variable) that read a free-text item."""
    return frozenset(
        (mapping.domain.domain, variable.standard.name)
        for mapping in mappings
        for variable in mapping.every_variable
        if variable.holds_free_text
    )


def _check_column(dataset: str, column: StandardVariable, counts: Mapping[Datum, int]) -> Iterator[Notice]:
    name = column.name
    texts = {datum: rows for datum, rows in counts.items() if isinstance(datum, str)}
    empty = sum(rows for datum, rows in counts.items() if datum is None or datum == "")
    if column.core == "Req" and empty:
        yield _notice("X103", dataset, name, f"{name} is required and empty.", empty)
    if column.type is not VariableType.CHAR:
        return
    if long := sum(rows for text, rows in texts.items() if len(text.encode()) > _LONGEST_TEXT):
        yield _notice("X104", dataset, name, f"{name} holds texts of more than {_LONGEST_TEXT} bytes.", long)
    if strange := sum(rows for text, rows in texts.items() if not (text.isascii() and text.isprintable())):
        yield _notice("X105", dataset, name, f"{name} holds characters outside printable ASCII.", strange)
    if name.endswith("DTC") and (wrong := sum(rows for text, rows in texts.items() if not _is_iso_date(text))):
        yield _notice("X111", dataset, name, f"{name} holds something that is no ISO 8601 date.", wrong)


def _check_terms(
    dataset: str, column: StandardVariable, counts: Mapping[Datum, int], standard: Standard, is_free_text: bool
) -> Iterator[Notice]:
    lists = [standard.terms[code] for code in column.codelists if code in standard.terms]
    if not lists or len(lists) < len(column.codelists):
        return
    strange = {
        datum: rows
        for datum, rows in counts.items()
        if isinstance(datum, str) and datum and not any(datum in found.terms for found in lists) and datum != _SEVERAL
    }
    extensible = any(found.extensible for found in lists)
    titles = " or ".join(f"{found.name} ({found.code})" for found in lists)
    code, words = ("X102", "extensible list") if extensible else ("X101", "list")
    if is_free_text and strange:
        message = f"{column.name} holds values that are no terms of the {words} {titles}."
        yield _notice(code, dataset, column.name, message, sum(strange.values()))
        return
    for term, rows in sorted(strange.items()):
        yield _notice(code, dataset, column.name, f"{term!r} is no term of the {words} {titles}.", rows)


def _check_arms(dataset: Dataset) -> Iterator[Notice]:
    names = [variable.name for variable in dataset.variables]
    arm, actual, reason = (names.index(name) for name in ("ARMCD", "ACTARMCD", "ARMNRS"))
    rows = sum(1 for row in dataset.rows if not row[reason] and not (row[arm] and row[actual]))
    if rows:
        yield _notice("X113", "DM", "ARMNRS", "An arm is empty and ARMNRS does not say why.", rows)


def _is_iso_date(text: str) -> bool:
    try:
        PartialDate.parse(text)
    except ValueError:
        return False
    return True


def _notice(code: str, dataset: str, variable: str, message: str, rows: int) -> Notice:
    return Notice(code, dataset, variable, message, _REMEDIES[code], rows)
