"""From entry points to one :class:`PluginRecord` each. No plugin, however broken, stops another."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

import pluggy

from gpreg.errors import PluginError, did_you_mean
from gpreg.registry import hookspecs
from gpreg.registry.installed import EntryPoint, installed
from gpreg.registry.specs import KINDS, Kind, Spec

GROUP = "gpreg"
"""The entry-point group that plugins declare themselves in."""


class State(Enum):
    """How discovery of a plugin ended."""

    OK = "ok"
    DISABLED = "disabled"
    CLASH = "clash"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class PluginRecord:
    """One entry point: whose it is, what it supplies, and what is wrong with it.

    Attributes:
        name: the entry point's name; ``--no-plugin`` and ``GPREG_PLUGINS`` take it, or ``package``.
        package, version: the distribution that declares it.
        module: what it loads.
        state: ``ok``; ``disabled``; ``clash`` (some of its names are claimed by another plugin too, and neither
            has them); ``broken`` (nothing of it is used).
        error: why, in one line.
        specs: what it supplies, by kind.
        refused: the ``(kind, name)`` pairs that clash, each with the packages that claim it.
    """

    name: str
    package: str
    version: str
    module: str
    state: State = State.OK
    error: str | None = None
    exception: BaseException | None = field(default=None, compare=False, repr=False)
    specs: dict[str, tuple[Spec, ...]] = field(default_factory=dict)
    refused: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} ({self.package} {self.version})"


def discover(
    points: Iterable[EntryPoint] | None = None,
    *,
    allowed: frozenset[str] | None = None,
    disabled: frozenset[str] = frozenset(),
    reserved: frozenset[tuple[str, str]] = frozenset(),
    strict: bool = False,
) -> tuple[PluginRecord, ...]:
    """Load every entry point of the group, each by itself.

    Args:
        points: instead of those that are installed.
        allowed: only these, by entry point or package name; None allows all.
        disabled: not these.
        reserved: the ``(kind, name)`` pairs that gpreg keeps for itself, such as its own commands.
        strict: raise the first thing that goes wrong, for whoever writes a plugin.

    Raises:
        PluginError: only if ``strict``; its cause is what the plugin raised.
    """
    found = installed(GROUP) if points is None else points
    manager = _Manager(GROUP)
    manager.add_hookspecs(hookspecs)
    records = [
        _load(point, manager, allowed, disabled, strict) for point in sorted(found, key=lambda point: point.name)
    ]
    return _refuse_clashes(records, reserved, strict)


class _Manager(pluggy.PluginManager):
    """Passes over a module's dunder names, more than half of all: none is a hook, and pluggy looks closely at each."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        """What pluggy finds, or ``None``."""
        return None if name.startswith("__") else super().parse_hookimpl_opts(plugin, name)


def _load(
    point: EntryPoint,
    manager: pluggy.PluginManager,
    allowed: frozenset[str] | None,
    disabled: frozenset[str],
    strict: bool,
) -> PluginRecord:
    record = PluginRecord(name=point.name, package=point.package, version=point.version, module=point.value)
    names = {record.name, record.package}
    if names & disabled:
        return replace(record, state=State.DISABLED, error="disabled by --no-plugin")
    if allowed is not None and not names & allowed:
        return replace(record, state=State.DISABLED, error="not among GPREG_PLUGINS")
    try:
        return replace(record, specs=_collect(point.load(), manager, record))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit, and what extension modules raise outside Exception
        reason = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
        reason = " ".join(reason.split())
        if strict:
            raise PluginError(f"plugin {record} is broken: {reason}") from error
        return replace(record, state=State.BROKEN, error=reason, exception=error)


def _collect(plugin: object, manager: pluggy.PluginManager, record: PluginRecord) -> dict[str, tuple[Spec, ...]]:
    manager.register(plugin, record.name)
    try:
        hooks = {caller.name: caller for caller in manager.get_hookcallers(plugin) or ()}
        _refuse_unknown_hooks(plugin, list(hooks))
        specs = {}
        for kind in KINDS.values():
            if kind.hook in hooks:
                returned = [item for result in hooks[kind.hook]() for item in _sequence(kind, result)]
                specs[kind.name] = tuple(
                    replace(_checked(kind, item, returned), package=record.package, version=record.version)
                    for item in returned
                )
        return specs
    finally:
        manager.unregister(name=record.name)  # alone in the manager, so that each result is known to be its own


def _refuse_unknown_hooks(plugin: object, implemented: Sequence[str]) -> None:
    known = [kind.hook for kind in KINDS.values()]
    for name in implemented:
        if name not in known:
            raise PluginError(
                f"implements unknown hook {name!r}{did_you_mean(name, known)} (known: {', '.join(known)})"
            )
    for name in known:
        if name not in implemented and hasattr(plugin, name):
            raise PluginError(f"{name} is not marked with @gpreg.hookimpl")
    if not implemented:
        raise PluginError(f"implements no hook (known: {', '.join(known)})")


def _sequence(kind: Kind, result: object) -> Sequence[object]:
    if isinstance(result, str) or not isinstance(result, Iterable):
        raise PluginError(
            f"{kind.hook} returned {type(result).__name__}; it must return a list of {kind.spec.__name__}"
        )
    return tuple(result)


def _checked(kind: Kind, item: object, siblings: Sequence[object]) -> Spec:
    if not isinstance(item, kind.spec):
        raise PluginError(f"{kind.hook} returned a {type(item).__name__} where {kind.spec.__name__} belongs")
    if sum(isinstance(other, Spec) and other.name == item.name for other in siblings) > 1:
        raise PluginError(f"{kind.hook} returned {kind.name} {item.name!r} twice")
    return item


def _refuse_clashes(
    records: Sequence[PluginRecord], reserved: frozenset[tuple[str, str]], strict: bool
) -> tuple[PluginRecord, ...]:
    claims: dict[tuple[str, str], list[str]] = defaultdict(list)
    claims.update((key, ["gpreg itself"]) for key in reserved)
    for record in records:
        for kind, specs in record.specs.items():
            for spec in specs:
                claims[kind, spec.name].append(str(record))
    clashes = {key: tuple(owners) for key, owners in claims.items() if len(owners) > 1}
    if strict and clashes:
        raise PluginError(_describe(clashes))
    return tuple(_without(record, clashes) for record in records)


def _without(record: PluginRecord, clashes: dict[tuple[str, str], tuple[str, ...]]) -> PluginRecord:
    own = {(kind, spec.name) for kind, specs in record.specs.items() for spec in specs}
    refused = {key: owners for key, owners in clashes.items() if key in own}
    if not refused:
        return record
    specs = {
        kind: tuple(spec for spec in specs if (kind, spec.name) not in refused) for kind, specs in record.specs.items()
    }
    return replace(record, state=State.CLASH, error=_describe(refused), specs=specs, refused=refused)


def _describe(clashes: dict[tuple[str, str], tuple[str, ...]]) -> str:
    return "; ".join(
        f"{kind} {name!r} is claimed by {' and by '.join(owners)}" for (kind, name), owners in clashes.items()
    )
