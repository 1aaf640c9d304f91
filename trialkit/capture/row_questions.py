"""What a row makes people ask: remarks to read, values that a text proposes, totals that differ. All soft."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from trialkit.capture.cell_parts import plain
from trialkit.capture.mapped_row import MappedRow, RefusedCellError, read_text
from trialkit.capture.record_plan import RecordPlan
from trialkit.model.check import Severity
from trialkit.model.finding import Finding
from trialkit.model.mapping import Mapping as ColumnMapping
from trialkit.model.mapping import PartsReading
from trialkit.model.record import CellReference, RawValue, RecordKey
from trialkit.wording import quote

_INTEGER = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_DATE = r"(?![0-3]?[0-9][-/. ][0-3]?[0-9][-/. ][12][0-9]{3}(?![0-9]))"
_ISO_DATE = r"(?![12][0-9]{3}[-/.][01][0-9])"
_NO_NUMBER = r"(?<![0-9/.-])"
_STREET = r"[^\W\d_]{3,30}(?:straat|laan|weg|plein|gracht|kade|stra(?:ss|ß)e|str\.)"
_ROAD = r"(?:[A-Z][\w'-]{1,30}\s{1,3}){1,3}(?:Street|Road|Avenue|Lane|Drive|Square|Close)\b"
_PERSONAL = re.compile(
    rf"[^\s@]{{1,64}}@[^\s@]{{1,255}}|{_NO_NUMBER}{_DATE}\+?[0-9][0-9 ()/-]{{2,20}}[0-9]{{3,15}}"
    rf"|{_NO_NUMBER}{_DATE}{_ISO_DATE}(?:\+|\(?0[1-9])[ ().\/-]{{0,2}}(?:[0-9][ ().\/-]{{0,2}}){{6,}}[0-9]"
    rf"|{_STREET}\s+[0-9]+[a-z]?\b(?:,?\s+[0-9]{{4,5}}(?:\s?[A-Z]{{2}}\b)?)?(?:\s+[A-Z][\w-]+)?"
    rf"|\b[0-9]+[a-z]?,?\s+{_ROAD}"
    r"|\b[0-9]+[a-z]?,?\s+(?:rue|avenue|boulevard|calle|via)\s+[\w '-]{1,60}"
    r"|\b[1-9][0-9]{3}\s?(?!MG|ML|KG|MM|CM|UG|IE|IU)[A-Z]{2}\s+[A-Z][\w-]+",
)
_SHOWN = 200


def hide_personal(text: str) -> str:
    """A text without what may be a telephone number or an address, of mail or of a house: a remark is shown to many."""
    return _PERSONAL.sub("[redacted]", text)


def remark_finding(mapping: ColumnMapping, row: MappedRow, key: RecordKey | None) -> Finding | None:
    """One finding with all the free text of a row; None where there is none.

    Of a text in which patterns were found only the rest counts.
    """
    said: list[str] = []
    source: CellReference | None = None
    for header in mapping.remarks:
        cell = row.cell(header)
        if cell.text.strip():
            said.append(f"{header}: {quote(hide_personal(cell.text.strip()), _SHOWN)}")
            source = source or row.reference(cell)
    for reader in row.readers.values():
        cell = row.cell(reader.rule.column)
        if reader.rule.how is PartsReading.WITHIN and reader.rule.column not in mapping.remarks:
            rest = _rest(row, reader.rule.column)
            if rest:
                said.append(f"{reader.rule.column}: {quote(hide_personal(rest), _SHOWN)}")
                source = source or row.reference(cell)
    if not said:
        return None
    remedy = "Read it; enter what belongs on a form, and close the query."
    return _soft("M122", f"A remark stands in the row, which is not imported: {'; '.join(said)}.", remedy, key, source)


def proposed_finding(value: RawValue, key: RecordKey, item: str, source: CellReference | None) -> Finding:
    """A value that was found within a text, for a person to decide on."""
    shown = f".{value.missing}" if value.missing else " ".join(filter(None, (value.text, value.unit)))
    message = f"A remark says {item} {quote(shown)}; it is not imported."
    return _soft("M123", message, "Enter it if that is what is meant.", key, source, item)


def asked_finding(question: str, value: RawValue, key: RecordKey, item: str, source: CellReference | None) -> Finding:
    """The question that the mapping asks about cells that are written so."""
    given = value.text if value.given is None else value.given
    message = f"{question} The cell says {quote(given)}."
    return _soft("M124", message, "Answer the query, and correct the value if it is wrong.", key, source, item)


def swapped_finding(value: RawValue, key: RecordKey, item: str, source: CellReference | None) -> Finding:
    """A real date of a column of which a program may have taken days for months."""
    message = (
        f"{quote(value.text)} may have its day and month the wrong way round: in this column every text has a day "
        "after the 12th, and every real date one before."
    )
    remedy = "Compare it with the source document, and have the column sent as text."
    return _soft("M128", message, remedy, key, source, item)


def total_findings(plan: RecordPlan, row: MappedRow, values: Mapping[str, RawValue], key: RecordKey) -> list[Finding]:
    """One finding for each total that is not the sum of the items of the row.

    A total that is blank, or missing as one of its items is, or that no number stands beside, says nothing; nor is it
    held against a sum of which an item can not be told: that item is refused.
    """
    record = plan.record
    findings: list[Finding] = []
    for header, names in record.totals.items():
        cell = row.cell(header)
        try:
            given = read_text(row, cell)
        except RefusedCellError:
            given = ""
        given_items = {name: values[name] for name in names if name in values and values[name].missing is None}
        scores = [_score(value, plan.scores.get(name, {})) for name, value in given_items.items() if value.text]
        numbers = [score for score in scores if score is not None]
        known = {text for name in names if name in record.items for text in record.items[name].missing}
        if not given or given in known or not numbers or len(numbers) < len(scores):
            continue
        total = sum(numbers, Decimal(0))
        if _INTEGER.fullmatch(given) is None or Decimal(given) != total:
            message = f"{header} is {quote(given)} in the file, and its {len(numbers)} items make {plain(total)}."
            remedy = "Compare the items with the source document; the total of the file is not imported."
            findings.append(_soft("M126", message, remedy, key, row.reference(cell)))
    return findings


def _score(value: RawValue, words: Mapping[str, str]) -> Decimal | None:
    """What a value counts: a number, or one that a word stands for; None when it can not be told."""
    text = words.get(value.text.casefold(), value.text)
    return Decimal(text) if _INTEGER.fullmatch(text) is not None else None


def _rest(row: MappedRow, column: str) -> str:
    try:
        return row.take_apart(row.readers[column]).rest
    except RefusedCellError:
        return ""


def _soft(
    code: str, message: str, remedy: str, key: RecordKey | None, source: CellReference | None, item: str = ""
) -> Finding:
    return Finding(code, Severity.SOFT, message, remedy, key=key, item=item, source=source)
