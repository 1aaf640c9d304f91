"""What paper has room for: the answers and the scores, not what a program says about a score."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from trialkit.document.fields import form_fields, paper_fields
from trialkit.engine import create_study
from trialkit.model.study import Site, StudyDefinition


def test_fields_when_they_are_for_paper_then_what_is_said_of_a_score_is_left_out(tmp_path: Path) -> None:
    words = StudyDefinition(study="P", title="Paper", protocol="iv", sites=(Site(site="012"),))
    with create_study(tmp_path / "study", words, "ann", lambda: datetime(2026, 3, 31, tzinfo=UTC)) as engine:
        study = engine.assembly.study
    shown = {field.item.item for field in form_fields(study, study.forms["MADRS"], None, [None])}
    printed = {field.item.item for field in paper_fields(study, study.forms["MADRS"], None, [None])}
    assert shown - printed == {"TOTAL_PRORATED", "TOTAL_BAND"}
    assert {"TOTAL", "AD6", "MADR01"} <= printed
