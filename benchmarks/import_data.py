"""The study and the workbook of the benchmark of imports: 25 columns, three of them the key, 2 % of the cells bad."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from xml.sax.saxutils import escape

import polars as pl
import yaml
from field_rules_data import load_study, make_data
from field_rules_form import CODELISTS, ITEMS, TODAY

from trialkit.engine.opening import begin_study
from trialkit.model.item import Item
from trialkit.spreadsheet import column_letters

LEFT_OUT = ("HEIGHT", "RESP", "DOSEENTIM", "DEVICE", "COMMENT")
"""Items that make room for the columns of subject, visit and timepoint, and of two units."""
SHOWN = tuple(item for item in ITEMS if item.item not in LEFT_OUT)
KEYS = {"SUBJECT": "subject", "VISIT": "visit", "TIMEPOINT": "timepoint"}
BAD = 0.02
_FIRST_DAY = date(1899, 12, 30)
_CHUNK = 10_000


def make_workbook(folder: Path, rows: int) -> Path:
    """Write the workbook, as spreadsheet programs write it: texts shared, dates as styled serial numbers."""
    frame = _frame(folder, rows)
    path = folder / f"visits-{rows}.xlsx"
    texts: dict[str, int] = {}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(_SHEET_HEAD.encode())
            sheet.write(_row(1, frame.columns, texts).encode())
            for first in range(0, rows, _CHUNK):
                chunk = frame.slice(first, _CHUNK).rows()
                lines = [_row(first + 2 + place, values, texts) for place, values in enumerate(chunk)]
                sheet.write("".join(lines).encode())
            sheet.write(b"</sheetData></worksheet>")
        shared = "".join(f'<si><t xml:space="preserve">{escape(text)}</t></si>' for text in texts)
        archive.writestr(
            "xl/sharedStrings.xml", f'{_HEAD}<sst xmlns="{_MAIN}" uniqueCount="{len(texts)}">{shared}</sst>'
        )
    return path


def make_study(folder: Path, rows: int) -> Path:
    """Make the study folder with its form, and the mapping of the workbook. Returns the mapping."""
    study = folder / "study"
    (study / "forms").mkdir(parents=True)
    frame = _frame(folder, rows)
    visits = sorted(frame["VISIT"].unique())
    timepoints = list(dict.fromkeys(frame["TIMEPOINT"].head(100)))
    sites = sorted({subject.partition("-")[0] for subject in frame["SUBJECT"].unique()})
    items = [
        {key: value for key, value in item.model_dump(mode="json", exclude_defaults=True).items() if value is not None}
        for item in SHOWN
    ]
    files = {
        "study.yaml": {
            "study": "BENCH",
            "title": "Imports",
            "protocol": "bench",
            "sites": [{"site": site, "country": "NLD", "timezone": "Europe/Amsterdam"} for site in sites],
        },
        "protocol.yaml": {
            "protocol": "bench",
            "title": "Imports",
            "timepoints": [
                {"timepoint": timepoint, "label": timepoint, "number": 1 + minutes, "minutes": minutes}
                for timepoint, minutes in zip(timepoints, (0, 40, 120, 240), strict=True)
            ],
            "visits": [
                {
                    "visit": visit,
                    "label": visit,
                    "number": number,
                    "forms": [{"form": "VS", "timepoints": [*timepoints]}],
                }
                for number, visit in enumerate(visits, start=1)
            ],
        },
        "forms/vs.yaml": {"form": "VS", "title": "Visit", "items": items},
    }
    files["forms/codelists.yaml"] = {
        "codelists": [
            {"codelist": name, "terms": [{"code": code} for code in codes]} for name, codes in CODELISTS.items()
        ]
    }
    for name, content in files.items():
        (study / name).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    (folder / "items.json").write_text(json.dumps([_plainly(item) for item in SHOWN]), encoding="utf-8")
    begin_study(study, "bench", lambda: datetime.now(UTC)).close()
    mapping = folder / "mapping.yaml"
    mapping.write_text(yaml.safe_dump(_mapping(), sort_keys=False), encoding="utf-8")
    return mapping


def _mapping() -> dict[str, object]:
    return {
        "mapping": "visits",
        "subject": {"column": "SUBJECT", "enrol": True},
        "records": [
            {
                "form": "VS",
                "visit": {"column": "VISIT"},
                "timepoint": {"column": "TIMEPOINT"},
                "items": {
                    item.item: {
                        "column": item.item,
                        **({"missing": {"ND": "ND", "REF": "REF"}} if item.missing else {}),
                        **({"unit_column": f"{item.item} unit"} if item.units else {}),
                        **({"date_format": "YYYY-MM-DD"} if item.type == "date" else {}),
                    }
                    for item in SHOWN
                },
            }
        ],
    }


def _plainly(item: Item) -> dict[str, object]:
    """An item for those who know no trialkit."""
    return {
        "name": item.item,
        "type": str(item.type),
        "decimals": item.decimals,
        "units": list(item.units),
        "hard": None if item.hard is None else [str(item.hard.low), str(item.hard.high)],
        "soft": None if item.soft is None else [str(item.soft.low), str(item.soft.high)],
        "codes": list(CODELISTS.get(item.codelist or "", ())),
        "required": bool(item.required and item.collect_when is None),
        "today": str(TODAY),
    }


def _frame(folder: Path, rows: int) -> pl.DataFrame:
    """The cells as texts, None for blank ones."""
    path = folder / f"{rows}-{BAD}.arrow"
    frame = load_study(path if path.exists() else make_data(folder, rows, BAD)).frame
    keys = [pl.col(part).alias(name) for name, part in KEYS.items()]
    cells = []
    for item in SHOWN:
        cells.append(pl.coalesce(f"missing {item.item}", f"text {item.item}").alias(item.item))
        if item.units:
            cells.append(pl.col(f"unit {item.item}").alias(f"{item.item} unit"))
    return frame.select(*keys, *cells)


def _row(number: int, values: Iterator[str | None] | list[str], texts: dict[str, int]) -> str:
    cells = [
        _cell(f"{_LETTERS[place]}{number}", text, texts) for place, text in enumerate(values) if text not in (None, "")
    ]
    return f'<row r="{number}" spans="1:25">{"".join(cells)}</row>'


def _cell(place: str, text: str, texts: dict[str, int]) -> str:
    if _is_number(text):
        return f'<c r="{place}"><v>{text}</v></c>'
    serial = _serial(text)
    if serial is not None:
        return f'<c r="{place}" s="1"><v>{serial}</v></c>'
    return f'<c r="{place}" t="s"><v>{texts.setdefault(text, len(texts))}</v></c>'


def _is_number(text: str) -> bool:
    whole, _, rest = text.removeprefix("-").partition(".")
    return whole.isdecimal() and (not rest or rest.isdecimal()) and not (len(whole) > 1 and whole[0] == "0")


def _serial(text: str) -> int | None:
    """The serial number of a sound date; a date-time stays text here, as most sites have it."""
    try:
        return (date.fromisoformat(text) - _FIRST_DAY).days if len(text) == 10 else None
    except ValueError:
        return None


_LETTERS = [column_letters(number) for number in range(1, 26)]
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_LINKS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_SHEET_HEAD = f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'
_PARTS = {
    "[Content_Types].xml": f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/>'
    f'<Override PartName="/xl/sharedStrings.xml" ContentType="{_KIND}.sharedStrings+xml"/></Types>',
    "_rels/.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_LINKS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_LINKS}"><sheets>'
    '<sheet name="Visits" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="r1" Type="{_LINKS}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="r2" Type="{_LINKS}/styles" Target="styles.xml"/>'
    f'<Relationship Id="r3" Type="{_LINKS}/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
    "xl/styles.xml": f'{_HEAD}<styleSheet xmlns="{_MAIN}"><fonts count="1"><font><sz val="11"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill>'
    '</fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
    '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs></styleSheet>',
}
