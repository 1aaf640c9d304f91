"""Proposed mappings, what is unsure: which words are visits and subjects, and what people answer to questions."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from cli_sample import Typist
from messy_studies import NOW
from openpyxl import Workbook

from trialkit.capture.proposing import Column, MappingProposal, Question, Role, Wishes
from trialkit.engine import Engine, begin_study, open_study
from trialkit.engine.mapping_proposal import propose_for, read_for
from trialkit.extension import ReadOptions

MadeOnce = Callable[[str, Callable[[Path], object]], Path]
Rows = Sequence[Sequence[str]]
SUBJECTS = ("012-0001", "012-0002", "012-0003")


def make_study(folder: Path) -> None:
    """A study with subjects of two sites."""
    folder.mkdir(parents=True)
    text = 'study: N\ntitle: T\nprotocol: nasal\nsites: [{site: "012"}, {site: "013"}]\n'
    (folder / "study.yaml").write_text(text, encoding="utf-8")
    with begin_study(folder, "test", lambda: NOW) as engine:
        for name in (*SUBJECTS, "013-0001"):
            engine.add_subject(*name.split("-"))


@pytest.fixture(scope="module")
def engine(made_once: MadeOnce, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """The study, open."""
    folder = shutil.copytree(made_once("asked", make_study), tmp_path_factory.mktemp("asked") / "n")
    with open_study(Path(folder), "test", lambda: NOW) as opened:
        yield opened


@pytest.fixture
def study(made_once: MadeOnce, tmp_path: Path) -> Path:
    """The folder of the study, to be typed in."""
    return Path(shutil.copytree(made_once("asked", make_study), tmp_path / "n"))


def write(path: Path, rows: Rows) -> Path:
    """Write rows as CSV."""
    with path.open("w", encoding="utf-8", newline="") as target:
        csv.writer(target).writerows(rows)
    return path


@pytest.fixture
def propose(engine: Engine, tmp_path: Path) -> Callable[..., MappingProposal]:
    """Proposes a mapping for rows, the first of which are headers."""

    def made(*rows: Sequence[str], visit: str = "", forms: tuple[str, ...] = ()) -> MappingProposal:
        source = read_for(engine.assembly, write(tmp_path / "file.csv", rows), ReadOptions(None, ","))
        return propose_for(engine.assembly, engine.store, source, Wishes("file", visit=visit, forms=forms))

    return made


Propose = Callable[..., MappingProposal]


def by_header(proposal: MappingProposal) -> dict[str, Column]:
    """The columns of a proposal."""
    return {column.header: column for column in proposal.columns}


def becomes(proposal: MappingProposal) -> dict[str, str]:
    """Header to what the column becomes."""
    return {column.header: column.becomes for column in proposal.columns}


def visits(column: Column) -> dict[str, str]:
    """How the texts of a column of visits are read."""
    assert column.key is not None
    return column.key.values


def pressure(header: str, texts: Sequence[str]) -> list[list[str]]:
    """Rows with a subject, the visit under this header, and a blood pressure."""
    subjects = [SUBJECTS[number % len(SUBJECTS)] for number in range(len(texts))]
    rows = [[subject, text, "128"] for subject, text in zip(subjects, texts, strict=True)]
    return [["Subject", header, "SBP"], *rows]


@pytest.mark.parametrize(
    ("header", "texts", "values", "open_texts"),
    [
        ("Visit", ["1", "4", "8"], {"1": "V1"}, ("4", "8")),
        ("Visit", ["0", "3"], {"0": "V0", "3": "V3"}, ()),
        ("Visit", ["1", "4", "36"], {"1": "V1"}, ("4", "36")),
        ("Visit no.", ["1", "4", "8"], {"1": "V1", "4": "V4", "8": "V8"}, ()),
        ("VISITNUM", ["1", "4"], {"1": "V1", "4": "V4"}, ()),
        ("Day", ["1", "4", "8"], {"1": "V1", "4": "V3", "8": "V4"}, ()),
        ("Visit", ["Visit 1", "Visit V4", "Day 8", "visit: 8"],
         {"Visit 1": "V1", "Visit V4": "V4", "Day 8": "V4", "visit: 8": "V8"}, ()),
        ("Visit", ["Visit 4 (Day 8)", "Visit 4 (Day 4)"], {"Visit 4 (Day 8)": "V4"}, ("Visit 4 (Day 4)",)),
        ("Visite", ["Jour 8", "Dag 8", "Tag 4", "D1"], {"Jour 8": "V4", "Dag 8": "V4", "Tag 4": "V3", "D1": "V1"}, ()),
        ("Visit", ["Screening", "Baseline", "Day", "Induction"], {"Screening": "V0"}, ("Baseline", "Day", "Induction")),
        ("Visit", ["V3 (repeat)", "V1"], {}, ("V3 (repeat)",)),
    ],
)  # fmt: skip
def test_visit_when_a_word_fits_one_visit_only_then_it_is_that_one_and_else_it_is_asked(
    header: str, texts: list[str], values: dict[str, str], open_texts: tuple[str, ...], propose: Propose
) -> None:
    proposal = propose(*pressure(header, texts))

    column = by_header(proposal)[header]
    assert (column.role, visits(column), column.open_texts) == (Role.VISIT, values, open_texts)
    assert bool([asked for asked in proposal.questions if asked.header == header]) == bool(open_texts)


def test_visit_when_numbers_may_be_visits_or_days_then_one_answer_says_it_for_all(propose: Propose) -> None:
    proposal = propose(*pressure("Visit", ["1", "4", "8"]))
    asked = proposal.questions[0]

    assert [option.text for option in asked.options] == [
        "numbers of visits: '1' V1, '4' V4, '8' V8",
        "study days: '1' V1, '4' V3, '8' V4",
    ]
    assert visits(by_header(proposal.answer(asked, 0))["Visit"]) == {"1": "V1", "4": "V4", "8": "V8"}
    days = proposal.answer(asked, 1)
    assert visits(by_header(days)["Visit"]) == {"1": "V1", "4": "V3", "8": "V4"}
    assert days.questions == ()


@pytest.mark.parametrize(
    "header",
    ["Pt no.", "Pat-ID", "Deelnemer", "Proband", "Patientennummer", "Paciente", "Sujeto", "N° patient", "Screening nr",
     "Patiant ID", "Kolom 1"],
)  # fmt: skip
def test_subject_when_all_texts_are_subjects_then_the_column_is_it_whatever_its_header_says(
    header: str, propose: Propose
) -> None:
    proposal = propose([header, "Visit", "SBP"], *([name, "V1", "128"] for name in SUBJECTS))
    assert (by_header(proposal)[header].role, proposal.questions) == (Role.SUBJECT, ())


def test_subject_when_two_columns_hold_subjects_then_a_person_says_which(propose: Propose) -> None:
    proposal = propose(["A", "B", "SBP"], *([name, name, "128"] for name in SUBJECTS), visit="V1")
    asked = proposal.questions[0]

    assert asked.text == "Which column names the subject?"
    answered = proposal.answer(asked, [option.name for option in asked.options].index("B"))
    assert [column.role for column in answered.columns] == [Role.UNDECIDED, Role.SUBJECT, Role.ITEM]


def test_subject_when_it_stands_in_the_upper_of_two_header_rows_then_it_is_found(propose: Propose) -> None:
    rows = [["Subject", "Visit 1", "", "Visit 4", ""], ["", "SBP", "DBP", "SBP", "DBP"]]
    proposal = propose(*rows, *([name, "128", "82", "130", "84"] for name in SUBJECTS))

    assert list(becomes(proposal).values()) == [
        "subject", "VS.SYSBP at V1", "VS.DIABP at V1", "VS.SYSBP at V4", "VS.DIABP at V4",
    ]  # fmt: skip


def test_subject_when_site_and_number_together_name_one_then_both_make_it(propose: Propose) -> None:
    head = ["Site", "Pat", "Visit", "SBP"]
    exact = propose(head, ["012", "0001", "V1", "128"], ["013", "0001", "V1", "130"])
    lost = propose(head, ["12", "1", "V1", "128"], ["012", "0002", "V1", "130"], ["012", "77", "V1", "130"])

    key = by_header(exact)["Pat"].key
    assert key is not None
    assert (key.template, key.values, exact.questions) == ("{Site}-{Pat}", {}, ())
    assert becomes(exact)["Site"] == "site"
    (asked,) = lost.questions
    assert asked.text == "Zeros may have been lost: is '12-1' 012-0001?"
    told = by_header(lost.answer(asked, 0))["Pat"].key
    assert told is not None
    assert told.values == {"12-1": "012-0001"}


class Terminal(io.StringIO):
    """Typed lines, as from a terminal."""

    def isatty(self) -> bool:
        """It says that it is one."""
        return True


def typed(
    type_command: Typist, study: Path, monkeypatch: pytest.MonkeyPatch, rows: Rows, answers: Sequence[str]
) -> tuple[str, str]:
    """What was said and what was written after a person answered."""
    file, output = write(study / "file.csv", rows), study / "m.yaml"
    monkeypatch.setattr("sys.stdin", Terminal("".join(f"{answer}\n" for answer in answers)))
    said = type_command(study, "workbook", "map", str(file), "-o", str(output)).err
    return said, output.read_text("utf-8") if output.exists() else ""


def test_answers_when_subject_and_visit_are_not_recognised_then_a_person_says_so_and_all_is_written(
    type_command: Typist, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Who", "When", "SBP"], ["0001x", "first", "128"], ["0002x", "second", "130"]]

    said, text = typed(type_command, study, monkeypatch, rows, ["who", "when", "V1", "v4"])

    assert "Which column names the subject?\n  1  Who: '0001x', '0002x'\n  2  When: 'first', 'second'" in said
    assert "subject: {column: Who}" in text
    assert "visit: {column: When, values: {first: V1, second: V4}}" in text


def test_answers_when_the_whole_file_is_about_one_visit_then_its_name_is_enough(
    type_command: Typist, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Who", "SBP", "What"], ["0001x", "128", "a"]]
    said, text = typed(type_command, study, monkeypatch, rows, ["1", "V4", "nope", "i"])

    assert "  3  the whole file is about one visit: V0, Screening / prospective AD phase\n" in said
    assert "nope is none of these answers." in said
    assert "visit: {value: V4}" in text
    assert "ignore: [What]" in text


def test_answers_when_a_column_is_called_subject_or_visit_then_it_is(
    type_command: Typist, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Who", "When", "SBP", "x"], *([name, "V1", "128", "T+40"] for name in SUBJECTS)]
    _, text = typed(type_command, study, monkeypatch, rows, ["", "visit", "timepoint"])

    assert "visit: {column: When}" in text
    assert "timepoint: {column: x}" in text


def test_answers_when_one_text_is_odd_then_its_meaning_is_chosen_and_the_column_stays(
    type_command: Typist, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = ["Subject", "Visit", "Time point", "SBP", "Nausea", "O2SUPP"]
    rows = [["012-0001", "V1", "PRE", "128", "0", "Y"], ["012-0002", "Baseline", "2h post", "-9", "1", "perhaps"]]
    said, text = typed(type_command, study, monkeypatch, [head, *rows], ["v1", "t+120", "r", "2", "N", "", ""])

    assert "Visit: visit: what does 'Baseline' mean?\n" in said
    assert "Time point: timepoint: what does '2h post' mean?\n" in said
    assert "r is none of these answers." in said
    assert "values: {Baseline: V1}" in text
    assert "values: {2h post: T+120}" in text
    assert "SYSBP: {column: SBP, missing: {'-9': ND}}" in text
    assert "values: {perhaps: N}" in text


def test_answers_when_a_group_is_no_visit_then_one_answer_places_all_its_columns(propose: Propose) -> None:
    rows = [["Subject", "First", "", "Visit 4", ""], ["", "SBP", "DBP", "SBP", "DBP"]]
    proposal = propose(*rows, *([name, "128", "82", "130", "84"] for name in SUBJECTS))
    (asked,) = proposal.questions

    assert asked.text == "Which visit is 'First'?"
    answered = proposal.answer(asked, [option.name for option in asked.options].index("V1"))
    assert list(becomes(answered).values())[1:3] == ["VS.SYSBP at V1", "VS.DIABP at V1"]
    assert answered.questions == ()


def test_answers_when_a_sheet_is_proposed_again_then_what_a_person_said_about_columns_stands(propose: Propose) -> None:
    proposal = propose(["Subject", "When", "odd"], ["012-0001", "V1", "70"], ["012-0002", "V1", "71"])
    item = next(asked for asked in proposal.questions if asked.header == "odd")
    form = proposal.study.forms["VS"]
    pulse = form.item("PULSE")
    assert pulse is not None

    named = proposal.name_item(item, form, pulse)
    (visit,) = [asked for asked in named.questions if asked.text == "Which column names the visit?"]
    answered = named.answer(visit, [option.name for option in visit.options].index("When"))

    assert becomes(answered) == {"Subject": "subject", "When": "visit", "odd": "VS.PULSE"}
    assert answered.questions == ()


def test_questions_when_an_import_would_refuse_a_text_then_it_is_asked_about_once(propose: Propose) -> None:
    proposal = propose(["Subject", "Visit", "SBP"], ["012-0001", "V1", "128"], ["012-0002", "V1", "-9"])

    wider = proposal.ask_about({"SBP": ("-9", "high"), "Visit": (), "gone": ("x",)})

    assert [asked.text for asked in wider.questions] == [
        "VS.SYSBP: what does '-9' mean?",
        "VS.SYSBP: what does 'high' mean?",
    ]
    assert by_header(wider)["SBP"].open_texts == ("-9", "high")


@pytest.mark.parametrize(
    ("header", "texts", "open_texts", "missing"),
    [
        ("BP", ["120/80", "121/80"], (), []),
        ("BP (mmHg)", ["120/80", "121 / 80"], (), []),
        ("BP", ["120/80", "121/80", "not done"], (), ["not done"]),
        ("BP", ["120/80", "118 (repeat)/77", "n.d."], ("118 (repeat)/77",), ["n.d."]),
        ("Bloeddruk", ["120/80", "122/84 (L arm)", "125-79"], ("122/84 (L arm)", "125-79"), []),
    ],
)
def test_pressure_when_most_cells_hold_two_numbers_then_the_odd_ones_wait(
    header: str, texts: list[str], open_texts: tuple[str, ...], missing: list[str], propose: Propose
) -> None:
    rows = [[SUBJECTS[place], "V1", text, "36.8", "12"] for place, text in enumerate(texts)]
    column = by_header(propose(["Subject", "Visit", header, "Temp", "Resp"], *rows))[header]

    assert column.becomes == "VS.SYSBP, VS.DIABP"
    assert column.open_texts == open_texts
    assert [list(target.rule.missing) for target in column.targets] == [missing, missing]


def test_pressure_when_few_cells_hold_two_numbers_then_it_is_no_pressure(propose: Propose) -> None:
    rows = [[name, "V1", text] for name, text in zip(SUBJECTS, ["120/80", "high", "low"], strict=True)]
    assert becomes(propose(["Subject", "Visit", "BP"], *rows))["BP"] == "undecided"


SHEETS = {
    "medication": (
        ["Drug", "Dose", "Unit", "Freq", "Route", "Start", "Stop", "Ongoing?", "Indication"],
        ["sertraline", "50", "mg", "QD", "oral", "2024-01-01", "2024-02-01", "N", "sleep"],
        ["CM.CMTRT", "CM.CMDOSE", "CM.CMDOSU", "CM.CMDOSFRQ", "CM.CMROUTE", "CM.CMSTDAT", "CM.CMENDAT", "CM.CMONGO",
         "CM.CMINDC"],
    ),
    "events": (
        ["Adverse event", "Onset date", "Resolved date", "Causality", "Action taken", "Outcome"],
        ["Nausea", "2026-01-02", "2026-01-03", "RELATED", "DOSE NOT CHANGED", "RECOVERED/RESOLVED"],
        ["AE.AETERM", "AE.AESTDAT", "AE.AEENDAT", "AE.AEREL", "AE.AEACN", "AE.AEOUT"],
    ),
    "ecg": (["QTcF", "HR", "PR"], ["408", "66", "160"], ["EG.QTCF", "EG.EGHR", "EG.PR"]),
    "pre-dose": (
        ["Escort", "Decision", "SpO2", "Pulse"],
        ["Y", "GO", "98", "72"],
        ["PD.PDESCORT", "PD.PDDEC", "PD.PDSPO2", "PD.PDPULSE"],
    ),
    "vital signs": (
        ["Visit date", "VS date", "Sys", "Dia", "Pulse", "Spo2"],
        ["2026-01-02", "2026-01-03", "128", "82", "72", "98"],
        ["SV.SVSTDAT", "VS.VSDAT", "VS.SYSBP", "VS.DIABP", "VS.PULSE", "VS.OXYSAT"],
    ),
    "signes vitaux": (
        ["Pouls", "Température (°C)", "Poids (kg)"], ["72", "36.8", "80"], ["VS.PULSE", "VS.TEMP", "VS.WEIGHT"],
    ),
}  # fmt: skip
"""Headers and a row of a sheet, and what its columns are: items of the form that the whole sheet is about."""


@pytest.mark.parametrize("sheet", SHEETS)
def test_form_when_the_rest_of_a_sheet_is_about_one_then_what_several_forms_have_goes_to_it(
    sheet: str, propose: Propose
) -> None:
    headers, row, expected = SHEETS[sheet]
    visit = "V0" if sheet == "ecg" else "V1"
    found = becomes(propose(["Subject", *headers], [SUBJECTS[0], *row], visit=visit))
    assert list(found.values()) == ["subject", *expected]


def test_form_when_the_sheet_is_rather_about_another_that_has_such_an_item_then_it_is_asked(propose: Propose) -> None:
    head = ["Subject", "CMTRT", "CMROUTE", "CMINDC", "In which unit is that dose", "What was the dose"]
    proposal = propose(head, [SUBJECTS[0], "x", "oral", "sleep", "mg", "50"], visit="V1")

    assert becomes(proposal)["What was the dose"] == "undecided"
    assert "What was the dose" in {asked.header for asked in proposal.questions}


@pytest.mark.parametrize(
    ("headers", "is_asked"),
    [
        (["Sleep", "Appetite", "Concentration"], True),
        (["Apparent sadness", "Reported sadness", "Inner tension", "Sleep", "Appetite"], False),
        (["Apparent sadness", "Reported sadness", "Inner tension", "Sleep", "Appetite", "PHQ-9 total"], True),
        (["MADR04"], False),
    ],
)
def test_scale_when_few_of_its_questions_are_there_or_another_is_named_then_it_is_asked(
    headers: list[str], is_asked: bool, propose: Propose
) -> None:
    rows = [[name, *("2" for _ in headers)] for name in SUBJECTS]

    proposal = propose(["Subject", *headers], *rows, visit="V1")
    hinted = propose(["Subject", *headers], *rows, visit="V1", forms=("MADRS",))

    columns = [column for column in proposal.columns[1:] if "total" not in column.header]
    assert {column.role for column in columns} == {Role.UNDECIDED if is_asked else Role.ITEM}
    asked = [question for question in proposal.questions if question.header == headers[0]]
    assert [question.options[0].text[:10] for question in asked] == ["MADRS.MADR"] * is_asked
    assert all(column.role is Role.ITEM for column in hinted.columns[1:] if "total" not in column.header)


def test_initials_when_the_form_of_the_sheet_asks_for_some_then_it_is_a_question_and_else_they_are_ignored(
    propose: Propose,
) -> None:
    timed = propose(["Subject", "Time point", "SBP", "Initials"], ["012-0001", "PRE", "128", "KL"], visit="V1")
    plain = propose(["Subject", "SBP", "DBP", "Initials"], ["012-0001", "128", "82", "KL"], visit="V1")

    assert by_header(timed)["Initials"].reason == "may be TM.TMINIT (95)"
    assert [asked.header for asked in timed.questions] == ["Initials"]
    assert by_header(plain)["Initials"].role is Role.IGNORE


def test_blanks_when_cells_are_merged_then_they_mean_what_stands_above_and_else_it_is_asked(
    engine: Engine, propose: Propose, tmp_path: Path
) -> None:
    rows = [["Subject", "Visit", "SBP"], ["012-0001", "V1", "128"], ["", "", "130"], ["012-0002", "V1", "131"]]
    book = Workbook()
    for row in rows:
        book.worksheets[0].append(row)
    book.worksheets[0].merge_cells("A2:A3")
    book.worksheets[0].merge_cells("B2:B3")
    book.save(tmp_path / "merged.xlsx")
    source = read_for(engine.assembly, tmp_path / "merged.xlsx", ReadOptions(None, None))

    merged = propose_for(engine.assembly, engine.store, source, Wishes("merged"))
    plain = propose(*rows)
    answered = plain.answer(plain.questions[0], 0)

    assert (merged.draft.fill_down, merged.questions) == (("Subject", "Visit"), ())
    assert plain.draft.fill_down == ()
    assert [asked.text for asked in plain.questions] == [
        "subject: does a blank cell mean the same as the cell above it (row 3)?",
        "visit: does a blank cell mean the same as the cell above it (row 3)?",
    ]
    assert answered.draft.fill_down == ("Subject",)
    assert [asked.header for asked in answered.questions] == ["Visit"]


def test_answers_when_one_follows_another_then_each_of_them_stands(propose: Propose) -> None:
    rows = [["Who", "Visit", "SBP"], ["a", "1", "128"], ["", "8", "-9"], ["b", "first", "131"]]
    names = {"Which column names the subject?": "Who", "Are its numbers the numbers of visits or study days?": "day"}
    proposal = propose(*rows)

    seen: list[str] = []
    while left := [asked for asked in proposal.questions if asked.text not in seen]:
        asked = left[0]
        seen.append(asked.text)
        wanted = names.get(asked.text)
        place = 0 if wanted is None else [option.name for option in asked.options].index(wanted)
        proposal = proposal.answer(asked, place)

    visit = by_header(proposal)["Visit"]
    assert (proposal.draft.fill_down, visits(visit)) == (("Who",), {"1": "V1", "8": "V4", "first": "V0"})
    assert by_header(proposal)["SBP"].targets[0].rule.missing == {"-9": "UNK"}
    assert by_header(proposal)["Who"].role is Role.SUBJECT


def test_answers_when_another_column_is_called_the_visit_later_then_only_that_one_is(propose: Propose) -> None:
    proposal = propose(["Subject", "A", "B", "x"], ["012-0001", "first", "V1", "70"], ["012-0002", "other", "V4", "71"])

    def asked(text: str, header: str) -> Question:
        return next(one for one in proposal.questions if one.header == header and one.text.startswith(text))

    proposal = proposal.set_role(asked("Which item", "A"), Role.VISIT)
    proposal = proposal.answer(asked("visit: what does 'first'", "A"), 1)
    proposal = proposal.set_role(asked("Which item", "x"), Role.TIMEPOINT)
    kept = by_header(proposal)["A"]
    proposal = proposal.set_role(asked("Which item", "B"), Role.VISIT)

    assert (kept.role, visits(kept)) == (Role.VISIT, {"first": "V1"})
    assert [column.role for column in proposal.columns] == [
        Role.SUBJECT, Role.UNDECIDED, Role.VISIT, Role.TIMEPOINT,
    ]  # fmt: skip


def test_answers_when_there_are_many_then_they_are_shown_once_for_the_texts_of_a_column(
    type_command: Typist, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [["Subject", "Visit", "SBP"], ["012-0001", "first", "128"], ["012-0002", "second", "130"]]
    said, text = typed(type_command, study, monkeypatch, rows, ["v1", "2"])

    assert said.count("  2  V1: Induction dose 1\n") == 1
    assert "what does 'second' mean?\n  1 to 32 as before\n" in said
    assert "values: {first: V1, second: V1}" in text


def test_answers_when_numbers_are_neither_visits_nor_days_then_each_of_them_can_be_told(propose: Propose) -> None:
    rows = [["Subject", "Week", "SBP"], ["012-0001", "1", "128"], ["012-0002", "2", "130"]]
    proposal = propose(*rows)
    week = next(asked for asked in proposal.questions if asked.header == "Week")

    told = proposal.set_role(week, Role.VISIT)

    assert (by_header(told)["Week"].open_texts, visits(by_header(told)["Week"])) == (("1", "2"), {})
    assert [asked.text for asked in told.questions] == [
        "Are its numbers the numbers of visits or study days?",
        "visit: what does '1' mean?",
        "visit: what does '2' mean?",
    ]
    assert visits(by_header(told.answer(told.questions[0], 0))["Week"]) == {"1": "V1", "2": "V2"}
