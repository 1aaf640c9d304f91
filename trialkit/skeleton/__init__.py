"""A name and a route in, the files of a new protocol plugin out. Pure: reads its own templates, writes nothing.

What is put into the templates is checked first, so that no text can break the file it is put into.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from importlib import resources
from string import Template

from trialkit.errors import UsageError
from trialkit.wording import did_you_mean, list_some, quote

__all__ = ["check_name", "check_route", "distribution_of", "package_of", "skeleton_files"]

_NAME = re.compile(r"[A-Za-z](?:_?[A-Za-z0-9])*", re.ASCII)
_LONGEST_NAME = 20
"""What a plugin, a protocol, a Python package and a distribution may all be called."""

_ROUTE = re.compile(r"[A-Z][A-Z (),/-]*", re.ASCII)

_TEMPLATES: Mapping[str, str] = {
    "README.md": "readme.txt",
    "pyproject.toml": "pyproject.txt",
    "tests/test_plugin.py": "tests.txt",
    "{package}/__init__.py": "package.txt",
    "{package}/forms/checks.yaml": "checks.txt",
    "{package}/forms/{dosing}.yaml": "dosing.txt",
    "{package}/protocol.yaml": "protocol.txt",
}
"""Path in the new folder to its template. No template has an ending that a tool would take for the real thing."""

_NO_ROUTE = "# route: INTRAVENOUS    # as CDISC writes it; SDTM has it in EXROUTE"


def check_name(name: str) -> None:
    """Refuse a name that a plugin, its protocol, its package and its distribution can not all have."""
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        raise UsageError(
            "U137",
            f"A plugin can not be called {quote(name)}.",
            remedy="Begin with a letter; then letters, digits and single underscores, at most 20, for example im.",
        )


def check_route(route: str, known: Collection[str]) -> str:
    """The route as CDISC writes it, from what somebody typed.

    Args:
        route: small letters are taken for capitals.
        known: the terms of CDISC's list.

    Raises UsageError for anything that is no term of the list.
    """
    term = " ".join(route.upper().split())
    if term not in known or not _ROUTE.fullmatch(term):
        some = list_some(sorted({"INTRAMUSCULAR", "INTRAVENOUS", "NASAL", "ORAL", "SUBCUTANEOUS"} & set(known)))
        raise UsageError(
            "U138",
            f"{quote(route)} is no route of administration of CDISC's list ROUTE.",
            remedy=f"{did_you_mean(term, sorted(known))}Terms are, for example: {some}.",
        )
    return term


def package_of(name: str) -> str:
    """The Python package of a plugin."""
    return f"trialkit_{name}"


def distribution_of(name: str) -> str:
    """What pip calls a plugin, and the folder that it is made in when nobody says another."""
    return f"trialkit-{name.replace('_', '-')}"


def skeleton_files(name: str, route: str | None) -> dict[str, str]:
    """Every file of a new plugin: its path with forward slashes to its text, sorted by path.

    Args:
        name: the plugin's name, which its protocol has, too; checked here.
        route: the route of administration, a term that `check_route` gave; None leaves it open.
    """
    check_name(name)
    dosing = f"EX{name.upper()}"
    values = {
        "name": name,
        "package": package_of(name),
        "distribution": distribution_of(name),
        "form": dosing,
        "file": f"{dosing.lower()}.yaml",
        "route": _NO_ROUTE if route is None else f"route: {check_route(route, (route,))}",
    }
    templates = resources.files(__name__)
    return {
        path.format(package=values["package"], dosing=dosing.lower()): Template(
            templates.joinpath(template).read_text(encoding="utf-8")
        ).substitute(values)
        for path, template in sorted(_TEMPLATES.items())
    }
