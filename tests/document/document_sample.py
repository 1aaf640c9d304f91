"""A small study made of objects, and small readers of what is printed from it."""

from __future__ import annotations

import base64
import re
import tempfile
import zlib
from functools import cache
from pathlib import Path

import pytest

from trialkit.engine import assemble
from trialkit.model.codelist import CodeList
from trialkit.model.form import Form
from trialkit.model.protocol import Protocol
from trialkit.model.study import Study, StudyDefinition
from trialkit.registry import load_registry

ROUTES = ("iv", "nasal", "oral")

ONE_ROUTE_AT_ONCE = ("nasal", *(pytest.param(route, marks=pytest.mark.slow) for route in ("iv", "oral")))
"""All of them, of which one is enough in an ordinary run: a whole book takes seconds."""

NY = CodeList.model_validate({"codelist": "NY", "terms": [{"code": "Y", "label": "Yes"}, {"code": "N", "label": "No"}]})
FREQ = CodeList.model_validate(
    {
        "codelist": "FREQ",
        "terms": [
            {"code": "0", "label": "Not at all"},
            {"code": "1", "label": "Several days of the week"},
            {"code": "2", "label": "More than half the days"},
        ],
    }
)
LONG = CodeList.model_validate(
    {"codelist": "LONG", "title": "Long list", "terms": [{"code": f"C{n}", "label": f"Term {n}"} for n in range(40)]}
)

VS = Form.model_validate(
    {
        "form": "VS",
        "title": "Vital signs",
        "help": "Rest first.",
        "items": [
            {"item": "VSPERF", "label": "Were they taken?", "type": "code", "codelist": "NY", "required": True},
            {"item": "VSDAT", "label": "On which date?", "type": "date", "collect_when": 'VSPERF = "Y"'},
            {
                "item": "SYSBP",
                "label": "Systolic ≥ what?",
                "type": "integer",
                "unit": "mmHg",
                "hard": "60..260",
                "collect_when": 'VSPERF = "Y"',
                "missing": ["ND"],
                "hidden_from": ["RATER_BLIND"],
            },
            {
                "item": "HEIGHT",
                "label": "Height",
                "type": "decimal",
                "decimals": 1,
                "units": ["cm", "in"],
                "unit": "cm",
                "collect_when": 'VSPERF = "Y" and tag("SCR")',
            },
            {"item": "BMI", "label": "Body mass index", "type": "decimal", "derive": "SYSBP / HEIGHT"},
            {"item": "NOTE", "label": "Note", "type": "text"},
        ],
        "sdtm": [
            {
                "domain": "VS",
                "variables": {"VSDTC": "VSDAT", "VSCAT": '"ROUTINE"'},
                "tests": [
                    {"testcd": "SYSBP", "result": "SYSBP", "variables": {"VSPOS": "NOTE"}},
                    {"testcd": "HEIGHT", "result": "HEIGHT"},
                ],
            },
            {"domain": "VS", "when": 'VSPERF = "N"', "variables": {"VSTESTCD": '"VSALL"', "VSSTAT": '"NOT DONE"'}},
        ],
        "to_confirm": ["How long is the rest?"],
    }
)
PHQ = Form.model_validate(
    {
        "form": "PHQ",
        "title": "Questionnaire",
        "instrument": {"rater": "patient", "category": "PHQ", "licence": "Free for everybody.", "recall": "two weeks"},
        "items": [
            {"item": f"Q{n}", "label": f"Question {n}", "type": "code", "codelist": "FREQ", "required": True}
            for n in range(1, 5)
        ],
    }
)
TM = Form.model_validate(
    {
        "form": "TM",
        "title": "Timed <monitoring> & more",
        "items": [
            {"item": "TMTIM", "label": "At what time?", "type": "time", "required": True},
            {"item": "SEDATION", "label": "Level", "type": "integer", "hard": "0..5"},
            {
                "item": "SCALE",
                "label": "Scale",
                "type": "integer",
                "hard": "0..92",
                "collect_when": 'scheduled("PHQ")',
            },
        ],
    }
)
AE = Form.model_validate(
    {
        "form": "AE",
        "title": "Adverse events",
        "repeating": True,
        "items": [
            {"item": "AETERM", "label": "What is the event?", "type": "text", "required": True},
            {"item": "AESTDAT", "label": "When did it start?", "type": "partial-date"},
            {"item": "AECODE", "label": "Which kind?", "type": "code", "codelist": "LONG"},
            {"item": "AEACT", "label": "What was done?", "type": "codes", "codelist": "NY"},
        ],
    }
)

PROTOCOL = Protocol.model_validate(
    {
        "protocol": "small",
        "title": "A small protocol",
        "version": "3",
        "route": "NASAL",
        "timepoints": [
            {"timepoint": "T+40", "label": "40 min after", "number": 2, "minutes": 40, "window": "-5..5"},
            {"timepoint": "PRE", "label": "Before", "number": 1, "minutes": -30, "window": "-30..25"},
        ],
        "conditions": {"CHILDPOT": {"label": "=participant of childbearing potential"}},
        "parameters": {
            "limit": {"value": 140, "unit": "mmHg", "label": "Limit", "to_confirm": "Which limit is yours?"},
            "sure": {"value": 1},
        },
        "log_forms": ["AE"],
        "restrictions": [{"tag": "DOSING", "modes": ["CLINIC"], "reason": "Never at home."}],
        "to_confirm": ["Are the windows right?"],
        "visits": [
            {
                "visit": "V0",
                "label": "Screening",
                "number": 0,
                "days": "-28..-2",
                "epoch": "SCREENING",
                "modes": ["CLINIC"],
                "tags": ["SCR"],
                "forms": [{"form": "VS"}, {"form": "PHQ", "required": False}],
            },
            {
                "visit": "V1",
                "label": "Dose 1",
                "number": 1,
                "day": 1,
                "window": "0..0",
                "epoch": "TREATMENT",
                "modes": ["CLINIC"],
                "tags": ["DOSING"],
                "forms": [
                    {"form": "VS"},
                    {"form": "TM", "timepoints": ["T+40", "PRE"]},
                    {"form": "PHQ", "timepoints": ["T+40"], "condition": "CHILDPOT", "required": False},
                ],
                "note": "Come fasting.",
            },
            *(
                {
                    "visit": f"H{number}",
                    "label": f"Home {number}",
                    "number": number + 1,
                    "day": 8 * number,
                    "window": "-1..2",
                    "epoch": "TREATMENT",
                    "modes": ["HOME+VIDEO", "VIDEO"],
                    "forms": [{"form": "PHQ"}],
                }
                for number in (1, 2, 3)
            ),
            {
                "visit": "FU",
                "label": "Follow-up",
                "number": 9,
                "days_after_last_dose": 7,
                "window": "-3..3",
                "epoch": "FOLLOW-UP",
                "modes": ["VIDEO"],
                "forms": [{"form": "VS", "condition": "CHILDPOT", "note": "Only when they come."}],
            },
        ],
    }
)


def small_study(title: str = "A small study", site_name: str = "", **forms: Form) -> Study:
    """The study, with forms replaced."""
    made = {"AE": AE, "PHQ": PHQ, "TM": TM, "VS": VS, **forms}
    definition = StudyDefinition.model_validate(
        {"study": "S-1", "title": title, "protocol": "small", "sites": [{"site": "012", "name": site_name}]}
    )
    lists = {"FREQ": FREQ, "LONG": LONG, "NY": NY}
    return Study(definition, PROTOCOL, made, lists, {}, (), {}, "abc123" * 10)


@cache
def route_study(route: str) -> Study:
    """A study on one of the protocols that come with trialkit, compiled."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "study.yaml").write_text(
            f'study: R-1\ntitle: A study\nprotocol: {route}\nsites: [{{site: "012"}}]\n', encoding="utf-8"
        )
        return assemble(Path(folder), load_registry()).study


def pdf_texts(content: bytes) -> list[str]:
    """Every text that a PDF of ours shows in the built-in fonts, in the order in which it is drawn."""
    texts = []
    for stream in re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL):
        try:
            drawn = zlib.decompress(base64.a85decode(stream.strip(), adobe=False))
        except ValueError:
            drawn = _adobe(stream)
        texts += [_unescaped(found) for found in re.findall(rb"\(((?:\\.|[^\\()])*)\) Tj", drawn)]
    return texts


def _adobe(stream: bytes) -> bytes:
    try:
        return zlib.decompress(base64.a85decode(b"<~" + stream.strip(), adobe=True))
    except (ValueError, zlib.error):  # a font, not a page
        return b""


def _unescaped(found: bytes) -> str:
    plain = re.sub(rb"\\([0-7]{3})", lambda match: bytes([int(match[1], 8)]), found)
    return re.sub(rb"\\(.)", rb"\1", plain).decode("cp1252", "replace")


def pdf_pages(content: bytes) -> int:
    """How many pages a PDF says it has."""
    return max(int(found) for found in re.findall(rb"/Count (\d+)", content))


def pdf_titles(content: bytes) -> list[str]:
    """The titles of the outline."""
    return [_unescaped(found) for found in re.findall(rb"/Title \(((?:\\.|[^\\()])*)\)", content)]
