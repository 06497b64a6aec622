"""Discovery turns each entry point into a :class:`PluginRecord`. A broken plugin does not stop the others."""

import os
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from enum import Enum
from types import ModuleType

from gpreg import __version__
from gpreg.errors import PluginError
from gpreg.registry.installed import EntryPoint, installed
from gpreg.registry.loading import GROUP, collect
from gpreg.registry.quarantine import Heard, Interrupted, only_real_interrupts, quarantine
from gpreg.registry.requirement import unmet
from gpreg.registry.spec import SESSION, Spec
from gpreg.registry.watch import Watch
from gpreg.registry.wording import one_line, reason_of

LONGEST_NAME = 200
MOST_TOLD = 3
"""How many clashes a record's error names; the others are only counted."""

_discovering: ContextVar[bool] = ContextVar("gpreg_discovering", default=False)


class State(Enum):
    """How discovery of a plugin ended."""

    OK = "ok"
    DISABLED = "disabled"
    UNSUITABLE = "unsuitable"
    CLASH = "clash"
    BROKEN = "broken"


@dataclass(frozen=True, kw_only=True)
class PluginRecord:
    """One plugin: which package it comes from, what it supplies, and what is wrong with it.

    Attributes:
        name: the entry point's name; ``--no-plugin`` and ``GPREG_PLUGINS`` take it, or ``package``.
        package, version: the distribution that declares the entry point.
        module: the module that it loads.
        state: ``ok``; ``disabled``; ``unsuitable`` (its package requires another version of gpreg, and nothing of it is
            loaded); ``clash`` (another plugin claims some of its names too, so that neither supplies them); ``broken``
            (nothing of it is used).
        error: the reason for the state, in one line.
        seconds: how long it took to load; None if it was not, or is a file.
        remarks: what is odd about a plugin, though it works: ``takes 0.43 s to load``, ``imports torch``, ``prints``,
            ``calls exit``, ``supplies 10,000 things``.
        specs: the specs that it supplies, by kind.
        refused: the ``(kind, name)`` pairs that clash, each with the packages that claim it.
        path, sha256: location and hash of the file, if the plugin is a file without a package.
        namespace: the module object made from that file.
        any_version: whether a run may be continued with the file although the file has changed since.
    """

    name: str
    package: str
    version: str
    module: str
    state: State = State.OK
    error: str | None = None
    exception: BaseException | None = field(default=None, compare=False, repr=False)
    seconds: float | None = field(default=None, compare=False)
    remarks: tuple[str, ...] = ()
    specs: dict[str, tuple[Spec, ...]] = field(default_factory=dict)
    refused: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    path: str | None = None
    sha256: str | None = None
    namespace: ModuleType | None = field(default=None, compare=False, repr=False)
    any_version: bool = False

    @classmethod
    def of_session(cls, specs: Mapping[str, Iterable[Spec]]) -> "PluginRecord":
        """A record of the objects of a Python session, whose specs are given by kind."""
        of_kind = {kind: tuple(these) for kind, these in specs.items()}
        return cls(name=SESSION, package=SESSION, version="", module=SESSION, specs=of_kind)

    def __str__(self) -> str:
        return f"{self.name} ({self.path or f'{self.package} {self.version}'})"


def discover(
    points: Iterable[EntryPoint] | None = None,
    *,
    allowed: frozenset[str] | None = None,
    disabled: frozenset[str] = frozenset(),
    reserved: frozenset[tuple[str, str]] = frozenset(),
    strict: bool = False,
) -> tuple[PluginRecord, ...]:
    """Load every entry point of the group ``gpreg``; one that fails is recorded as broken.

    One whose package requires another version of gpreg is not loaded, and recorded as unsuitable.

    Args:
        points: the entry points to load; by default those that are installed.
        allowed: load only plugins with these entry point or package names; None allows all.
        disabled: do not load plugins with these entry point or package names.
        reserved: the ``(kind, name)`` pairs that gpreg keeps for itself, such as its own commands.
        strict: raise the first failure instead of recording it; meant for authors of plugins.

    Raises:
        PluginError: ``strict`` is set and a plugin fails (the plugin's exception is the cause), or a plugin asks for
            the registry while it is imported.
    """
    if _discovering.get():
        raise PluginError("asks for the registry while plugins are being found; ask when something is built")
    found = sorted(installed(GROUP) if points is None else points, key=lambda point: point.name)
    token, process = _discovering.set(True), os.getpid()
    try:
        with only_real_interrupts(), Watch() as watch:
            records = []
            for point in found:
                records.append(_load(point, allowed, disabled, strict, watch))
                if os.getpid() != process:  # the plugin has forked, and left both processes to go on
                    os._exit(0)
    finally:
        _discovering.reset(token)
    return refuse_clashes(records, reserved=reserved, strict=strict)


def _load(
    point: EntryPoint, allowed: frozenset[str] | None, disabled: frozenset[str], strict: bool, watch: Watch
) -> PluginRecord:
    name, package, version, module = (
        one_line(word)[:LONGEST_NAME] for word in (point.name, point.package, point.version, point.value)
    )
    record = PluginRecord(name=name, package=package, version=version, module=module)
    names = {record.name, record.package}
    if names & disabled:
        return replace(record, state=State.DISABLED, error="disabled by --no-plugin")
    if allowed is not None and not names & allowed:
        return replace(record, state=State.DISABLED, error="not among GPREG_PLUGINS")
    if (refusal := _refusal(point)) is not None:
        state, error = refusal
        if strict:
            raise PluginError(f"plugin {record} is {state.value}: {error}")
        return replace(record, state=state, error=error)
    watch.begin(name, str(record))
    heard = Heard()
    try:
        with quarantine() as heard:
            specs = collect(point.load(), package, version)
    except Interrupted:
        raise
    except BaseException as error:  # SystemExit, KeyboardInterrupt, and what extension modules raise outside Exception
        reason, remarks = reason_of(error), watch.remarks({}, printed=heard.printed, error=error)
        if strict:
            raise PluginError(f"plugin {record} is broken: {reason}") from error
        broken = replace(record, state=State.BROKEN, error=reason, exception=error)
        return replace(broken, seconds=watch.seconds, remarks=remarks)
    remarks = watch.remarks(specs, printed=heard.printed, error=None)
    return replace(record, specs=specs, seconds=watch.seconds, remarks=remarks)


def _refusal(point: EntryPoint) -> tuple[State, str] | None:
    """Why a plugin is not even loaded, as its distribution's metadata tells."""
    try:
        required = unmet(point.metadata, __version__) if point.metadata else None
    except ValueError as error:
        return State.BROKEN, f"what its package requires of gpreg cannot be read: {one_line(str(error))}"
    if required is None:
        return None
    bounds = one_line(required.bounds)[:LONGEST_NAME]
    return State.UNSUITABLE, (
        f"requires gpreg{bounds}, and {__version__} is running; `pip install --upgrade {one_line(point.package)}` may "
        f"bring one that suits, or `pip install 'gpreg{bounds}'` the gpreg that it requires"
    )


def refuse_clashes(
    records: Sequence[PluginRecord], *, reserved: frozenset[tuple[str, str]] = frozenset(), strict: bool = False
) -> tuple[PluginRecord, ...]:
    """Remove every name that two records claim from both; a name that was refused before stays refused.

    Raises:
        PluginError: if ``strict`` and there is such a name.
    """
    claims: dict[tuple[str, str], list[str]] = defaultdict(list)
    claims.update((key, ["gpreg itself"]) for key in reserved)
    for record in records:
        title = str(record)
        for key in record.refused:
            claims[key].append(title)
        for kind, specs in record.specs.items():
            for spec in specs:
                claims[kind, spec.name].append(title)
    clashes = {key: tuple(owners) for key, owners in claims.items() if len(owners) > 1}
    if strict and clashes:
        raise PluginError(_describe(clashes))
    return tuple(_without(record, clashes) for record in records) if clashes else tuple(records)


def _without(record: PluginRecord, clashes: Mapping[tuple[str, str], tuple[str, ...]]) -> PluginRecord:
    claimed = [(kind, spec.name) for kind, specs in record.specs.items() for spec in specs]
    refused = {key: clashes[key] for key in claimed if key in clashes}
    if not refused:
        return record
    specs = {
        kind: tuple(spec for spec in specs if (kind, spec.name) not in refused) for kind, specs in record.specs.items()
    }
    refused |= record.refused
    return replace(record, state=State.CLASH, error=_describe(refused), specs=specs, refused=refused)


def _describe(clashes: Mapping[tuple[str, str], tuple[str, ...]]) -> str:
    told = [
        f"{kind} {name!r} is claimed by {' and by '.join(owners)}"
        for (kind, name), owners in list(clashes.items())[:MOST_TOLD]
    ]
    return "; ".join(told) + (f"; and {len(clashes) - MOST_TOLD:,} more clashes" if len(clashes) > MOST_TOLD else "")
