"""Raw tables, completeness, the manifest, and packages on disk."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from export_sample import SUBJECTS, VITALS, form, item, record, study

from trialkit.errors import StoreError, UsageError
from trialkit.export import (
    PackageFault,
    completeness_dataset,
    manifest,
    raw_datasets,
    verify_package,
    write_package,
)
from trialkit.model.dataset import Dataset
from trialkit.model.study import Contribution


@dataclass(frozen=True)
class Position:
    """A journal position as the store tells it."""

    seq: int = 7
    hash: str = "ab" * 32
    at: datetime | None = datetime(2026, 11, 1, 9, 30, tzinfo=UTC)


def as_dicts(dataset: Dataset) -> list[dict[str, object]]:
    """Rows by variable name."""
    names = [variable.name for variable in dataset.variables]
    return [dict(zip(names, row, strict=True)) for row in dataset.rows]


QUESTIONS = form(
    "Q",
    (
        item("SEX", "code", codelist="SEX", required=True),
        item("RACE", "codes", codelist="FREQ4"),
        item("WEIGHT", "decimal", unit="kg", units=("kg", "LB")),
        item("NOTE"),
        item("SUM", "integer", derive="1"),
    ),
)


def test_raw_when_tabulated_then_values_units_labels_and_reasons_stand_side_by_side() -> None:
    (table,) = raw_datasets(
        study(QUESTIONS), SUBJECTS, [record("Q", "SCR", SEX="F", RACE="0;1", WEIGHT="119.0 LB", NOTE=".UNK")]
    )
    assert (table.name, table.label) == ("Q", "Form Q")
    assert as_dicts(table) == [
        {
            "STUDYID": "KET01",
            "SITEID": "012",
            "SUBJECT": "012-0007",
            "VISIT": "SCR",
            "VISITREP": Decimal(1),
            "TIMEPOINT": "",
            "REPEAT": Decimal(1),
            "RECVERSION": Decimal(1),
            "SEX": "F",
            "SEX_L": "Female",
            "SEX_M": None,
            "RACE": "0;1",
            "RACE_L": "Not at all; Several days",
            "RACE_M": None,
            "WEIGHT": "119.0",
            "WEIGHT_U": "LB",
            "WEIGHT_M": None,
            "NOTE": None,
            "NOTE_M": "UNK",
            "SUM": None,
            "SUM_M": None,
        }
    ]


def test_raw_when_rows_are_sorted_then_visits_and_timepoints_follow_the_protocol() -> None:
    at = [("D8", ""), ("D1", "T120"), ("D1", "T40"), ("D1", "PRE"), ("SCR", "")]
    records = [record("VS", visit, timepoint=point, SYSBP="1") for visit, point in at]
    (table,) = raw_datasets(study(VITALS), SUBJECTS, records)
    assert [(row["VISIT"], row["TIMEPOINT"]) for row in as_dicts(table)] == [
        ("SCR", ""),
        ("D1", "PRE"),
        ("D1", "T40"),
        ("D1", "T120"),
        ("D8", ""),
    ]


def test_raw_when_a_subject_is_not_chosen_then_its_records_are_left_out() -> None:
    records = [record("VS", "SCR", subject=name, SYSBP="1") for name in ("012-0007", "020-0001")]
    (table,) = raw_datasets(study(VITALS), SUBJECTS[:1], records)
    assert [row["SUBJECT"] for row in as_dicts(table)] == ["012-0007"]


def test_raw_when_names_collide_then_every_column_has_its_own() -> None:
    odd = form("ODD", (item("VISIT"), item("A", unit=None), item("A_M")))
    (table,) = raw_datasets(study(odd), SUBJECTS, [record("ODD", "SCR", VISIT="x", A=".ND", A_M="y")])
    names = [variable.name for variable in table.variables]
    assert len(set(names)) == len(names)
    assert as_dicts(table)[0]["VISIT_"] == "x"
    assert as_dicts(table)[0]["A_M_"] == "ND"
    assert as_dicts(table)[0]["A_M"] == "y"


def test_completeness_when_counted_then_values_reasons_and_blanks_add_up() -> None:
    table = completeness_dataset(study(QUESTIONS), [record("Q", "SCR", WEIGHT="70 kg", NOTE=".UNK")])
    (row,) = as_dicts(table)
    counts = {name: row[name] for name in ("ITEMS", "FILLED", "MISSING", "BLANK")}
    assert counts == {"ITEMS": 5, "FILLED": 1, "MISSING": 1, "BLANK": 3}


FILES = {"vs.csv": b"A\r\n1\r\n", "sub/dm.csv": b"B\r\n"}


def with_manifest(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files and their manifest."""
    origins = [Contribution("iv", "1.2"), Contribution("trialkit", "0.1.0"), Contribution("iv", "1.2")]
    return {
        **files,
        "manifest.json": manifest(study(), origins, Position(), {"trialkit": "0.1.0"}, files, {"vs.csv": 1}),
    }


def test_manifest_when_written_then_it_says_what_the_package_was_made_from() -> None:
    content = json.loads(with_manifest(FILES)["manifest.json"])
    assert content["study"] == "KET01"
    assert content["journal"] == {"sequence": 7, "hash": "ab" * 32, "at": "2026-11-01T09:30:00+00:00"}
    assert content["contributions"] == [{"plugin": "iv", "version": "1.2"}, {"plugin": "trialkit", "version": "0.1.0"}]
    assert [entry["name"] for entry in content["files"]] == ["sub/dm.csv", "vs.csv"]
    assert content["files"][1] == {
        "name": "vs.csv",
        "bytes": 6,
        "rows": 1,
        "sha256": hashlib.sha256(FILES["vs.csv"]).hexdigest(),
    }
    assert with_manifest(FILES) == with_manifest(dict(reversed(FILES.items())))


def test_package_when_written_to_a_new_folder_then_it_verifies(tmp_path: Path) -> None:
    write_package(tmp_path / "out", with_manifest(FILES))
    assert (tmp_path / "out" / "sub" / "dm.csv").read_bytes() == b"B\r\n"
    assert verify_package(tmp_path / "out") == ()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_package_when_written_over_an_older_one_then_only_the_new_files_are_there(tmp_path: Path) -> None:
    write_package(tmp_path, with_manifest({**FILES, "old.csv": b"x"}))
    write_package(tmp_path, with_manifest({**FILES, "vs.csv": b"A\r\n2\r\n"}))
    assert verify_package(tmp_path) == ()
    assert not (tmp_path / "old.csv").exists()
    assert (tmp_path / "vs.csv").read_bytes() == b"A\r\n2\r\n"


def test_package_when_the_folder_holds_files_of_others_then_it_is_refused_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "thesis.docx").write_bytes(b"mine")
    with pytest.raises(UsageError) as refused:
        write_package(tmp_path, with_manifest(FILES))
    assert refused.value.code == "X301"
    assert "thesis.docx" in refused.value.message
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.docx"]
    write_package(tmp_path, with_manifest(FILES), force=True)
    assert (tmp_path / "thesis.docx").read_bytes() == b"mine"
    assert verify_package(tmp_path) == (PackageFault("thesis.docx", "not listed"),)


def test_package_when_the_manifest_there_is_not_ours_then_it_counts_as_foreign(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(b'{"name": "a web app"}')
    with pytest.raises(UsageError, match=r"manifest\.json"):
        write_package(tmp_path, with_manifest(FILES))


def test_package_when_files_are_touched_then_verify_names_each(tmp_path: Path) -> None:
    write_package(tmp_path / "out", with_manifest({**FILES, "ae.csv": b"x"}))
    (tmp_path / "out" / "vs.csv").write_bytes(b"A\r\n9\r\n")
    (tmp_path / "out" / "ae.csv").unlink()
    (tmp_path / "out" / "new.csv").write_bytes(b"")
    assert verify_package(tmp_path / "out") == (
        PackageFault("ae.csv", "missing"),
        PackageFault("new.csv", "not listed"),
        PackageFault("vs.csv", "changed"),
    )


@pytest.mark.parametrize("name", ["../vs.csv", "/etc/vs.csv", "a//b", ".hidden", "", "a\\b", "c:x"])
def test_package_when_a_name_leads_out_of_the_folder_then_it_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError) as refused:
        write_package(tmp_path / "out", {name: b""})
    assert refused.value.code == "X302"
    assert not (tmp_path / "out").exists()


def test_package_when_the_folder_is_a_file_then_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(UsageError) as refused:
        write_package(tmp_path / "out", with_manifest(FILES))
    assert refused.value.code == "X303"


def test_package_when_the_parent_is_not_there_then_it_is_made(tmp_path: Path) -> None:
    write_package(tmp_path / "new" / "out", with_manifest(FILES))
    assert verify_package(tmp_path / "new" / "out") == ()


def test_package_when_the_parent_is_a_file_then_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "no").write_text("a file", encoding="utf-8")
    with pytest.raises(StoreError) as failed:
        write_package(tmp_path / "no" / "out", with_manifest(FILES))
    assert failed.value.code == "X304"


@pytest.mark.parametrize("content", [None, b"not json", b"[]", b'{"files": [{"name": "x"}]}'])
def test_verify_when_there_is_no_manifest_to_read_then_it_says_so(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(UsageError) as refused:
        verify_package(tmp_path)
    assert refused.value.code == "X305"
