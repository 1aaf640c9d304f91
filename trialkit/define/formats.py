"""The house's definition format as a plugin hands one in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from trialkit.define.files import SUFFIXES, load_file
from trialkit.define.located import definition_error
from trialkit.extension import DefinitionFormat


def load_things(path: Path) -> Sequence[object]:
    """The things in one definition file, without their places. Raises DefinitionError with every problem."""
    located, problems = load_file(path)
    if problems:
        raise definition_error(problems)
    return [found.thing for found in located]


YAML_FORMAT = DefinitionFormat("yaml", SUFFIXES, load_things)
"""YAML, read strictly."""
