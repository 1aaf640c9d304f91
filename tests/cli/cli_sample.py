"""What a typed command came to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


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


Typist = Callable[..., Typed]
