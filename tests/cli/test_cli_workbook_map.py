"""``trialkit workbook map`` as it is typed: the sure part is written, the rest asked, and next month what differs."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_sample import Typist
from messy_studies import make_studies

MadeOnce = Callable[[str, Callable[[Path], object]], Path]
LONG = "pt,visit,sbp,dbp,SpO2,note,mystery\n0401,V0,128,82,98%,fine,a\n0402,V 3,n/d,-9,97,,b\n"


@pytest.fixture
def study(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a study for infusions, to be changed at will."""
    return Path(shutil.copytree(made_once("messy", make_studies) / "iv", tmp_path_factory.mktemp("map") / "iv"))


def test_map_when_nobody_is_there_then_the_sure_part_is_written_and_the_rest_waits(
    type_command: Typist, study: Path, tmp_path: Path
) -> None:
    (tmp_path / "long.csv").write_text(LONG, "utf-8")
    words = ["workbook", "map", str(tmp_path / "long.csv"), "-o", str(tmp_path / "m.yaml"), "--enrol"]

    typed = type_command(study, *words)

    assert typed.code == 1
    assert "to decide mystery: no item is called so" in typed.err
    text = (tmp_path / "m.yaml").read_text("utf-8")
    assert "      SYSBP: {column: sbp, missing: {n/d: ND}}  # 95: a synonym (abbreviation)" in text
    assert "visit: {column: visit, values: {V 3: V3}}" in text
    assert "  mystery: []  # to decide: no item is called so" in text
    assert "  dbp: ['-9']  # to decide: what these mean for VS.DIABP" in text
    imported = type_command(study, "import", str(tmp_path / "long.csv"), "--map", str(tmp_path / "m.yaml"), "--dry-run")
    assert "because the mapping leaves them undecided: mystery" in imported.err
    assert "C3: error N101: DIABP: '-9'" in imported.err or "D3: error" in imported.err
    assert type_command(study, *words).err.startswith("error B101")
    assert type_command(study, *words, "--force").code == 1


def test_map_when_a_form_is_not_due_at_the_visits_then_the_item_is_named_with_the_reason(
    type_command: Typist, study: Path, tmp_path: Path
) -> None:
    (tmp_path / "v2.csv").write_text("pt,visit,sbp,mystery\n0401,V2,128,a\n", "utf-8")
    typed = type_command(study, "workbook", "map", str(tmp_path / "v2.csv"), "-o", str(tmp_path / "m.yaml"), "--enrol")
    told = "TM.SYSBP, VS.SYSBP would fit, but their forms are not due at the visits or timepoints of these rows"
    assert f"to decide sbp: {told}" in typed.err
    assert "to decide mystery: no item is called so" in typed.err


def test_map_when_a_person_answers_then_questions_are_numbered_and_the_answers_are_written(
    type_command: Typist, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "long.csv").write_text(LONG.replace("V0,128", "V0,-9").replace("n/d,-9", "120,-9"), "utf-8")
    monkeypatch.setattr("sys.stdin", Terminal("7\n1\n1\nvs.nope\n\n"))

    typed = type_command(
        study, "workbook", "map", str(tmp_path / "long.csv"), "-o", str(tmp_path / "m.yaml"), "--enrol"
    )

    assert "VS.SYSBP: what does '-9' mean?\n  1  no value: unknown\n" in typed.err
    text = (tmp_path / "m.yaml").read_text("utf-8")
    assert "SYSBP: {column: sbp, missing: {'-9': UNK}}  # 100: a person says so; a synonym" in text
    assert "  dbp:" not in text
    assert "7 is none of these answers." in typed.err
    assert "vs.nope is none of these answers." in typed.err


def test_map_when_a_person_names_an_item_then_it_is_taken_and_one_that_is_taken_already_is_told(
    type_command: Typist, study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "odd.csv").write_text("pt,visit,sbp,one,two\n0401,V0,128,82,70\n", "utf-8")
    words = ["workbook", "map", str(tmp_path / "odd.csv"), "--enrol", "--force", "-o", str(tmp_path / "m.yaml")]

    monkeypatch.setattr("sys.stdin", Terminal("VS.DIABP\nvs.pulse\n"))
    named = type_command(study, *words)
    text = (tmp_path / "m.yaml").read_text("utf-8")
    monkeypatch.setattr("sys.stdin", Terminal("vs.sysbp\n\n\n\n"))
    doubled = type_command(study, *words)

    assert named.code == 0
    assert "DIABP: {column: one}  # 100: a person says so; named by hand; numbers from 30 to 160" in text
    assert "to decide sbp: sbp, one may all be VS.SYSBP" in doubled.err
    assert "to decide one: sbp, one may all be VS.SYSBP" in doubled.err


class Terminal(io.StringIO):
    """Typed lines, as from a terminal."""

    def isatty(self) -> bool:
        """It says that it is one."""
        return True


def test_map_when_machines_ask_then_columns_questions_and_the_mapping_are_one_document(
    type_command: Typist, study: Path, tmp_path: Path
) -> None:
    (tmp_path / "long.csv").write_text(LONG, "utf-8")

    typed = type_command(study, "workbook", "map", str(tmp_path / "long.csv"), "--json")

    (sheet,) = typed.data["sheets"]
    assert {column["header"]: column["items"] for column in sheet["columns"]}["SpO2"] == ["VS.OXYSAT"]
    assert {question["header"] for question in sheet["questions"]} == {"dbp", "mystery"}
    assert sheet["mapping"].startswith("# Proposed from long.csv.")
    assert sheet["written"] is None


def test_map_when_a_workbook_has_several_sheets_then_each_gets_a_mapping_that_imports(
    type_command: Typist, demo: Path, tmp_path: Path
) -> None:
    typed = type_command(demo, "workbook", "map", "incoming/site012.xlsx", "-o", str(tmp_path / "m.yaml"))

    assert typed.code == 1
    made = sorted(path.name for path in tmp_path.glob("m-*.yaml"))
    sheets = ("dosing-checks", "infusions", "madrs", "patients", "visits", "vital-signs")
    assert made == [f"m-{sheet}.yaml" for sheet in sheets]
    tables = typed.out.split("COLUMN ")[1:]
    assert ["undecided" in table for table in tables] == [False] * 5 + [True] * 2  # consents name no visit
    maps = [word for name in made for word in ("--map", str(tmp_path / name))]
    imported = type_command(demo, "import", "incoming/site012.xlsx", *maps, "--dry-run")
    assert "error D" not in imported.err
    assert {line.split("error ")[1][:4] for line in imported.err.splitlines() if "error " in line} <= {
        "M101", "M103", "N101", "V103", "VS00", "M109", "PD00",
    }  # fmt: skip


def test_map_when_the_file_of_next_month_differs_then_only_that_is_told_and_the_mapping_grows(
    type_command: Typist, study: Path, tmp_path: Path
) -> None:
    first, second, third = (tmp_path / name for name in ("first.csv", "second.csv", "third.csv"))
    first.write_text("pt,visit,sbp\n0401,V0,128\n", "utf-8")
    second.write_text("pt,visit,sbp,dbp,odd\n0401,V0,hoch,82,1\n0402,V9x,120,80,2\n", "utf-8")
    third.write_text("pt,visit,systolic\n0401,V0,128\n", "utf-8")
    type_command(study, "workbook", "map", str(first), "-o", str(tmp_path / "m.yaml"), "--enrol")
    previous = ["--previous", str(tmp_path / "m.yaml")]

    same = type_command(study, "workbook", "map", str(first), *previous)
    grown = type_command(study, "workbook", "map", str(second), *previous, "-o", str(tmp_path / "n.yaml"))
    gone = type_command(study, "workbook", "map", str(third), *previous)
    again = type_command(study, "workbook", "map", str(second), "--previous", str(tmp_path / "n.yaml"), "--json")

    assert (same.code, same.err) == (0, "Nothing differs: the mapping knows every column and every text of the file.\n")
    assert grown.code == 1
    assert grown.err.splitlines()[:4] == [
        "new dbp: VS.DIABP (a synonym (abbreviation); numbers from 30 to 160)",
        "new odd: undecided (no item is called so)",
        "new visit: no rule says what these mean: 'V9x'",
        "new sbp: no rule says what these mean: 'hoch'",
    ]
    assert "      DIABP: {column: dbp}  # 95: a synonym" in (tmp_path / "n.yaml").read_text("utf-8")
    assert (again.code, again.data["new"], again.data["open_texts"]) == (0, [], {})
    assert (gone.code, gone.err.splitlines()[0][:8]) == (1, "gone sbp")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["nothere.csv"], 8, "S101"),
        (["long.csv", "--form", "NOPE"], 2, "U110"),
        (["long.csv", "--visit", "NOPE"], 2, "U111"),
        (["long.csv", "--previous", "long.csv"], 9, "D1"),
        (["twins.csv"], 1, "several columns are called so"),
        (["bare.csv"], 1, "no column is recognised as the one that names the subject"),
    ],
)
def test_map_when_it_can_not_be_done_then_one_line_says_why(
    words: list[str], code: int, said: str, type_command: Typist, study: Path, tmp_path: Path
) -> None:
    (tmp_path / "long.csv").write_text(LONG, "utf-8")
    (tmp_path / "twins.csv").write_text("ID,ID\n1,2\n", "utf-8")
    (tmp_path / "bare.csv").write_text("a\n", "utf-8")
    before = sorted(tmp_path.iterdir())

    typed = type_command(study, "workbook", "map", *(str(tmp_path / w) if w.endswith(".csv") else w for w in words))

    assert (typed.code, said in typed.err) == (code, True), typed.err
    assert sorted(tmp_path.iterdir()) == before
