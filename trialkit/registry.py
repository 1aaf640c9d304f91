"""Finds, loads and checks plugins, one by one, so that a broken one is named with its reason and the rest go on.

A plugin is a module with hook implementations, registered under the entry-point group ``trialkit``. What it hands in
is collected here, each thing with the plugin it came from; nothing is called per value.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points, version
from types import ModuleType
from typing import Any

import pluggy

from trialkit import builtin, hookspecs
from trialkit.model.study import Contribution

GROUP = "trialkit"
"""The entry-point group that strangers and the house's own protocols register under."""

HOUSE = "trialkit"
"""The name of the house's own plugin; no other may take it."""

_HOOKS = tuple(name for name in vars(hookspecs) if name.startswith("trialkit_"))


@dataclass(frozen=True, slots=True, order=True)
class BrokenPlugin:
    """A plugin that can not be used, and why, in one sentence without a traceback."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class LoadedPlugin:
    """A plugin in use: who it is and which hooks it implements, in the order of a run."""

    contribution: Contribution
    hooks: tuple[str, ...]
    module: object = field(repr=False)


@dataclass(slots=True)
class Registry:
    """The plugins of one run. Collecting from a plugin that raises moves it from `plugins` to `broken`."""

    manager: pluggy.PluginManager = field(repr=False)
    plugins: dict[str, LoadedPlugin]
    broken: dict[str, BrokenPlugin]

    def collect(
        self, hook: str, allowed: type | tuple[type, ...], **arguments: object
    ) -> list[tuple[Any, Contribution]]:  # Any: the caller named the allowed types
        """Everything that the plugins hand in through a hook, in the order of the plugins.

        Args:
            hook: the hook's name.
            allowed: the types that it may hand in; anything else breaks the plugin.
            arguments: the hook's arguments.
        """
        collected: list[tuple[Any, Contribution]] = []  # Any: as above
        for name, plugin in list(self.plugins.items()):
            if hook not in plugin.hooks:
                continue
            things = self._call(name, hook, arguments)
            strange = next((thing for thing in things if not isinstance(thing, allowed)), None)
            if strange is not None:
                self._break(name, f"{hook} handed in {type(strange).__name__}, which it can not")
            elif name in self.plugins:
                collected += [(thing, plugin.contribution) for thing in things]
        return collected

    def collect_named(
        self, hook: str, allowed: type, name_of: Callable[[Any], str], **arguments: object
    ) -> dict[str, tuple[Any, Contribution]]:  # Any: as in collect
        """The same by name. A plugin that claims a name that is taken is broken, and hands in nothing."""
        claimed: dict[str, tuple[Any, Contribution]] = {}  # Any: as in collect
        for thing, origin in self.collect(hook, allowed, **arguments):
            if origin.plugin in self.broken:
                continue
            holder = claimed.get(name_of(thing))
            if holder is None:
                claimed[name_of(thing)] = (thing, origin)
                continue
            self._break(origin.plugin, f"{hook} claims the name {name_of(thing)}, which {holder[1].plugin} has")
            claimed = {name: found for name, found in claimed.items() if found[1].plugin != origin.plugin}
        return claimed

    def tell(self, hook: str, **arguments: object) -> tuple[str, ...]:
        """Call a hook that hands in nothing. Returns the names of the plugins in which it raised."""
        raised = []
        for name, plugin in list(self.plugins.items()):
            if hook in plugin.hooks:
                self._call(name, hook, arguments)
                if name in self.broken:
                    raised.append(name)
        return tuple(raised)

    def _call(self, name: str, hook: str, arguments: Mapping[str, object]) -> Sequence[Any]:  # Any: as in collect
        implementation = next(
            found for found in getattr(self.manager.hook, hook).get_hookimpls() if found.plugin_name == name
        )
        given = [arguments[argument] for argument in implementation.argnames]
        try:
            handed_in = implementation.function(*given)
            return tuple(handed_in) if handed_in is not None else ()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # a stranger's code may raise anything, sys.exit included
            self._break(name, f"{hook} raised {describe_error(error)}")
            return ()

    def _break(self, name: str, reason: str) -> None:
        self.plugins.pop(name, None)
        self.broken[name] = BrokenPlugin(name, reason)


def load_registry(
    points: Iterable[EntryPoint] | None = None, modules: Mapping[str, ModuleType] | None = None
) -> Registry:
    """Load the house's plugin, then every entry point in order of name, then modules that are handed over.

    Args:
        points: the entry points; those that are installed when left out.
        modules: further plugins by name, for tests and conformance checks.
    """
    manager = pluggy.PluginManager("trialkit")
    manager.add_hookspecs(hookspecs)
    registry = Registry(manager, {}, {})
    _register(registry, HOUSE, builtin, version("trialkit"))
    found = entry_points(group=GROUP) if points is None else points
    for point in sorted(found, key=lambda point: (point.name, point.value)):
        _load_point(registry, point)
    for name, module in (modules or {}).items():
        _register(registry, name, module, getattr(module, "__version__", "0"))
    return registry


def describe_error(error: BaseException) -> str:
    """An exception for a one-line report: its type, and its first line when it is not about data."""
    first_line = (str(error).splitlines() or [""])[0][:200]
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__


def _load_point(registry: Registry, point: EntryPoint) -> None:
    if point.name in registry.plugins or point.name in registry.broken:
        registry.broken[f"{point.name} ({point.value})"] = BrokenPlugin(
            f"{point.name} ({point.value})", f"the name {point.name} is taken by another plugin"
        )
        return
    try:
        module = point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # a stranger's module may raise anything when imported
        registry.broken[point.name] = BrokenPlugin(point.name, f"importing it raised {describe_error(error)}")
        return
    _register(registry, point.name, module, point.dist.version if point.dist else "0")


def _register(registry: Registry, name: str, module: object, release: str) -> None:
    if name in registry.plugins:
        registry.broken[name] = BrokenPlugin(name, f"the name {name} is taken by another plugin")
        return
    twin = registry.manager.get_name(module)
    if twin is not None:
        registry.broken[name] = BrokenPlugin(name, f"it is the same module as the plugin {twin}")
        return
    misspelt = _misspelt_hook(module)
    if misspelt:
        registry.broken[name] = BrokenPlugin(name, misspelt)
        return
    try:
        registry.manager.register(module, name)
    except (pluggy.PluginValidationError, ValueError) as error:
        registry.broken[name] = BrokenPlugin(name, " ".join(str(error).split()))
        return
    hooks = tuple(
        hook
        for hook in _HOOKS
        if any(found.plugin_name == name for found in getattr(registry.manager.hook, hook).get_hookimpls())
    )
    if not hooks:
        registry.broken[name] = BrokenPlugin(name, "it implements no hook of trialkit")
        return
    registry.plugins[name] = LoadedPlugin(Contribution(name, release), hooks, module)


def _misspelt_hook(module: object) -> str:
    """Why a hook of the module would never be called, or empty. pluggy itself is silent about these."""
    for name in dir(module):
        marked = hasattr(getattr(module, name, None), "trialkit_impl")
        if name in _HOOKS and not marked:
            return f"{name} lacks the @hookimpl mark, so that it would never be called"
        if name not in _HOOKS and (marked or name.startswith("trialkit_")) and callable(getattr(module, name)):
            nearest = difflib.get_close_matches(name, _HOOKS, n=1, cutoff=0.6)
            guess = f"; did you mean {nearest[0]}?" if nearest else ""
            return f"it has a hook {name}, which does not exist{guess}"
    return ""
