"""What a typed command came to, and what it left behind."""

from __future__ import annotations

import json
import shlex
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from trialkit.cli.failure import run_guarded
from trialkit.cli.main import cli


@dataclass(frozen=True)
class Typed:
    """Exit code, results and talk of one command."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:  # Any: parsed JSON
        """The results as JSON; fails when anything else stands on stdout."""
        return json.loads(self.out)


def journal_length(study: Path) -> int:
    """How many entries the journal of a study has, read past trialkit."""
    with closing(sqlite3.connect(f"{(study / 'study.db').as_uri()}?mode=ro", uri=True)) as store:
        return int(store.execute("SELECT coalesce(sum(entries), 0) FROM journal").fetchone()[0])


def type_first(folder: Path, *commands: str) -> None:
    """Type commands that must succeed, one after the other, before any test looks at the folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRIALKIT_USER", "j.devries")
        patch.chdir(folder)
        for command in commands:
            assert run_guarded(cli, shlex.split(command)) == 0, command


Typist = Callable[..., Typed]
