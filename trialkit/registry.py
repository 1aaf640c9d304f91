"""Finds, loads and checks plugins, one by one, so that a broken one is named with its reason and the rest go on.

A plugin is a module with hook implementations, registered under the entry-point group ``trialkit``. What it hands in
is collected here, each thing with the plugin it came from; nothing is called per value.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points, version
from types import ModuleType
from typing import Any

import pluggy

from trialkit import builtin, hookspecs
from trialkit.errors import PluginError
from trialkit.model.study import Contribution
from trialkit.wording import find_nearest

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
            try:
                things = self._call(name, hook, arguments, allowed)
            except _HookFailedError as failure:
                self.break_plugin(name, str(failure))
            else:
                collected += [(thing, plugin.contribution) for thing in things]
        return collected

    def consult(
        self, hook: str, allowed: type | tuple[type, ...], **arguments: object
    ) -> list[tuple[Any, Contribution]]:  # Any: as in collect
        """The same for a hook whose silence would be taken for consent: a plugin that fails is not passed over.

        Raises:
            PluginError: P105 with the plugin and the reason.
        """
        collected: list[tuple[Any, Contribution]] = []  # Any: as in collect
        for name, plugin in self.plugins.items():
            if hook not in plugin.hooks:
                continue
            try:
                things = self._call(name, hook, arguments, allowed)
            except _HookFailedError as failure:
                raise PluginError(
                    "P105",
                    f"The plugin {name} failed when it was asked for its consent, so nothing was stored: {failure}.",
                    remedy="Mend the plugin, or uninstall it if the study can do without it.",
                ) from None
            collected += [(thing, plugin.contribution) for thing in things]
        return collected

    def collect_named(
        self, hook: str, allowed: type | tuple[type, ...], name_of: Callable[[Any], str], **arguments: object
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
            self.break_plugin(origin.plugin, f"{hook} claims the name {name_of(thing)}, which {holder[1].plugin} has")
            claimed = {name: found for name, found in claimed.items() if found[1].plugin != origin.plugin}
        return claimed

    def tell(self, hook: str, **arguments: object) -> tuple[str, ...]:
        """Call a hook that hands in nothing. Returns the names of the plugins in which it raised."""
        raised = []
        for name, plugin in self.plugins.items():
            if hook in plugin.hooks:
                try:
                    self._call(name, hook, arguments, object)
                except _HookFailedError:
                    raised.append(name)
        return tuple(raised)

    def break_plugin(self, name: str, reason: str) -> None:
        """Take a plugin out of use, for a reason that is told in one line."""
        self.plugins.pop(name, None)
        self.broken[name] = BrokenPlugin(name, reason)

    def _call(
        self, name: str, hook: str, arguments: Mapping[str, object], allowed: type | tuple[type, ...]
    ) -> Sequence[Any]:  # Any: as in collect
        implementation = next(
            found for found in getattr(self.manager.hook, hook).get_hookimpls() if found.plugin_name == name
        )
        given = [arguments[argument] for argument in implementation.argnames]
        try:
            handed_in = implementation.function(*given)
            things = tuple(handed_in) if handed_in is not None else ()
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001  # a stranger's code may raise anything, sys.exit included
            raise _HookFailedError(f"{hook} raised {describe_error(error)}") from None
        strange = next((thing for thing in things if not isinstance(thing, allowed)), None)
        if strange is not None:
            raise _HookFailedError(f"{hook} handed in {type(strange).__name__}, which it can not")
        return things


class _HookFailedError(Exception):
    """Why a hook of one plugin gave nothing that can be used."""


def load_registry(
    points: Iterable[EntryPoint] | None = None, modules: Mapping[str, ModuleType] | None = None
) -> Registry:
    """Load the house's plugin, then every entry point in order of name, then modules that are handed over.

    The entry points of the house's own distribution come before those of strangers, who can not take their names.

    Args:
        points: the entry points; those that are installed when left out.
        modules: further plugins by name, for tests and conformance checks.
    """
    manager = pluggy.PluginManager("trialkit")
    manager.add_hookspecs(hookspecs)
    registry = Registry(manager, {}, {})
    _register(registry, HOUSE, builtin, version("trialkit"))
    found = entry_points(group=GROUP) if points is None else points
    for point in sorted(found, key=_order):
        _load_point(registry, point)
    for name, module in (modules or {}).items():
        if not _is_taken(registry, name, module.__name__):
            _register(registry, name, module, getattr(module, "__version__", "0"))
    return registry


def describe_error(error: BaseException) -> str:
    """An exception for a one-line report: its type and its first line."""
    try:
        first_line = (str(error).splitlines() or [""])[0][:200]
    except Exception:  # noqa: BLE001  # a stranger's exception may not even have words
        first_line = ""
    return f"{type(error).__name__}: {first_line}" if first_line else type(error).__name__


def _order(point: EntryPoint) -> tuple[bool, str, str]:
    is_of_the_house = point.dist is not None and point.dist.name == HOUSE
    return not is_of_the_house, point.name, point.value


def _load_point(registry: Registry, point: EntryPoint) -> None:
    if _is_taken(registry, point.name, point.value):
        return
    try:
        module = point.load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # a stranger's module may raise anything when imported
        registry.break_plugin(point.name, f"importing it raised {describe_error(error)}")
        return
    _register(registry, point.name, module, point.dist.version if point.dist else "0")


def _is_taken(registry: Registry, name: str, what: str) -> bool:
    """Whether another plugin has the name; the one that comes second is then told under name and origin."""
    if name not in registry.plugins and name not in registry.broken:
        return False
    registry.break_plugin(f"{name} ({what})", f"the name {name} is taken by another plugin")
    return True


def _register(registry: Registry, name: str, module: object, release: str) -> None:
    twin = registry.manager.get_name(module)
    if twin is not None:
        registry.break_plugin(name, f"it is the same module as the plugin {twin}")
        return
    try:
        unfit = _misspelt_hook(module)
        if not unfit:
            registry.manager.register(module, name)
    except pluggy.PluginValidationError as error:
        unfit = " ".join(str(error).split())
    except Exception as error:  # noqa: BLE001  # looking at a stranger's object may raise anything
        unfit = f"looking at it raised {describe_error(error)}"
    if unfit:
        registry.break_plugin(name, unfit)
        return
    hooks = tuple(
        hook
        for hook in _HOOKS
        if any(found.plugin_name == name for found in getattr(registry.manager.hook, hook).get_hookimpls())
    )
    if not hooks:
        registry.break_plugin(name, "it implements no hook of trialkit")
        return
    registry.plugins[name] = LoadedPlugin(Contribution(name, release), hooks, module)


def _misspelt_hook(module: object) -> str:
    """Why a hook of the module would never be called, or empty. pluggy itself is silent about these."""
    for name in dir(module):
        mark = getattr(getattr(module, name, None), "trialkit_impl", None)
        if name in _HOOKS and mark is None:
            return f"{name} lacks the @hookimpl mark, so that it would never be called"
        meant = (mark or {}).get("specname") or name
        if meant in _HOOKS:
            continue
        if (mark is not None or name.startswith("trialkit_")) and callable(getattr(module, name)):
            nearest = find_nearest(name, _HOOKS)
            guess = f"; did you mean {nearest}?" if nearest else ""
            return f"it has a hook {name}, which does not exist{guess}"
    return ""
