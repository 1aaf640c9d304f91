"""Which plugins a study can not do without, and the refusal to go on when one is missing or broken."""

from __future__ import annotations

from collections.abc import Collection

from trialkit.engine.gathering import STUDY_FOLDER, Gathered
from trialkit.errors import PluginError
from trialkit.model.study import StudyDefinition
from trialkit.registry import HOUSE, Registry


def needed_plugins(definition: StudyDefinition, gathered: Gathered, registry: Registry) -> frozenset[str]:
    """The house, the plugins that the study names, and the one that hands in its protocol.

    When nobody hands it in, one of all the plugins should have: each of them is needed until it is known which.
    """
    provider = gathered.provider(definition.protocol)
    providers = set(gathered.owners.values()) if provider is None else {provider}
    if provider is None and definition.protocol in registry.broken:
        providers.add(definition.protocol)
    return frozenset({HOUSE, STUDY_FOLDER, *definition.plugins, *providers})


def require_plugins(needed: Collection[str], registry: Registry) -> None:
    """Refuse to go on without the plugins that the study needs.

    Raises:
        PluginError: P101 for one that is broken, P102 for one that is not installed.
    """
    for name in sorted({*needed} - {STUDY_FOLDER}):
        broken = registry.broken.get(name)
        if broken is not None:
            raise PluginError(
                "P101",
                f"The plugin {name}, which this study needs, is broken: {broken.reason}.",
                remedy="Mend or reinstall the plugin; trialkit plugin list shows them all.",
            )
        if name not in registry.plugins:
            raise PluginError(
                "P102",
                f"The plugin {name}, which this study needs, is not installed.",
                remedy="Install it in the same environment as trialkit; trialkit plugin list shows what is there.",
            )
