"""``trialkit form diff``: what is different, what it means for stored values, and what is said where nothing is."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cli_sample import Typist, journal_length, type_first
from form_sample import FILES, change, write


@pytest.fixture(scope="session")
def _small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("diff") / "small", FILES)
    type_first(folder, "init .", "subject add 012 0001", "enter 012-0001 V1 VS --set VSPERF=Y --set SYSBP=128")
    return folder


@pytest.fixture
def small(_small: Path, tmp_path: Path) -> Path:
    """The small study with one subject and two values on VS."""
    return Path(shutil.copytree(_small, tmp_path / "small"))


def test_diff_when_nothing_was_captured_or_nothing_differs_then_that_is_said(type_command: Typist, small: Path) -> None:
    typed = type_command(small, "form", "diff", "MOOD")
    assert (typed.code, typed.out) == (0, "")
    assert typed.err == "Nothing was captured on MOOD yet: nothing depends on how it stands.\n"
    assert type_command(small, "form", "diff", "MOOD", "--json").data == {
        "form": "MOOD",
        "captured": False,
        "differences": [],
    }
    typed = type_command(small, "form", "diff", "VS")
    assert (typed.code, typed.err) == (0, "Nothing differs.\n")
    assert "version 1 as it stands; 1 stored record" in typed.out


def test_diff_when_stored_values_would_be_refused_or_lost_then_that_comes_first_and_exit_code_1(
    type_command: Typist, small: Path
) -> None:
    assert type_command(small, "enter", "012-0001", "V1", "VS", "--set", "NOTE=none").code == 0
    before = journal_length(small)
    change(small, "forms/vs.yaml", "label: Were they taken?", "label: Were vital signs taken?")
    change(small, "forms/vs.yaml", "hard: 60..260", "hard: 60..120")
    change(small, "forms/vs.yaml", "  - {item: NOTE, label: Anything else?, type: text, length: 40}\n", "")
    typed = type_command(small, "form", "diff", "VS")
    assert typed.code == 1
    assert typed.out.splitlines()[1:] == [
        "! SYSBP: possible range narrowed: 60 to 260 mmHg → 60 to 120 mmHg  [1 stored value, 1 WOULD BE REFUSED]",
        "! NOTE: item removed: text, at most 40 characters  [1 stored value, WITHOUT AN ITEM NOW]",
        "  VSPERF: label (wording only): Were they taken? → Were vital signs taken?  [1 stored value]",
        "  VS901: check set aside: soft, when SYSBP > P.sys: High. → SYSBP > P.sys can never be true: "
        "the hard range of SYSBP is 60 to 120 and P.sys is 150.  [1 stored value]",
    ]
    assert typed.err.splitlines() == [
        "4 differences. 1 stored value would be refused. 1 stored value without an item.",
        "The version is 1 on both sides: raise it when the meaning of a record changes.",
    ]
    assert journal_length(small) == before


def test_diff_when_values_would_only_be_queried_or_recomputed_then_exit_code_0(
    type_command: Typist, small: Path
) -> None:
    change(small, "forms/vs.yaml", 'version: "1"', 'version: "2"')
    change(small, "forms/vs.yaml", "soft: 90..180", "soft: 90..120")
    change(small, "forms/vs.yaml", "derive: SYSBP / 2", "derive: SYSBP / 4")
    change(small, "forms/vs.yaml", "when: SYSBP < 70", "when: SYSBP < 65")
    typed = type_command(small, "form", "diff", "VS")
    assert typed.code == 0
    assert typed.out.splitlines()[1:] == [
        "  SYSBP: usual range narrowed: 90 to 180 mmHg → 90 to 120 mmHg  [1 stored value, 1 would be queried]",
        "  HALF: computed: SYSBP / 2 → SYSBP / 4  [1 stored value, 1 would be computed to something else]",
        "  VS902: condition: SYSBP < 70 → SYSBP < 65  [1 stored value]",
    ]
    assert typed.err == "3 differences. Every stored value would still be taken. 1 new query would be opened.\n"


def test_diff_when_a_rule_only_reads_what_changed_then_it_has_a_line_of_its_own(
    type_command: Typist, small: Path
) -> None:
    check = "  - {check: VS903, when: HALF > 100, severity: hard, message: No.}\nsdtm:"
    change(small, "forms/vs.yaml", "sdtm:", check)
    entered = ("--set", "WEIGHT=80 kg")
    assert type_command(small, "enter", "012-0001", "V1", "VS", *entered).code == 0
    change(small, "forms/vs.yaml", "derive: SYSBP / 2", "derive: SYSBP")
    typed = type_command(small, "form", "diff", "VS")
    assert typed.code == 1
    assert "! VS903 at HALF: did not change itself, but reads what did  [1 WOULD BE REFUSED]" in typed.out.splitlines()


def test_diff_when_asked_for_json_then_before_after_and_counts_are_data(type_command: Typist, small: Path) -> None:
    change(small, "forms/vs.yaml", "hard: 60..260", "hard: 60..120")
    typed = type_command(small, "form", "diff", "VS", "--json")
    assert typed.code == 1
    assert typed.data["differences"][:1] == [
        {
            "where": "SYSBP",
            "aspect": "possible range",
            "what": "possible range narrowed",
            "before": "60 to 260 mmHg",
            "after": "60 to 120 mmHg",
            "values": 1,
            "refused": 1,
            "queried": 0,
            "recomputed": 0,
            "grave": True,
        }
    ]
    assert [typed.data[key] for key in ("records", "refused", "queried", "lost")] == [1, 1, 0, 0]


def test_diff_when_an_older_version_or_a_file_is_named_then_it_is_the_other_side(
    type_command: Typist, small: Path
) -> None:
    change(small, "forms/vs.yaml", 'version: "1"', 'version: "2"')
    change(small, "forms/vs.yaml", "length: 40", "length: 80")
    words = ("--set", "NOTE=none")
    assert type_command(small, "enter", "012-0001", "V1", "VS", *words).code == 0
    assert type_command(small, "form", "diff", "VS").err == "Nothing differs.\n"
    longer = "  NOTE: length: at most 40 characters → at most 80 characters  [1 stored value]"
    assert type_command(small, "form", "diff", "VS", "--from", "1").out.splitlines()[1:] == [longer]
    (small / ".old").mkdir()
    (small / ".old" / "vs.yaml").write_text(FILES["forms/vs.yaml"], encoding="utf-8")
    typed = type_command(small, "form", "diff", "VS", "--file", ".old/vs.yaml")
    assert typed.out.splitlines()[0] == "VS  version 1 (.old/vs.yaml) → version 2 as it stands; 1 stored record"
    assert typed.out.splitlines()[1:] == [longer]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        ("VX", 2, ("U110", "VX")),
        ("VS --from 3", 2, ("U150", "No VS version 3", "There is: 1.")),
        ("VS --from 1 --file forms/vs.yaml", 2, ("not both",)),
        ("VS --file nowhere.yaml", 9, ("D109",)),
        ("VS --file forms/mood.yaml", 9, ("D107", "form MOOD, not form VS")),
        ("VS --file forms/lists.yaml", 9, ("D107", "code list YESNO")),
    ],
)
def test_diff_when_the_other_side_is_not_there_then_one_line_says_what_to_do(
    words: str, code: int, says: tuple[str, ...], type_command: Typist, small: Path
) -> None:
    typed = type_command(small, "form", "diff", *words.split())
    assert (typed.code, typed.out) == (code, "")
    assert all(word in typed.err for word in says), typed.err
