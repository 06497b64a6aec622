"""From entry points to one :class:`PluginRecord` each. No plugin, however broken, stops another."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from importlib.metadata import EntryPoint, entry_points

import pluggy

from gpreg.errors import PluginError, did_you_mean
from gpreg.registry import hookspecs
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
    exception: Exception | None = field(default=None, compare=False, repr=False)
    specs: dict[str, tuple[Spec, ...]] = field(default_factory=dict)
    refused: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.name} ({self.package} {self.version})"


def discover(
    points: Iterable[EntryPoint] | None = None,
    *,
    allowed: frozenset[str] | None = None,
    disabled: frozenset[str] = frozenset(),
    strict: bool = False,
) -> tuple[PluginRecord, ...]:
    """Load every entry point of the group, each by itself.

    Args:
        points: instead of those that are installed.
        allowed: only these, by entry point or package name; None allows all.
        disabled: not these.
        strict: raise the first thing that goes wrong, for whoever writes a plugin.

    Raises:
        Exception: only if ``strict``, whatever the plugin raised, or a :class:`PluginError`.
    """
    found = entry_points(group=GROUP) if points is None else points
    records = [_load(point, allowed, disabled, strict) for point in sorted(found, key=lambda point: point.name)]
    return _refuse_clashes(records, strict)


def _load(point: EntryPoint, allowed: frozenset[str] | None, disabled: frozenset[str], strict: bool) -> PluginRecord:
    package, version = (point.dist.name, point.dist.version) if point.dist else ("unknown", "0")
    record = PluginRecord(name=point.name, package=package, version=version, module=point.value)
    names = {record.name, record.package}
    if names & disabled:
        return replace(record, state=State.DISABLED, error="disabled by --no-plugin")
    if allowed is not None and not names & allowed:
        return replace(record, state=State.DISABLED, error="not among GPREG_PLUGINS")
    try:
        return replace(record, specs=_collect(point.load(), record))
    except (Exception, SystemExit) as error:
        if strict:
            raise
        reason = str(error) if isinstance(error, PluginError) else f"{type(error).__name__}: {error}"
        kept = error if isinstance(error, Exception) else None
        return replace(record, state=State.BROKEN, error=" ".join(reason.split()), exception=kept)


def _collect(plugin: object, record: PluginRecord) -> dict[str, tuple[Spec, ...]]:
    manager = pluggy.PluginManager(GROUP)  # one each: a plugin that fails validation cannot linger in another's
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, record.name)
    _refuse_unknown_hooks(manager)
    specs = {}
    for kind in KINDS.values():
        returned = [item for result in getattr(manager.hook, kind.hook)() for item in _sequence(kind, result)]
        if returned:
            specs[kind.name] = tuple(
                replace(_checked(kind, item, returned), package=record.package, version=record.version)
                for item in returned
            )
    return specs


def _refuse_unknown_hooks(manager: pluggy.PluginManager) -> None:
    known = [kind.hook for kind in KINDS.values()]
    unknown = [name for name in vars(manager.hook) if name.startswith("gpreg") and name not in known]
    if unknown:
        raise PluginError(
            f"implements unknown hook {unknown[0]!r}{did_you_mean(unknown[0], known)} (known: {', '.join(known)})"
        )
    manager.check_pending()


def _sequence(kind: Kind, result: object) -> Sequence[object]:
    if isinstance(result, str) or not isinstance(result, Iterable):
        raise PluginError(f"{kind.hook} returned {type(result).__name__}; it must return a list of {kind.spec.__name__}")
    return tuple(result)


def _checked(kind: Kind, item: object, siblings: Sequence[object]) -> Spec:
    if not isinstance(item, kind.spec):
        raise PluginError(f"{kind.hook} returned a {type(item).__name__} where {kind.spec.__name__} belongs")
    if sum(isinstance(other, Spec) and other.name == item.name for other in siblings) > 1:
        raise PluginError(f"{kind.hook} returned {kind.name} {item.name!r} twice")
    return item


def _refuse_clashes(records: Sequence[PluginRecord], strict: bool) -> tuple[PluginRecord, ...]:
    claims: dict[tuple[str, str], list[PluginRecord]] = defaultdict(list)
    for record in records:
        for kind, specs in record.specs.items():
            for spec in specs:
                claims[kind, spec.name].append(record)
    clashes = {key: owners for key, owners in claims.items() if len(owners) > 1}
    if strict and clashes:
        (kind, name), owners = next(iter(clashes.items()))
        raise PluginError(f"{kind} {name!r} is claimed by {' and by '.join(map(str, owners))}")
    return tuple(_without(record, clashes) for record in records)


def _without(
    record: PluginRecord, clashes: dict[tuple[str, str], list[PluginRecord]]
) -> PluginRecord:
    refused = {key: tuple(map(str, owners)) for key, owners in clashes.items() if record in owners}
    if not refused:
        return record
    error = "; ".join(f"{kind} {name!r} is claimed by {' and by '.join(owners)}" for (kind, name), owners in refused.items())
    specs = {
        kind: tuple(spec for spec in specs if (kind, spec.name) not in refused)
        for kind, specs in record.specs.items()
    }
    return replace(record, state=State.CLASH, error=error, specs=specs, refused=refused)
