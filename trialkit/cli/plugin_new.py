"""``trialkit plugin new``: the folder of a new protocol plugin, which conforms and can be tried at once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import click

from trialkit.cli.output import talk
from trialkit.errors import StoreError, UsageError
from trialkit.skeleton import check_name, check_route, distribution_of, package_of, skeleton_files

_ROUTES = "C66729"
"""CDISC's list ROUTE."""


@click.command(epilog="Example: trialkit plugin new im --route INTRAMUSCULAR")
@click.argument("name")
@click.argument("directory", required=False, type=click.Path(file_okay=False, path_type=Path))
@click.option("--route", help="The route of administration, a term of CDISC's list ROUTE. Left open when left out.")
def new(name: str, directory: Path | None, route: str | None) -> None:
    """Make a working plugin with the protocol NAME in DIRECTORY (trialkit-NAME when left out), to be changed by you.

    It has a small protocol, a dosing form with a computed dose, a check, and tests. Nothing that is there is replaced.
    """
    check_name(name)
    _refuse_taken(name)
    term = None if route is None else check_route(route, _known_routes())
    folder = directory or Path(distribution_of(name))
    _refuse_unfit(folder)
    files = skeleton_files(name, term)
    _write(folder, files)
    for path in files:
        click.echo((folder / path).as_posix())
    place = folder.as_posix()
    talk(f"Made the plugin {name} in {place}, route {term or 'left open'}.")
    talk(f"Next: pip install -e {place} && trialkit plugin check {name} && trialkit init try-{name} --protocol {name}")


def _refuse_taken(name: str) -> None:
    """Refuse the name of a plugin, a protocol or a package that is there; capitals make no difference to pip."""
    from trialkit.engine import known_protocols
    from trialkit.registry import load_registry

    registry = load_registry()
    plugins = {*registry.plugins, *registry.broken}
    holders = {
        "a plugin that is installed": plugins,
        "a protocol that a plugin hands in": set(known_protocols(registry)),
        f"the package {package_of(name)} that is installed": {name} if find_spec(package_of(name)) else set(),
    }
    for holder, names in holders.items():
        if distribution_of(name).lower() in {distribution_of(taken).lower() for taken in names}:
            raise UsageError(
                "U139",
                f"The name {name} is that of {holder}.",
                remedy="Choose another name; trialkit plugin list shows those of plugins and protocols.",
            )


def _known_routes() -> frozenset[str]:
    from trialkit.export.sdtm.standard import load_standard

    return load_standard().terms[_ROUTES].terms


def _refuse_unfit(folder: Path) -> None:
    """Refuse a folder with files in it, and one inside a study, which reads every definition below its own folder."""
    if folder.is_dir() and any(folder.iterdir()):
        raise UsageError(
            "U140",
            f"{folder.as_posix()} holds files already.",
            remedy="Name an empty folder, or one that is not there.",
        )
    for outer in (folder.absolute(), *folder.absolute().parents):
        if (outer / "study.yaml").is_file():
            raise UsageError(
                "U140",
                f"{folder.as_posix()} would lie inside the study {outer.name}, which reads every definition in it.",
                remedy="Make the plugin outside of a study's folder.",
            )


def _write(folder: Path, files: Mapping[str, str]) -> None:
    try:
        for path, text in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise StoreError(
            "P107",
            f"The plugin could not be written to {folder.as_posix()}: {error.strerror or type(error).__name__}.",
            remedy="Free some space or correct the permissions, delete what was begun, then try again.",
        ) from error
