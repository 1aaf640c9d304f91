"""What one would write by hand to import the workbook of the benchmark: frictionless, and pandera with calamine.

Both read the workbook, check types, ranges, lists, required items and keys, write what is wrong as CSV, and the clean
rows into a table of SQLite. Neither keeps a history, nor maps labels, nor tells units apart, nor says what to do.
"""

from __future__ import annotations

import csv
import datetime
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

KEYS = ("SUBJECT", "VISIT", "TIMEPOINT")

_DATES = {"date": "%Y-%m-%d", "datetime": "%Y-%m-%dT%H:%M"}
_PATTERNS = {
    "partial-date": r"^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$",
    "time": r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
}
_TO_STANDARD = {"LB": (0.0, 0.45359237), "F": (-32.0, 5 / 9)}


Item = dict[str, Any]  # Any: parsed JSON


def read_items(workbook: Path) -> list[Item]:
    """The items of the form, as `import_data` wrote them down beside the workbook."""
    return json.loads((workbook.parent / "items.json").read_text(encoding="utf-8"))


def import_by_frictionless(workbook: Path, folder: Path) -> int:
    """Check with a schema row by row, and store the rows that have no error. Returns the number of errors."""
    from frictionless import Schema
    from frictionless.resources import TableResource

    fields: list[Item] = [{"name": name, "type": "string", "constraints": {"required": True}} for name in KEYS]
    for item in read_items(workbook):
        fields.append(_field(item))
        if item["units"]:
            fields.append({"name": f"{item['name']} unit", "type": "string", "constraints": {"enum": item["units"]}})
    schema = Schema.from_descriptor({"fields": fields, "missingValues": ["", "ND", "REF"]})
    errors: list[list[object]] = []

    def clean() -> Iterator[list[str | None]]:
        with TableResource(path=workbook.name, basepath=str(workbook.parent), schema=schema) as source:
            for row in source.row_stream:
                errors.extend([row.row_number, error.type, error.note] for error in row.errors)
                if row.valid:
                    yield [None if cell is None else str(cell) for cell in row.to_list()]

    _store(folder, [field["name"] for field in fields], clean())
    _write_findings(folder, errors)
    return len(errors)


def _field(item: Item) -> Item:
    rules: Item = {"required": True} if item["required"] else {}
    if item["hard"]:
        rules |= {"minimum": item["hard"][0], "maximum": item["hard"][1]}
        return {"name": item["name"], "type": "number" if item["decimals"] else "integer", "constraints": rules}
    if item["type"] == "code":
        rules["enum"] = item["codes"]
    if item["type"] in _PATTERNS:
        rules["pattern"] = _PATTERNS[item["type"]].strip("^$")
    if item["type"] == "date":
        return {"name": item["name"], "type": "date", "constraints": {**rules, "maximum": item["today"]}}
    return {"name": item["name"], "type": "string", "constraints": rules}


def import_by_pandera(workbook: Path, folder: Path) -> int:
    """Read by calamine, parse and check by pandera on polars, store. Returns the number of failure cases."""
    import pandera.polars as pa
    import polars as pl
    from python_calamine import CalamineWorkbook

    header, *rows = CalamineWorkbook.from_path(str(workbook)).get_sheet_by_index(0).to_python()
    text = pl.DataFrame(
        {str(name): [_text(row[place]) for row in rows] for place, name in enumerate(header)},
        schema=dict.fromkeys(map(str, header), pl.String),
    )
    given = text.with_columns(
        pl.when(pl.col(name).is_in(["ND", "REF"])).then(None).otherwise(pl.col(name)).alias(name)
        for name in text.columns
    )
    checks: dict[str, pa.Column] = {name: pa.Column(str, nullable=False) for name in KEYS}
    parsed: list[pl.Expr] = []
    for item in read_items(workbook):
        parsed += _parsed(item)
        checks |= _pandera_columns(item)
    frame = given.lazy().select(*KEYS, *parsed).collect()
    bad: set[int] = set()
    found = 0
    try:
        pa.DataFrameSchema(checks).validate(frame, lazy=True)
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        found = cases.height
        bad = set(cases.get_column("index").drop_nulls().cast(pl.Int64).to_list())
        _write_findings(folder, cases.select("index", "column", "check", "failure_case").iter_rows())
    _store(folder, text.columns, (row for place, row in enumerate(text.iter_rows()) if place not in bad))
    return found


def _text(cell: object) -> str | None:
    if cell is None or cell == "":
        return None
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _parsed(item: Item) -> list[Any]:  # Any: polars is imported late
    import polars as pl

    name = item["name"]
    text = pl.col(name)
    if item["hard"]:
        number = text.cast(pl.Float64, strict=False)
        if item["units"]:
            shift, factor = _TO_STANDARD[item["units"][1]]
            is_other = pl.col(f"{name} unit") == item["units"][1]
            number = pl.when(is_other).then((number + shift) * factor).otherwise(number)
        return [number.alias(name), (text.is_null() | number.is_not_null()).alias(f"{name} read")]
    if item["type"] in _DATES:
        day = text.str.to_datetime(_DATES[item["type"]], strict=False)
        return [day.alias(name), (text.is_null() | day.is_not_null()).alias(f"{name} read")]
    return [text]


def _pandera_columns(item: Item) -> dict[str, Any]:  # Any: pandera is imported late
    import pandera.polars as pa
    import polars as pl

    name, nullable = item["name"], not item["required"]
    read = {f"{name} read": pa.Column(bool, pa.Check.eq(value=True))}
    if item["hard"]:
        ranges = [pa.Check.in_range(*map(float, found)) for found in (item["hard"], item["soft"]) if found]
        return {name: pa.Column(pl.Float64, ranges, nullable=nullable), **read}
    if item["type"] in _DATES:
        latest = datetime.datetime.combine(datetime.date.fromisoformat(item["today"]), datetime.time.max)
        return {name: pa.Column(pl.Datetime("us"), pa.Check.lt(latest), nullable=nullable), **read}
    rules = [pa.Check.isin(item["codes"])] if item["type"] == "code" else []
    if item["type"] in _PATTERNS:
        rules.append(pa.Check.str_matches(_PATTERNS[item["type"]]))
    return {name: pa.Column(str, rules, nullable=nullable)}


def _write_findings(folder: Path, rows: Iterable[Iterable[object]]) -> None:
    with (folder / "findings.csv").open("w", newline="", encoding="utf-8") as target:
        csv.writer(target).writerows(rows)


def _store(folder: Path, names: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    columns = [f'"{name}" TEXT' for name in names]
    marks = ", ".join("?" * len(columns))
    with sqlite3.connect(folder / "peer.db") as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute(f"CREATE TABLE vs ({', '.join(columns)})")
        database.executemany(f"INSERT INTO vs VALUES ({marks})", rows)  # noqa: S608  # question marks and nothing else
