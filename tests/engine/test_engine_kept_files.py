"""The files of kept studies: what is damaged, or lies where others may write, is passed over."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from kept_sample import Compilations, assemble_with, write

from trialkit.engine import kept_studies
from trialkit.engine.kept_studies import CACHE_VARIABLE, CompiledStudy, keep
from trialkit.errors import StoreError

OPEN_IT = """\
import sys
from pathlib import Path
from trialkit.engine import assemble, study_key
from trialkit.registry import load_registry
study_key.stamp_code = lambda plugins: "the code"
print(assemble(Path(sys.argv[1]), load_registry()).study.digest)
"""


def _damage(path: Path, kind: str) -> None:
    content = path.read_bytes()
    _, _, rest = content.partition(b"\n")
    key = path.stem
    sound = kept_studies._checksum
    path.write_bytes(
        {
            "empty": b"",
            "cut": content[: len(content) // 2],
            "a bit": content[:-9] + bytes([content[-9] ^ 1]) + content[-8:],
            "limits": content.replace(b"60..260", b"60..999"),
            "of another key": sound("0" * 64, rest) + b"\n" + rest,
            "no study": sound(key, b"[]\n{}\n{}") + b"\n[]\n{}\n{}",
            "no text": sound(key, b"\xff") + b"\n\xff",
        }[kind]
    )


@pytest.mark.parametrize("kind", ["empty", "cut", "a bit", "limits", "of another key", "no study", "no text"])
def test_kept_study_when_it_is_damaged_then_it_is_compiled_again_and_replaced(
    folder: Path, shelf: Path, compilations: Compilations, kind: str
) -> None:
    study = compilations.gives = assemble_with(folder).study
    (path,) = shelf.iterdir()
    sound = path.read_bytes()
    _damage(path, kind)
    assert assemble_with(folder).study == study
    assert path.read_bytes() == sound
    assert assemble_with(folder).study == study
    assert compilations.count == 2


def test_kept_study_when_it_is_a_folder_then_it_is_passed_over(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    compilations.gives = assemble_with(folder).study
    (path,) = shelf.iterdir()
    path.unlink()
    path.mkdir()
    for _ in range(2):
        assemble_with(folder)
    assert compilations.count == 3
    assert list(shelf.iterdir()) == [path]


def test_shelf_when_it_can_not_be_made_or_written_then_studies_are_compiled(
    folder: Path, shelf: Path, compilations: Compilations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(path: Path, content: bytes, code: str) -> None:
        raise StoreError(code, "The disk is full.", remedy="Make room.")

    monkeypatch.setenv(CACHE_VARIABLE, str(write(tmp_path, "a file", "") / "cache"))
    compilations.gives = assemble_with(folder).study
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setattr(kept_studies, "write_whole", refuse)
    assemble_with(folder)
    assert list(shelf.iterdir()) == []
    assert compilations.count == 2


def test_shelf_when_others_may_write_to_it_then_it_is_not_believed(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    compilations.gives = assemble_with(folder).study
    shelf.chmod(0o777)
    assemble_with(folder)
    assert compilations.count == 2


def test_shelf_when_none_is_wanted_then_nothing_is_kept_and_otherwise_it_is_the_users_own(
    folder: Path, shelf: Path, compilations: Compilations, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv(CACHE_VARIABLE, "")
    for _ in range(2):
        compilations.gives = assemble_with(folder).study
    assert compilations.count == 2
    assert not (tmp_path / "home").exists()
    monkeypatch.delenv(CACHE_VARIABLE)
    for _ in range(2):
        assemble_with(folder)
    assert compilations.count == 3
    assert len(list((tmp_path / "home/trialkit/studies").iterdir())) == 1


def test_shelf_when_it_is_full_then_what_was_not_used_for_longest_goes(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    study = assemble_with(folder).study
    (used,) = shelf.iterdir()
    others = [shelf / f"{number:064x}.study" for number in range(31)]
    left = shelf / f".{0:064x}.study.abc.part"
    for path in (*others, left, shelf / "notes.txt"):
        path.write_bytes(b"")
        os.utime(path, (1, 1))
    os.utime(used, (0, 0))
    assemble_with(folder)  # now it was used
    keep("f" * 64, CompiledStudy(study, frozenset({"trialkit"})))
    assert compilations.count == 1
    there = {path.name for path in shelf.iterdir()}
    assert {used.name, f"{'f' * 64}.study", "notes.txt"} <= there
    assert len(there - {"notes.txt"}) == 32


def test_shelf_when_two_commands_fill_it_at_once_then_both_have_their_study(
    folder: Path, shelf: Path, compilations: Compilations
) -> None:
    command = [sys.executable, "-c", OPEN_IT, str(folder)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    digests = [process.communicate()[0].strip() for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert len(list(shelf.iterdir())) == 1
    assert [assemble_with(folder).study.digest] * 2 == digests
    assert compilations.count == 0
