"""CSV files: what is recognised is said, what is doubtful is refused, and no character changes."""

from __future__ import annotations

import codecs
import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workbook_parts import pack

from trialkit.errors import SourceFileError
from trialkit.model.source import CellKind, Oddity, SourceFile
from trialkit.spreadsheet import read_csv, read_guarded


def _read(folder: Path, content: bytes | str, **options: str) -> SourceFile:
    path = folder / "vs.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_csv(path, **options)


def _table(source: SourceFile) -> list[list[str]]:
    return [[cell.text for cell in row.cells] for row in source.sheets[0].rows]


_RECOGNISED = [
    (b"id,sbp\n1,120\n", 'read as UTF-8, delimiter ","'),
    (b"id;sbp\n1;36,6\n", 'read as UTF-8, delimiter ";"'),
    (b"id\tsbp\n1\t120\n", "read as UTF-8, delimiter tab"),
    (b"id|sbp\n1|120\n", 'read as UTF-8, delimiter "|"'),
    (b"sep=;\r\nid;sbp\r\n1;120\r\n", 'read as UTF-8, delimiter ";"'),
    (b'"sep=|"\nid|sbp\n1|a,b\n', 'read as UTF-8, delimiter "|"'),
    (b"id\n1\n2\n", "read as UTF-8, one column"),
    (b'id;note\n1;"a,b,c"\n2;"d,e,f"\n', 'read as UTF-8, delimiter ";"'),
    (b"Dose, mg;Weight, kg\n1,5;2,5\n", 'read as UTF-8, delimiter ";"'),
    (b'id,note\n1,"a; b"\n2,"c; d; e"\n', 'read as UTF-8, delimiter ","'),
    (codecs.BOM_UTF8 + b'"id","sbp"\n1,120\n', 'read as UTF-8, delimiter ","'),
    ("id,sbp\n1,120\n".encode("utf-16"), 'read as UTF-16, delimiter ","'),
    (codecs.BOM_UTF16_BE + "id,sbp\n1,120\n".encode("utf-16-be"), 'read as UTF-16, delimiter ","'),
    ("id,sbp\n1,120\n".encode("utf-32"), 'read as UTF-32, delimiter ","'),
]


@pytest.mark.parametrize(("content", "note"), _RECOGNISED)
def test_csv_when_encoding_and_delimiter_are_plain_then_they_are_recognised_and_said(
    content: bytes, note: str, tmp_path: Path
) -> None:
    source = _read(tmp_path, content)

    assert source.notes == (note,)
    assert source.sheets[0].rows[0].cells[0].text in ("id", "Dose, mg")
    assert (source.name, source.kind, source.sheets[0].name) == ("vs.csv", "csv", "")


_CUT = [
    ('id,"BP (sys;dia)"\n1,"120;80"\n2,"130;85"\n', ",", ["1", "120;80"]),
    ('id,"ok (Y|N)",x\n1,"Y|N",5\n', ",", ["1", "Y|N", "5"]),
    ('id,"a\tb",c\n1,"x\ty",2\n', ",", ["1", "x\ty", "2"]),
    ('id;"a,b,c"\n1;"d,e,f"\n', ";", ["1", "d,e,f"]),
    ('id,"n;m"\n' + "".join(f'{n},"a;b"\n' for n in range(300)), ",", ["0", "a;b"]),
    ('id,"say ""a;b"""\n1,"""c;d"""\n', ",", ["1", '"c;d"']),
    ('id,"a\n;b"\n1,"c\n;d"\n', ",", ["1", "c\n;d"]),
]


@pytest.mark.parametrize(("text", "delimiter", "row"), _CUT)
def test_delimiter_when_a_candidate_stands_within_quotes_then_it_does_not_count(
    text: str, delimiter: str, row: list[str], tmp_path: Path
) -> None:
    source = _read(tmp_path, text)

    assert source.notes == (f'read as UTF-8, delimiter "{delimiter}"',)
    assert _table(source)[1] == row


_IN_DOUBT = [
    ("id,visit;day,sbp,dbp\n1,V1;1,120,80\n2,V1;1,130,85\n", 4, 'cut at "," into 4 columns', 'at ";" into 2 columns'),
    ("x,mg;y,mg;z\n1,5;2,5;a\n1,5;2,5;b\n", 3, 'cut at ";" into 3 columns', 'at "," into 3 columns'),
    ("a;b,c\n1;2,3\n", 2, 'cut at ";" into 2 columns', 'at "," into 2 columns'),
    ("id,v;d,sbp\n1,V1;1,120\n2,V1;1\n3,V1;1,9\n", 2, 'cut at ";" into 2 columns', 'at "," into 3 columns'),
]


@pytest.mark.parametrize(("text", "width", "said", "other"), _IN_DOUBT)
def test_delimiter_when_another_would_cut_as_well_then_it_is_said(
    text: str, width: int, said: str, other: str, tmp_path: Path
) -> None:
    source = _read(tmp_path, text)

    (doubt,) = [oddity for oddity in source.oddities if oddity.code == "S243"]
    assert said in doubt.text
    assert other in doubt.text
    assert "--delimiter" in doubt.text
    assert {len(row) for row in _table(source)} == {width}
    for delimiter in ",;":
        if text.count(delimiter) % text.count("\n") == 0:
            assert "S243" not in [odd.code for odd in _read(tmp_path, text, delimiter=delimiter).oddities]


_WORDS = st.text("abc012;,|\t\"' \n", max_size=6)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 4).flatmap(
        lambda width: st.lists(st.lists(_WORDS, min_size=width, max_size=width), max_size=6)
    ),
    delimiter=st.sampled_from(",;|\t"),
)
def test_delimiter_when_every_field_is_quoted_then_it_is_recognised(
    rows: list[list[str]], delimiter: str, tmp_path: Path
) -> None:
    table = [["subject", *(f"c{n}" for n in range(len(rows[0]) - 1))] if rows else ["subject", "x"], *rows]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(table)

    source = _read(tmp_path, buffer.getvalue())

    assert _table(source) == [row for row in table if any(row)]
    assert not {"S241", "S242", "S243"} & {oddity.code for oddity in source.oddities}


def test_line_ends_when_others_stand_within_quotes_then_they_do_not_count(tmp_path: Path) -> None:
    rows = "".join(f'{n},"x\ny"\r\n' for n in range(20))

    assert _read(tmp_path, f"a,b\r\n{rows}" + "1,2\r\n" * 20).oddities == ()
    assert [odd.code for odd in _read(tmp_path, f"a,b\r\n{rows}1,2\n").oddities] == ["S241"]


_VERBATIM = [
    ("id,t\n1, x \n", [["id", "t"], ["1", " x "]]),
    ('id,t\n1,"a\nb"\n2,c\n', [["id", "t"], ["1", "a\nb"], ["2", "c"]]),
    ('id,t\n1,"say ""no"""\n', [["id", "t"], ["1", 'say "no"']]),
    ("id,t\n1,5'10\"\n", [["id", "t"], ["1", "5'10\""]]),
    ("id,t\n0012,=1+1\n", [["id", "t"], ["0012", "=1+1"]]),
    ("id,t\r1,a\r2,b", [["id", "t"], ["1", "a"], ["2", "b"]]),
    ("id,t\n1,\u00a0\n", [["id", "t"], ["1", "\u00a0"]]),
    ("id,t\n1," + "x" * 200_000 + "\n", [["id", "t"], ["1", "x" * 200_000]]),
]


@pytest.mark.parametrize(("text", "table"), _VERBATIM)
def test_csv_when_it_is_read_then_every_text_stands_as_it_was(
    text: str, table: list[list[str]], tmp_path: Path
) -> None:
    before = csv.field_size_limit()

    assert _table(_read(tmp_path, text)) == table
    assert csv.field_size_limit() == before


def test_csv_when_rows_are_blank_then_they_are_left_out_and_numbers_stay(tmp_path: Path) -> None:
    source = _read(tmp_path, 'id,t\n\n1,"a\nb"\n,\n2,\n')

    rows = source.sheets[0].rows
    assert [row.number for row in rows] == [1, 3, 5]
    assert [cell.address for cell in rows[2].cells] == ["A5", "B5"]
    assert [cell.kind for cell in rows[2].cells] == [CellKind.TEXT, CellKind.BLANK]


_REFUSED: list[tuple[bytes, str, str]] = [
    (b"", "S105", "is empty"),
    (b"\n\n", "S105", "is empty"),
    (b",,\n", "S105", ""),
    ("id,t\n1,Übelkeit\n".encode("cp1252"), "S141", "line 2, byte 7"),
    ("id,t\n1,Übelkeit\n".encode("cp1252") + "2,Übel\n".encode(), "S141", "line 2"),
    ("id,t\r1,a\r2,é\r".encode("latin-1"), "S141", "line 3"),
    (codecs.BOM_UTF16_LE + b"i\x00d\x00\n", "S141", "UTF-16"),
    (b"id,t\n1,a\x00b\n", "S142", "NUL character on line 2"),
    ("id,t\n1,a\n".encode("utf-16-le"), "S142", "NUL"),
    (b"id,t\n1,a\n\x1a", "S142", "Ctrl-Z character on line 3"),
    (b'id,t\n1,a\n2,"b\n3,c\n', "S143", "row that begins on line 3 is never closed"),
    (b'id,t\n1,"a"b\n', "S143", "begins on line 2 has text behind"),
    (b"id,t\n1,a\n2\n3,b\n4,c,d\n", "S144", "line 3, 5."),
    (b"id,t\n" + b"1,a\n" * 9 + b"1\n" * 7, "S144", "line 11, 12, 13, 14, 15 and 2 more."),
    (b'id,t\n1,a\n2,"' + b"x" * 1_100_000 + b'"\n', "S145", "line 3 has a field of over 1 MiB"),
    (b"a" + b",a" * 16_384 + b"\n", "S145", "16,385 columns"),
    (b"PK\x03\x04....", "S146", "zip container"),
    (b"%PDF-1.7", "S146", "PDF"),
]


@pytest.mark.parametrize(("content", "code", "words"), _REFUSED)
def test_csv_when_it_is_unsound_then_it_is_refused_with_the_line(
    content: bytes, code: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceFileError) as caught:
        _read(tmp_path, content)

    assert caught.value.code == code
    assert words in caught.value.message
    assert caught.value.remedy


def test_csv_when_it_is_not_utf8_then_the_remedy_teaches_how_to_say_the_encoding(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as caught:
        _read(tmp_path, "id,t\n1,Übelkeit\n".encode("cp1252"))

    assert "--encoding" in caught.value.remedy
    assert "cp1252" in caught.value.remedy


def test_csv_when_the_encoding_is_said_then_it_is_used(tmp_path: Path) -> None:
    source = _read(tmp_path, "id;t\n1;Übelkeit\n".encode("cp1252"), encoding="cp1252")

    assert _table(source)[1] == ["1", "Übelkeit"]
    assert source.notes == ('read as cp1252, delimiter ";"',)


@pytest.mark.parametrize(
    ("content", "options", "code"),
    [
        (b"id,t\n", {"encoding": "klingon"}, "S140"),
        (b"id,t\n", {"encoding": "rot13"}, "S140"),
        (codecs.BOM_UTF8 + b"id,t\n", {"encoding": "cp1252"}, "S140"),
        (b"id,t\n\x81\n", {"encoding": "cp1252"}, "S141"),
        (b"id,t\n", {"delimiter": ";;"}, "S147"),
        (b"id,t\n", {"delimiter": '"'}, "S147"),
    ],
)
def test_csv_when_what_was_said_can_not_be_then_it_is_refused(
    content: bytes, options: dict[str, str], code: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceFileError) as caught:
        _read(tmp_path, content, **options)

    assert caught.value.code == code


@pytest.mark.parametrize("word", ["tab", "\\t", "\t"])
def test_csv_when_the_delimiter_is_said_then_it_is_used(word: str, tmp_path: Path) -> None:
    assert _table(_read(tmp_path, "a\tb,c\n1\t2,3\n", delimiter=word)) == [["a", "b,c"], ["1", "2,3"]]


def test_csv_when_it_is_odd_then_it_is_said(tmp_path: Path) -> None:
    source = _read(tmp_path, "id,t\r\n1,\u202ea\n2,b\r\n")

    assert source.oddities == (
        Oddity("S241", "several kinds of line ends in one file"),
        Oddity("S228", "invisible characters that turn the direction of writing", "", "B2"),
    )
    assert source.notes[1:] == ("several kinds of line ends in one file", "invisible characters: B2")


_FIELD = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\x1a"), max_size=8)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(_FIELD, min_size=width, max_size=width), max_size=5))
)
def test_csv_when_any_table_is_written_and_read_then_it_is_the_same(rows: list[list[str]], tmp_path: Path) -> None:
    table = [["subject", *(f"c{n}" for n in range(len(rows[0]) - 1))] if rows else ["subject", "x"], *rows]
    buffer = io.StringIO(newline="")
    csv.writer(buffer, quoting=csv.QUOTE_ALL).writerows(table)

    source = _read(tmp_path, buffer.getvalue(), delimiter=",")

    assert _table(source) == [row for row in table if any(row)]


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"<!DOCTYPE html><html><body><table></table>", "a web page (HTML)"),
        (b"  <html>\n<table>", "a web page (HTML)"),
        ("<html>\n<table>".encode("utf-16"), "a web page (HTML)"),
        (b"MIME-Version: 1.0\r\nX-Document-Type: Workbook\r\n", "a web page (HTML)"),
        (rb"{\rtf1\ansi a,b}", "a Rich Text document"),
        (b'<?xml version="1.0"?><x/>', "an XML file"),
    ],
)
def test_csv_when_it_is_a_document_of_another_kind_then_it_is_refused(
    content: bytes, what: str, tmp_path: Path
) -> None:
    with pytest.raises(SourceFileError) as caught:
        _read(tmp_path, content)

    assert caught.value.code == "S146"
    assert what in caught.value.message


def test_csv_when_a_text_was_destroyed_then_it_is_said(tmp_path: Path) -> None:
    source = _read(tmp_path, "a,b\n1,na\ufffdve\n2,\u3164\n".encode())

    assert [(oddity.code, oddity.cell) for oddity in source.oddities] == [("S240", "B2"), ("S228", "B3")]


def test_csv_when_it_goes_on_behind_the_last_row_of_a_sheet_then_every_row_is_read(tmp_path: Path) -> None:
    (tmp_path / "long.csv").write_bytes(b"a\n" + b"1\n" * 1_048_580)

    source = read_guarded(tmp_path / "long.csv", "csv")

    assert len(source.sheets[0].rows) == 1_048_581
    assert source.sheets[0].rows[-1].cells[0].address == "A1048581"


@pytest.mark.parametrize("text", ["<header>,b\n1,2\n", "<tablets>,b\n1,2\n", "mime-version,b\n1.0,2\n"])
def test_csv_when_it_only_begins_like_a_document_of_another_kind_then_it_is_read(text: str, tmp_path: Path) -> None:
    assert len(_table(_read(tmp_path, text))) == 2


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_csv_when_it_was_cut_off_within_a_character_then_it_is_said(codec: str, tmp_path: Path) -> None:
    whole = "\ufeffid,t\n1,x\U0001f600".encode(codec)
    for content in (whole[:-1], whole[:-2]) if "16" in codec else (whole[:-1],):
        with pytest.raises(SourceFileError) as caught:
            _read(tmp_path, content)

        assert caught.value.code == "S141"
        assert "on line 2: it was cut off" in caught.value.message
        assert "looks like" not in caught.value.remedy


def test_csv_when_it_is_a_package_of_another_program_then_it_is_said_which(tmp_path: Path) -> None:
    with pytest.raises(SourceFileError) as caught:
        _read(tmp_path, pack({"mimetype": "application/vnd.oasis.opendocument.spreadsheet"}, stored=True))

    assert caught.value.code == "S146"
    assert "an OpenDocument spreadsheet (.ods)" in caught.value.message
