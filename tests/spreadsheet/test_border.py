"""The trust border: whatever a file makes of its reader, the parent gets a whole file or one plain line."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest
from workbook_parts import STYLES_PART, save, workbook_parts

from trialkit.errors import SourceFileError
from trialkit.spreadsheet import read_csv, read_guarded, read_workbook
from trialkit.spreadsheet.border import run_guarded
from trialkit.spreadsheet.limits import Limits

_ROOT = str(Path(__file__).resolve().parents[2])
_DIGEST = "0" * 64
_SHEET = '["sheet","VS",true]'
_HEADER = '[[[1,1]],[[1,false,[["text","",false,false,1]],1,0]]]'
_TWO = '[[[1,2]],[[1,false,[["text","",false,false,2]],3,0]]]'
_MANY = f'[[[1,256]],[[1,false,[["text","",false,false,256]],{256 * 2 - 1},0]]]'
_MANY_TEXTS = "\x1f".join("x" * 256)
_COLUMN = '[1,false,[["text","",false,false,1]],1,0]'
_SECOND = _COLUMN.replace("[1,", "[2,", 1)
_END = f'["end","xlsx","{_DIGEST}",[],[]]'
_posix = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the system does not limit a process so")


def _wide(codes: Iterable[int]) -> bytes:
    """Codes of two bytes each."""
    return b"".join(code.to_bytes(2, "little") for code in codes)


def _rows(header: str = _HEADER, texts: str = "x", raws: str = "", codes: str | bytes = "\1") -> bytes:
    """One block: a line that says what comes, and the texts and codes behind it."""
    parts = [part if isinstance(part, bytes) else part.encode() for part in (texts, raws, codes)]
    sizes = ",".join(str(len(part)) for part in parts)
    return b"".join([f'["rows",{header},{sizes}]\n'.encode(), *parts])


def _said(parts: Sequence[str | bytes]) -> bytes:
    return b"".join(part if isinstance(part, bytes) else f"{part}\n".encode() for part in parts)


def _run(folder: Path, code: str, limits: Limits | None = None) -> None:
    """Let a child run that is not ours."""
    path = folder / "vs.xlsx"
    path.write_bytes(b"content")
    told = {"reader": "xlsx", "name": path.name, "encoding": None, "delimiter": None}
    start = f"import sys; sys.path.append(sys.argv.pop(1)); {code}"
    run_guarded(path, (start, _ROOT), told, limits=limits or Limits(5, 20), with_site=False)


def _reader(body: str) -> str:
    """A child of ours whose reader does something else."""
    return f"from trialkit.spreadsheet.child import run_child; sys.exit(run_child(sys.argv[1:], lambda told: {body}))"


def test_files_when_they_are_sound_then_the_border_changes_nothing(tmp_path: Path) -> None:
    rows = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="C1"><f>1</f><v>36.60</v></c></row><row r="4" hidden="1"/>'
    book = save(tmp_path, workbook_parts(rows, strings=("Ä\u2028\U0001f600",)))
    table = tmp_path / "vs.csv"
    table.write_bytes('id;t\n1;"a\nb"\n2;\u202ex\n'.encode("utf-16"))

    assert read_guarded(book, "xlsx") == read_workbook(book)
    assert read_guarded(table, "csv") == read_csv(table)
    assert read_guarded(table, "csv", delimiter="|") == read_csv(table, delimiter="|")


@pytest.mark.parametrize("name", [r"C\udata", r"a\\ude00b", "plain \U0001f600"])
def test_sheet_when_its_name_looks_like_an_escape_then_the_border_lets_it_through(name: str, tmp_path: Path) -> None:
    parts = workbook_parts('<row r="1"><c r="A1"><v>1</v></c></row>')
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace('name="Data"', f'name="{name}"')
    book = save(tmp_path, parts)

    assert read_guarded(book, "xlsx") == read_workbook(book)
    assert read_guarded(book, "xlsx").sheets[0].name == name


def test_format_when_it_looks_like_an_escape_then_the_border_lets_it_through(tmp_path: Path) -> None:
    parts = workbook_parts('<row r="1"><c r="A1" s="1"><v>45963</v></c></row>')
    numbers = r'<numFmts><numFmt numFmtId="170" formatCode="dd\.mm\.yyyy\ \uddd"/></numFmts><fonts>'
    parts[STYLES_PART] = parts[STYLES_PART].replace("<fonts>", numbers).replace('"14"', '"170"')

    found = read_guarded(save(tmp_path, parts), "xlsx")

    assert found.sheets[0].rows[0].cells[0].number_format == r"dd\.mm\.yyyy\ \uddd"


def test_file_when_its_reader_refuses_it_then_the_refusal_crosses_the_border(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as here:
        read_workbook(save(tmp_path, b"%PDF"))
    with pytest.raises(SourceFileError) as caught:
        read_guarded(save(tmp_path, b"%PDF"), "xlsx")

    assert (caught.value.code, caught.value.message, caught.value.remedy) == (
        here.value.code,
        here.value.message,
        here.value.remedy,
    )


_FAILURES = [
    ("import time; time.sleep(60)", Limits(5, 0.7), "S161"),
    ("import os; os.kill(os.getpid(), 11)", None, "S163"),
    ("import os; os.abort()", None, "S163"),
    ("sys.exit(3)", None, "S163"),
    ("raise ValueError", None, "S163"),
    ("pass", None, "S164"),
]


@pytest.mark.parametrize(("code", "limits", "expected"), _FAILURES)
def test_reader_when_it_fails_in_any_way_then_one_plain_line_says_so(
    code: str, limits: Limits | None, expected: str, tmp_path: Path
) -> None:
    began = time.monotonic()

    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, code, limits)

    assert caught.value.code == expected
    assert "vs.xlsx" in caught.value.message
    assert caught.value.remedy
    assert time.monotonic() - began < 30


@_posix
def test_reader_when_it_takes_too_much_memory_then_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, _reader("lambda writer: bytearray(200_000_000)"), Limits(5, 20, memory=100_000_000))

    assert caught.value.code == "S162"


@_posix
def test_reader_when_it_computes_without_end_then_it_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, _reader("lambda writer: [None for _ in iter(int, 1)]"), Limits(1, 60))

    assert caught.value.code == "S161"


@_posix
def test_reader_when_it_wants_to_write_or_to_know_then_it_can_not(tmp_path: Path) -> None:
    target = tmp_path / "out.txt"
    told = (
        "__import__('trialkit.errors').errors.SourceFileError('S163', repr(dict(__import__('os').environ)), remedy='x')"
    )
    writes = f"open({str(target)!r}, 'w').write('x' * 9)"

    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, _reader(f"lambda writer: writer.refuse({told})"))
    assert "PATH" not in caught.value.message
    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, _reader(f"lambda writer: {writes}"))
    assert caught.value.code in ("S163", "S164")
    assert not target.exists() or target.read_bytes() == b""


def test_reader_when_it_prints_then_nothing_of_it_reaches_the_parent(tmp_path: Path) -> None:
    ends = "writer.refuse(__import__('trialkit.errors').errors.SourceFileError('S105', 'empty', remedy='ask'))"

    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, _reader(f"lambda writer: (print('noise', flush=True), {ends})"))

    assert caught.value.code == "S105"


_NONSENSE: list[list[str | bytes]] = [
    [],
    ["noise"],
    ["[]", _END],
    ["[" * 100_000],
    ['["sheet","VS",1]', _END],
    [_SHEET, _SHEET, _END],
    [_rows(), _SHEET, _END],
    [_SHEET, _rows(), _rows(), _END],
    [_SHEET, _rows("[[],[]]", "", codes=""), _END],
    [_SHEET, _rows("[[[1,1]],[]]", "", codes=""), _END],
    [_SHEET, _rows(_HEADER.replace("]]]", "]],7]")), _END],
    [_SHEET, _rows(_HEADER.replace('"text"', '"code"')), _END],
    [_SHEET, _rows(_HEADER.replace('""', '"\\ud800"')), _END],
    [_SHEET, _rows(_HEADER.replace('""', r'"\\\uD800"')), _END],
    [_SHEET, _rows(_HEADER.replace('""', r'"\ud83d\ude00"')), _END],
    [_SHEET.replace("VS", r"x\udfff"), _END],
    [_SHEET, _rows(_HEADER.replace('"",', "")), _END],
    [_SHEET, _rows(_HEADER.replace("false,false", "false,0")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,false", "[[99999,false")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,false", "[[0,false")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,false", "[[true,false")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,false", "[[1,0")), _END],
    [_SHEET, _rows(_HEADER.replace('[["text","",false,false,1]]', "[]"), codes="\0"), _END],
    [_SHEET, _rows(_HEADER.replace(",0]]]", f",0],{_COLUMN}]]"), "xx", codes="\1\1"), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", "[[0,1]]")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", "[[1,0]]"), codes=""), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", "[[1,2]]")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", "[[268435456,2]]"), codes="\1\1"), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", "[[1,1],[1,1]]"), codes="\1\1"), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", "[[1,true]]")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", "[1]")), _END],
    [_SHEET, _rows(_HEADER.replace("[[1,1]]", f"[[{'9' * 5000},1]]")), _END],
    # How many texts there are, and how long they are.
    [_SHEET, _rows(texts="x\x1fy"), _END],
    [_SHEET, _rows(_HEADER.replace("1,0]", "3,0]"), "x\x1fy"), _END],
    [_SHEET, _rows(_HEADER.replace("1,0]", "2,0]")), _END],
    [_SHEET, _rows(_HEADER.replace("1,0]", "-1,0]")), _END],
    [_SHEET, _rows(_HEADER.replace("1,0]", "1.0,0]")), _END],
    [_SHEET, _rows(_HEADER.replace("false,1]", "false,0]"), "", codes="\0"), _END],
    [_SHEET, _rows(_HEADER.replace("false,1]", "false,-1]")), _END],
    [_SHEET, _rows(_HEADER.replace("false,1]", "false,true]")), _END],
    [_SHEET, _rows(_HEADER.replace("false,1]", f"false,{'9' * 4000}]")), _END],
    [_SHEET, _rows(_TWO, "xyz", codes="\1\2"), _END],
    [_SHEET, _rows(f"[[[1,1]],[{_COLUMN.replace('1,0]', '3,0]')},{_SECOND}]]", "Ä\x1fÄ", codes="\1\1"), _END],
    [_SHEET, _rows(raws="x"), _END],
    [_SHEET, _rows(_HEADER.replace("1,0]", "1,1]"), raws="x"), _END],
    [_SHEET, _rows(_HEADER.replace("false,1]],1,0", "true,1]],1,3"), "x", "y\x1fz"), _END],
    [_SHEET, _rows(_HEADER.replace("false,1]],1,0", "true,1]],1,1"), "x", "yz"), _END],
    # Each code is that of a text, and each text has one.
    [_SHEET, _rows(codes="\1\1"), _END],
    [_SHEET, _rows(codes=""), _END],
    [_SHEET, _rows(codes="\0"), _END],
    [_SHEET, _rows(codes="\2"), _END],
    [_SHEET, _rows(_TWO, "x\x1fy", codes="\1\0"), _END],
    [_SHEET, _rows(_TWO, "x\x1fy", codes="\1\1"), _END],
    [_SHEET, _rows(_TWO, "x\x1fy", codes="\1\3"), _END],
    [_SHEET, _rows(_TWO, "x\x1fy", codes="\1"), _END],
    [_SHEET, _rows(_TWO.replace("[1,2]", "[1,3]"), "x\x1fy", codes="\1\0\2"), _END],
    [_SHEET, _rows(_TWO.replace(",2]]", ',1],["text","",true,false,2]]'), "x\x1fy", codes="\1\2"), _END],
    [_SHEET, _rows(_MANY, _MANY_TEXTS, codes=_wide([*range(1, 256), 0])), _END],
    [_SHEET, _rows(_MANY, _MANY_TEXTS, codes=_wide([*range(1, 256), 255])), _END],
    [_SHEET, _rows(_MANY, _MANY_TEXTS, codes=_wide([*range(1, 256), 257])), _END],
    [_SHEET, _rows(_MANY, _MANY_TEXTS, codes=_wide(range(1, 257))[:-1]), _END],
    [_SHEET, _rows('{"a":1}'), _END],
    [_SHEET, _rows("[" * 100_000 + "]"), _END],
    [_SHEET, f'["rows",{_HEADER},-1,0,0]', _END],
    [_SHEET, f'["rows",{_HEADER},9999999999,0,0]', _END],
    [_SHEET],
    [_SHEET, _END, _END],
    [_SHEET, _END.replace(_DIGEST, "../../etc")],
    [_SHEET, _END.replace(",[]]", ',[["S101","x","",""]]]')],
    [_SHEET, _END.replace(",[]]", ',[["S201","x","","",true]]]')],
    [_SHEET, _END.replace(",[]]", ',[["S299","x","","",1]]]')],
    ['["refusal","X101","a","b"]'],
    ['["refusal","S105","a"]'],
    ['["refusal","S105",7,"b"]'],
]


@pytest.mark.parametrize("lines", _NONSENSE, ids=range(len(_NONSENSE)))
def test_child_when_it_says_what_ours_never_says_then_nothing_is_used(lines: list[str | bytes], tmp_path: Path) -> None:
    (tmp_path / "said").write_bytes(_said(lines))

    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, f"sys.stdout.buffer.write(open({str(tmp_path / 'said')!r}, 'rb').read())")

    assert caught.value.code == "S164"


def test_child_when_it_says_what_ours_says_then_it_is_used(tmp_path: Path) -> None:
    """Else the nonsense above would prove nothing."""
    path = tmp_path / "vs.xlsx"
    path.write_bytes(b"x")
    many = _rows(_MANY.replace("[1,256]", "[5,256]"), _MANY_TEXTS, codes=_wide(range(1, 257)))
    far = _rows(_HEADER.replace("[1,1]", "[268435456,1]"))  # a CSV file of 256 MiB may be blank up to its last row
    said = _said([_SHEET, _rows(), _rows(_TWO.replace("[1,2]", "[2,2]"), "y\x1fz", codes="\2\1"), many, far, _END])
    told = {"reader": "xlsx", "name": "vs.xlsx", "encoding": None, "delimiter": None}

    found = run_guarded(
        path, (f"import sys; sys.stdout.buffer.write({said!r})", ""), told, limits=None, with_site=False
    )

    assert [[cell.text for cell in row.cells] for row in found.sheets[0].rows] == [["x"], ["z"], ["y"], *[["x"]] * 257]


def test_child_when_its_texts_are_not_in_utf_8_then_nothing_is_used(tmp_path: Path) -> None:
    said = _said([_SHEET, _rows(), _END]).replace(b"\nx", b"\n\xff")
    (tmp_path / "said").write_bytes(said)

    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, f"sys.stdout.buffer.write(open({str(tmp_path / 'said')!r}, 'rb').read())")

    assert caught.value.code == "S164"


def test_child_when_it_stops_within_texts_then_it_is_cut_off(tmp_path: Path) -> None:
    (tmp_path / "said").write_bytes(_said([_SHEET, _rows()]).replace(b",1,0,1]", b",2,0,1]"))

    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, f"sys.stdout.buffer.write(open({str(tmp_path / 'said')!r}, 'rb').read()); sys.exit(5)")

    assert caught.value.code == "S163"


def test_child_when_it_never_stops_talking_then_it_is_cut_off(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as caught:
        _run(tmp_path, "any(sys.stdout.write('x' * 65536) == 0 for _ in iter(int, 1))", Limits(30, 60))

    assert caught.value.code == "S164"


def test_interpreter_when_it_is_not_there_then_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", os.fspath(tmp_path / "nothing"))

    with pytest.raises(SourceFileError) as caught:
        read_guarded(save(tmp_path, workbook_parts()), "xlsx")

    assert caught.value.code == "S160"


def test_limits_when_a_file_is_larger_then_it_may_take_longer() -> None:
    from trialkit.spreadsheet.limits import limits_for

    small, large = limits_for(1000), limits_for(100 * 1024 * 1024)

    assert small.cpu_seconds < 10 <= small.wall_seconds
    assert large.cpu_seconds > 100
    assert json.dumps(small.memory) == json.dumps(large.memory)
