"""The schedule of activities: marks, footnotes, days and windows, alike visits, timepoints, open points."""

from __future__ import annotations

import pytest
from document_sample import ROUTES, route_study, small_study
from hypothesis import given
from hypothesis import strategies as st

from trialkit.document import make_schedule, schedule_blocks
from trialkit.document.column_parts import column_parts
from trialkit.document.schedule.table import ScheduleTable, cell_text
from trialkit.document.visit_words import run_words, short_modes, window_words
from trialkit.errors import UsageError
from trialkit.model.interval import Interval


def _marks(table: ScheduleTable, form: str) -> list[str]:
    """The cells of a form, from left to right."""
    row = next(row for group in table.groups for row in group.rows if row.form == form)
    return [cell_text(cell) for cell in row.cells]


def test_schedule_when_forms_are_required_optional_or_conditional_then_marks_say_so() -> None:
    table = make_schedule(small_study())

    assert _marks(table, "VS") == ["X", "X", "", "", "", "Cb,c"]
    assert _marks(table, "PHQ") == ["O", "Cb×1", "X", "X", "X", ""]
    assert _marks(table, "TM") == ["", "X×2", "", "", "", ""]


def test_schedule_when_marks_have_footnotes_then_each_text_has_one_letter() -> None:
    table = make_schedule(small_study())

    assert [(note.mark, note.text) for note in table.footnotes] == [
        ("a", "Come fasting."),
        ("b", "=participant of childbearing potential"),
        ("c", "Only when they come."),
    ]
    assert table.columns[1].notes == ("a",)


def test_schedule_when_visits_have_targets_then_days_and_windows_stand_in_words() -> None:
    columns = make_schedule(small_study()).columns

    assert [column.day for column in columns] == ["-28 to -2", "1", "8", "16", "24", "last dose +7"]
    assert [column.window for column in columns] == ["", "0", "-1/+2", "-1/+2", "-1/+2", "±3"]
    assert columns[2].mode_words == "home + video, video"


def test_schedule_when_epochs_change_then_spans_follow() -> None:
    spans = make_schedule(small_study()).epochs

    assert [(span.epoch, span.columns) for span in spans] == [("SCREENING", 1), ("TREATMENT", 4), ("FOLLOW-UP", 1)]


def test_schedule_when_forms_differ_in_kind_then_they_are_grouped() -> None:
    groups = make_schedule(small_study()).groups

    assert [(group.title, [row.form for row in group.rows]) for group in groups] == [
        ("Records of a visit", ["VS"]),
        ("Rating scales and questionnaires", ["PHQ"]),
        ("Within a dosing day", ["TM"]),
        ("Whenever it happens", ["AE"]),
    ]
    assert groups[-1].rows[0].remark == "at any visit"


def test_schedule_when_compact_then_neighbours_that_are_alike_share_a_column() -> None:
    table = make_schedule(small_study(), compact=True)

    assert [column.name for column in table.columns] == ["V0", "V1", "H1–H3", "FU"]
    assert table.columns[2].visits == ("H1", "H2", "H3")
    assert (table.columns[2].day, table.columns[2].label) == ("8, 16, 24", "Home 1 … Home 3")
    assert _marks(table, "PHQ") == ["O", "Cb×1", "X", ""]


def test_schedule_when_a_day_has_timepoints_then_its_grid_is_in_order() -> None:
    (grid,) = make_schedule(small_study()).grids

    assert grid.where == "V1"
    assert [(point.timepoint, point.minutes, point.window) for point in grid.columns] == [
        ("PRE", "-30", "-30/+25"),
        ("T+40", "+40", "±5"),
    ]
    assert [(row.form, [cell_text(cell) for cell in row.cells]) for row in grid.rows] == [
        ("TM", ["X", "X"]),
        ("PHQ", ["", "Cb"]),
    ]


def test_schedule_when_something_is_open_then_it_is_listed() -> None:
    table = make_schedule(small_study())

    assert table.to_confirm == ("Are the windows right?", "Limit (limit = 140 mmHg): Which limit is yours?")
    assert table.restrictions == ("Visits tagged DOSING take place only as clinic: Never at home.",)


def test_schedule_when_one_visit_is_chosen_then_the_others_are_left_out() -> None:
    table = make_schedule(small_study(), ["FU"])

    assert [column.name for column in table.columns] == ["FU"]
    assert table.grids == ()
    assert table.restrictions == ()


def test_schedule_when_a_visit_is_unknown_then_it_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r"U111.*Did you mean FU"):
        make_schedule(small_study(), ["FUX"])


@pytest.mark.parametrize("route", ROUTES)
def test_schedule_when_made_of_a_protocol_then_every_scheduled_record_is_counted(route: str) -> None:
    study = route_study(route)
    table = make_schedule(study)

    shown = {
        (column.name, row.form): sum(max(len(mark.timepoints), 1) for mark in cell)
        for group in table.groups
        for row in group.rows
        for column, cell in zip(table.columns, row.cells, strict=True)
        if cell
    }
    wanted: dict[tuple[str, str], int] = {}
    for visit in study.protocol.visits:
        for entry in visit.forms:
            wanted[visit.visit, entry.form] = wanted.get((visit.visit, entry.form), 0) + len(entry.places)
    once = {key for key, count in wanted.items() if count != shown.get(key)}
    assert sum(wanted.values()) > 100
    assert once == set()


@pytest.mark.parametrize("route", ROUTES)
def test_schedule_when_made_of_a_protocol_then_each_grid_belongs_to_its_visits(route: str) -> None:
    study = route_study(route)
    table = make_schedule(study)

    shown = {
        (visit, row.form, column.timepoint)
        for grid in table.grids
        for visit in grid.visits
        for row in grid.rows
        for column, cell in zip(grid.columns, row.cells, strict=True)
        if cell
    }
    wanted = {
        (visit.visit, entry.form, point)
        for visit in study.protocol.visits
        for entry in visit.forms
        for point in entry.timepoints
    }
    assert wanted
    assert shown == wanted


@pytest.mark.parametrize("width", [40, 80, 132])
@pytest.mark.parametrize("route", ROUTES)
def test_text_when_a_terminal_is_narrow_then_no_line_is_wider(route: str, width: int) -> None:
    table = make_schedule(route_study(route))

    lines = [
        line
        for block in schedule_blocks(table, width)
        for line in (*block.title.split("\n"), *block.header, *block.rows)
    ]
    assert max(len(line) for line in lines) <= width
    assert not any(line != line.rstrip() for line in lines)


def test_text_when_visits_do_not_fit_then_every_visit_stands_in_one_block() -> None:
    table = make_schedule(route_study("oral"))

    titles = [block for block in schedule_blocks(table, 80) if block.title.startswith("Schedule of activities")]
    names = [word.partition("(")[0] for block in titles for word in _line(block.header, "Visit").split()[1:]]
    assert len(titles) > 2
    assert names == [column.name for column in table.columns]


def _line(lines: tuple[str, ...], name: str) -> str:
    return next(line for line in lines if line.startswith(name))


def test_text_when_small_then_a_row_shows_form_title_and_marks() -> None:
    block = schedule_blocks(make_schedule(small_study()), 100)[0]

    row = _line(block.rows, "PHQ")
    assert row.split() == ["PHQ", "Questionnaire", "O", "Cb×1", "X", "X", "X"]
    assert "Rating scales and questionnaires" in block.headings


@pytest.mark.parametrize(
    ("window", "words"),
    [("-1..1", "±1"), ("-1..2", "-1/+2"), ("0..0", "0"), ("..3", "to +3"), ("-2..", "from -2"), ("0..15", "0/+15")],
)
def test_window_when_put_into_words_then_signs_are_plain(window: str, words: str) -> None:
    assert window_words(Interval.model_validate(window)) == words


def test_modes_when_shortened_then_no_two_are_the_same() -> None:
    assert short_modes(["CLINIC", "CALL", "HOME+VIDEO"]) == {"CALL": "CA", "CLINIC": "CL", "HOME+VIDEO": "H+V"}


def test_names_when_neighbours_then_they_are_drawn_together() -> None:
    assert run_words(["V5", "V1", "V3", "V4"], ["V1", "V2", "V3", "V4", "V5"]) == "V1, V3–V5"
    assert run_words(["V1", "V2"], ["V1", "V2"]) == "V1, V2"


@given(st.lists(st.integers(1, 30), max_size=60), st.integers(5, 60))
def test_columns_when_parted_then_each_is_there_once_and_parts_fit(widths: list[int], room: int) -> None:
    parts = column_parts(widths, room)

    assert [place for part in parts for place in part] == list(range(len(widths)))
    assert all(sum(widths[place] for place in part) <= room or len(part) == 1 for part in parts)
