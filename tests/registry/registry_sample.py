"""Plugins as strangers write them, sound and broken, as modules on disk behind entry points."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import invalidate_caches
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from trialkit.registry import GROUP

HEAD = "from pathlib import Path\nfrom trialkit import *\n"

BROKEN: dict[str, tuple[str, str]] = {
    "absent": (
        "import nowhere_to_be_found\n",
        "importing it raised ModuleNotFoundError: No module named 'nowhere_to_be_found'",
    ),
    "syntax": ("def (:\n", "importing it raised SyntaxError: invalid syntax (strange_syntax.py, line 1)"),
    "leaves": ("import sys\nsys.exit(3)\n", "importing it raised SystemExit: 3"),
    "speechless": (
        "class Odd(Exception):\n    def __str__(self):\n        raise ValueError\nraise Odd\n",
        "importing it raised Odd",
    ),
    "raising": (
        HEAD + "@hookimpl\ndef trialkit_normalise_types():\n    raise ValueError('first\\nsecond')\n",
        "trialkit_normalise_types raised ValueError: first",
    ),
    "exiting": (
        HEAD + "import sys\n@hookimpl\ndef trialkit_define_forms(study):\n    sys.exit('bye')\n",
        "trialkit_define_forms raised SystemExit: bye",
    ),
    "untyped": (
        HEAD + "@hookimpl\ndef trialkit_language_functions():\n    return [len]\n",
        "trialkit_language_functions handed in builtin_function_or_method, which it can not",
    ),
    "single": (
        HEAD + "@hookimpl\ndef trialkit_define_forms(study):\n    return Path('x')\n",
        "trialkit_define_forms raised TypeError: 'PosixPath' object is not iterable",
    ),
    "misspelt": (
        HEAD + "@hookimpl\ndef trialkit_define_form(study):\n    return []\n",
        "it has a hook trialkit_define_form, which does not exist; did you mean trialkit_define_forms?",
    ),
    "unknown": (
        HEAD + "@hookimpl\ndef zzz():\n    return []\n",
        "it has a hook zzz, which does not exist",
    ),
    "argument": (
        HEAD + "@hookimpl\ndef trialkit_define_protocols(store):\n    return []\n",
        "Plugin 'argument' for hook 'trialkit_define_protocols' hookimpl definition: trialkit_define_protocols(store) "
        "Argument(s) {'store'} are declared in the hookimpl but can not be found in the hookspec",
    ),
    "unmarked": (
        HEAD + "def trialkit_define_forms(study):\n    return []\n",
        "trialkit_define_forms lacks the @hookimpl mark, so that it would never be called",
    ),
    "empty": ("A = 1\n", "it implements no hook of trialkit"),
    "type_clash": (
        HEAD + "@hookimpl\ndef trialkit_normalise_types():\n"
        "    return [ItemType('code', Kind.TEXT, str, str, 'a code')]\n",
        "trialkit_normalise_types claims the name code, which trialkit has",
    ),
    "reader_clash": (
        HEAD + "@hookimpl\ndef trialkit_capture_readers():\n    return [Reader('csv', ('.tsv',), None)]\n",
        "trialkit_capture_readers claims the name csv, which trialkit has",
    ),
    "function_clash": (
        HEAD + "@hookimpl\ndef trialkit_language_functions():\n"
        "    return [Function('max', (), Kind.NUMBER, lambda: None)]\n",
        "trialkit_language_functions claims the name max, which trialkit has",
    ),
    "check_clash": (
        HEAD + "@hookimpl\ndef trialkit_validate_checks(study):\n"
        "    return [PythonCheck('VS002', 'VS', (), Severity.SOFT, 'Mine.', lambda view: True)]\n",
        "trialkit_validate_checks claims the name VS002, which trialkit has",
    ),
    "protocol_clash": (
        HEAD + "P = '''protocol: iv\ntitle: Mine\nvisits:\n  - {visit: V1, label: One, number: 1}\n'''\n"
        "@hookimpl\ndef trialkit_define_protocols():\n"
        "    file = Path(__file__).with_name('iv.yaml')\n    file.write_text(P)\n    return [file]\n",
        "it claims the protocol iv, which iv has",
    ),
    "bad_file": (
        HEAD + "@hookimpl\ndef trialkit_define_forms(study):\n"
        "    file = Path(__file__).with_name('bad.yaml')\n"
        "    file.write_text('form: X\\ntitel: Y\\n')\n    return [file]\n",
        "bad.yaml:1:1: D106: The key 'items' is missing",
    ),
    "bad_check": (
        HEAD + "@hookimpl\ndef trialkit_define_forms(study):\n"
        "    file = Path(__file__).with_name('checks.yaml')\n"
        "    file.write_text('checks:\\n  - {check: XX1, form: VS, when: NOWHERE > 1, message: No}\\n')\n"
        "    return [file]\n",
        "checks.yaml:2:34: D121: The form VS has no item NOWHERE",
    ),
}
"""Name of the entry point to the module's text and how the reason begins (behind the folder, for files)."""

FORM_TWIN = HEAD + (
    "@hookimpl\ndef trialkit_define_forms(study):\n"
    "    return [Form(form='TWIN', title='Twin', items=(Item(item='A', label='A', type='text'),))]\n"
)
"""Sound alone; two of them claim one form."""


@contextmanager
def installed(folder: Path, texts: Mapping[str, str]) -> Iterator[list[EntryPoint]]:
    """Write modules and give entry points to them; forgets the modules at the end."""
    names = {name: f"strange_{name.replace('-', '_')}" for name in texts}
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / f"{names[name]}.py").write_text(text, encoding="utf-8")
    sys.path.insert(0, str(folder))
    invalidate_caches()
    try:
        yield [EntryPoint(name, module, GROUP) for name, module in names.items()]
    finally:
        sys.path.remove(str(folder))
        for module in names.values():
            sys.modules.pop(module, None)


def house_points() -> list[EntryPoint]:
    """The entry points of the house's own protocols."""
    return [point for point in entry_points(group=GROUP) if point.dist is not None and point.dist.name == "trialkit"]


def clock() -> datetime:
    """A moment that stands still."""
    return datetime(2026, 3, 31, 9, 30, tzinfo=UTC)
