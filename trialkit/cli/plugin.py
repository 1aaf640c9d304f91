"""``trialkit plugin`` and ``trialkit run``: who hands in what, and the commands that plugins add."""

from __future__ import annotations

import click

from trialkit.cli.context import json_option
from trialkit.cli.failure import BROKEN_DEFINITION, DONE
from trialkit.cli.output import show_json, show_table, talk
from trialkit.cli.paint import paint
from trialkit.cli.plugin_new import new
from trialkit.errors import PluginError, UsageError, unknown_name


@click.group(epilog="Example: trialkit plugin list")
def plugin() -> None:
    """Make, list and check plugins."""


plugin.add_command(new)


@plugin.command("list", epilog="Example: trialkit plugin list")
@json_option
def list_(as_json: bool) -> None:
    """List the plugins that are installed, broken ones with their reason, and the protocols they hand in."""
    from trialkit.engine import known_protocols
    from trialkit.registry import load_registry

    registry = load_registry()
    protocols = known_protocols(registry)
    loaded = [
        {
            "plugin": name,
            "version": found.contribution.version,
            "protocols": sorted(protocol for protocol, (_, origin) in protocols.items() if origin.plugin == name),
            "hooks": [hook.removeprefix("trialkit_") for hook in found.hooks],
        }
        for name, found in registry.plugins.items()
    ]
    broken = [{"plugin": name, "reason": found.reason} for name, found in sorted(registry.broken.items())]
    if as_json:
        show_json({"plugins": loaded, "broken": broken})
        return
    show_table(
        ("PLUGIN", "VERSION", "PROTOCOLS", "HOOKS"),
        [
            (str(row["plugin"]), str(row["version"]), ", ".join(row["protocols"]), ", ".join(row["hooks"]))
            for row in loaded
        ],
    )
    for row in broken:
        talk(f"{paint('broken', 'red')}: {row['plugin']}: {row['reason']}")


@plugin.command(epilog="Example: trialkit plugin check iv")
@click.argument("name")
@json_option
def check(name: str, as_json: bool) -> int:
    """Run the conformance suite on the plugin NAME: what its author's tests should run, too."""
    from trialkit.testing import plugin_problems

    problems = plugin_problems(name)
    if as_json:
        show_json({"problems": problems})
        return BROKEN_DEFINITION if problems else DONE
    for problem in problems:
        talk(f"{name}: {problem}")
    if problems:
        raise PluginError("P104", f"The plugin {name} does not conform.", remedy="Mend what is named above.")
    talk(f"The plugin {name} conforms.")
    return DONE


@click.command(
    epilog="Example: trialkit run PLUGIN COMMAND --help",
    context_settings={"ignore_unknown_options": True, "allow_extra_args": True, "allow_interspersed_args": False},
)
@click.argument("plugin_name", metavar="PLUGIN")
@click.argument("command_name", metavar="COMMAND")
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(plugin_name: str, command_name: str, arguments: tuple[str, ...]) -> object:
    """Run a COMMAND that PLUGIN adds, with its own arguments."""
    from trialkit.registry import load_registry

    registry = load_registry()
    commands: dict[str, click.Command] = {
        found.name or "": found
        for found, origin in registry.collect("trialkit_cli_commands", click.Command)
        if origin.plugin == plugin_name
    }
    if plugin_name in registry.broken:
        raise PluginError(
            "P101",
            f"The plugin {plugin_name} is broken: {registry.broken[plugin_name].reason}.",
            remedy="Mend or reinstall it.",
        )
    if plugin_name not in registry.plugins:
        raise unknown_name("U132", "plugin", plugin_name, sorted(registry.plugins))
    if command_name not in commands:
        if not commands:
            raise UsageError(
                "U133", f"The plugin {plugin_name} adds no commands.", remedy="trialkit plugin list shows what it does."
            )
        raise unknown_name("U133", "command", command_name, sorted(commands))
    return commands[command_name].main(
        args=list(arguments), prog_name=f"trialkit run {plugin_name} {command_name}", standalone_mode=False
    )
