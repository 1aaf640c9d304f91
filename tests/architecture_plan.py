"""The plan of the house as data: which room stands on which floor, which library lives where, how long things may be.

Held against the code by `test_architecture.py`; a change of the plan is a change here, seen in review.
"""

from __future__ import annotations

FLOORS: dict[str, int] = {
    "wording": 0,
    "errors": 1,
    "codes": 1,
    "whole_file": 2,
    "missing_file": 2,
    "forms": 1,
    "model": 2,
    "spreadsheet": 3,
    "store": 3,
    "review": 3,
    "extension": 3,
    "language": 3,
    "define": 4,
    "capture": 4,
    "normalise": 4,
    "validate": 4,
    "derive": 4,
    "export": 4,
    "document": 4,
    "skeleton": 4,
    "hookspecs": 4,
    "builtin": 5,
    "central": 4,
    "registry": 6,
    "engine": 7,
    "face": 8,
    "testing": 8,
    "cli": 9,
}
"""Room to floor. `face` is ``trialkit/__init__.py``, `forms` the definitions of the house (``forms/``)."""

MODULES = frozenset(FLOORS) - {"face", "forms"}
"""The rooms that are modules inside the package, reached as ``trialkit.room``."""

STATIONS = frozenset({"define", "capture", "normalise", "validate", "derive", "export", "document"})

LIBRARIES: dict[str, frozenset[str]] = {
    "cerberus": frozenset({"validate"}),
    "click": frozenset({"cli"}),
    "lark": frozenset({"language"}),
    "openpyxl": frozenset({"spreadsheet"}),
    "platformdirs": frozenset({"engine"}),
    "pluggy": frozenset({"hookspecs", "registry"}),
    "pydantic": frozenset({"model", "define"}),
    "pydantic_core": frozenset({"model", "define"}),
    "reportlab": frozenset({"document"}),
    "sqlalchemy": frozenset({"store"}),
    "yaml": frozenset({"define"}),
    "numpy": frozenset({"model"}),
    "pandas": frozenset(),
    "polars": frozenset({"language", "validate"}),
}
"""Library to the rooms that may import it. A library that is not listed has no room yet."""

PLUGIN_LIBRARIES = frozenset({"click"})
"""What the protocols in ``plugins/`` may import besides the standard library: they may hand in commands."""

LAZY_TABLES = {
    "trialkit/__init__.py": "public names are resolved at first use, from a table of module names",
    "trialkit/capture/__init__.py": "as above: most commands read no file",
    "trialkit/define/__init__.py": "as above: a study that was kept is not compiled again",
    "trialkit/engine/__init__.py": "as above: most commands import no file",
    "trialkit/export/__init__.py": "as above: most commands write no dataset",
    "trialkit/language/__init__.py": "as above: most commands read no expression",
    "trialkit/cli/lazy.py": "a command is imported when it is called, from a table that another file hands over",
    "trialkit/cli/main.py": "a command is imported when it is called, from a table of module names",
    "trialkit/cli/workbook.py": "a command is imported when it is called, from a table of module names",
}
"""Files whose module names in text count as imports, and which may therefore import by computed name."""

LINES_PER_FILE = 350
LINES_PER_FUNCTION = 60
SIZE_EXCEPTIONS: dict[str, str] = {}
"""``trialkit/room/file.py`` or ``trialkit/room/file.py:function`` to the reason why it may be longer."""
