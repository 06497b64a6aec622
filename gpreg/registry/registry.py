"""The registry: list, get and build what the discovered plugins supply."""

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, overload

from gpreg.errors import GpregError, PluginError, UnknownNameError, UsageError, did_you_mean
from gpreg.registry import options as option_parsing
from gpreg.registry.discovery import PluginRecord, State, discover, refuse_clashes
from gpreg.registry.interface import checked
from gpreg.registry.kinds import KINDS, I_co, Kind, S_co
from gpreg.registry.quarantine import quarantine
from gpreg.registry.reference import factory_of, options_of, supplied
from gpreg.registry.spec import IN_FILE, SESSION, Spec
from gpreg.registry.wording import reason_of, shown

Options = Mapping[str, Any] | object | None
"""A table of values, an instance of an options class, or nothing."""

_active: ContextVar["Registry | None"] = ContextVar("gpreg_registry", default=None)


class Registry:
    """Everything that a set of plugins supplies.

    Args:
        records: the plugins, as :func:`gpreg.registry.discovery.discover` returns them.

    >>> registry = load_registry()
    >>> [spec.name for spec in registry.list("measure", "pd*")]
    ['pd', 'pd+pg']
    >>> registry.get("loss", "wasserstein").generator
    '-D(x_g)'
    >>> registry.build("form", "squared")(torch.tensor([[3.0, 4.0]]))
    tensor([25.])
    """

    def __init__(self, records: tuple[PluginRecord, ...]) -> None:
        self.records = records
        self._specs: dict[str, dict[str, Spec]] = {kind: {} for kind in KINDS}
        for record in records:
            for kind, specs in record.specs.items():
                self._specs[kind].update((spec.name, spec) for spec in specs)
        self._files: dict[tuple[str, str], Spec] = {}

    def extended(
        self, records: Iterable[PluginRecord], *, reserved: frozenset[tuple[str, str]] = frozenset()
    ) -> "Registry":
        """A new registry with further plugins, such as files and objects of a Python session.

        A name that two plugins claim belongs to neither.

        Args:
            records: the further plugins.
            reserved: the ``(kind, name)`` pairs that no plugin may claim.
        """
        return Registry(refuse_clashes((*self.records, *records), reserved=reserved))

    @overload
    def list(self, kind: Kind[S_co, Any], pattern: str = "*") -> tuple[S_co, ...]: ...
    @overload
    def list(self, kind: str, pattern: str = "*") -> tuple[Spec, ...]: ...
    def list(self, kind: Kind[Spec, Any] | str, pattern: str = "*") -> tuple[Spec, ...]:
        """The specs of one kind whose name matches a shell pattern, in the order in which plugins give them."""
        return tuple(spec for name, spec in self._specs[_kind(kind).name].items() if fnmatchcase(name, pattern))

    @overload
    def get(self, kind: Kind[S_co, Any], name: str) -> S_co: ...
    @overload
    def get(self, kind: str, name: str) -> Spec: ...
    def get(self, kind: Kind[Spec, Any] | str, name: str) -> Spec:
        """The spec of one thing.

        Raises:
            UnknownNameError: no plugin supplies the name; the error has the nearest known name, and the plugins that
                did not load.
            PluginError: two plugins claim the name.
        """
        kind = _kind(kind)
        known = self._specs[kind.name]
        if name in known:
            return known[name]
        if IN_FILE.fullmatch(name):
            if (kind.name, name) not in self._files:
                from gpreg.registry.files import in_file  # needed only if a file was given

                self._files[kind.name, name] = in_file(self.records, kind, name)
            return self._files[kind.name, name]
        if ".py" in name:
            raise UsageError(
                f"{kind} {name!r} is in no file that can be named so",
                remedy="write FILE.py:NAME, where the file's name has letters, digits, '.', '_' and '-' alone; "
                "in Python without its folder, which plugins=['FOLDER/FILE.py'] has",
            )
        if name.startswith(f"{SESSION}."):
            raise UsageError(
                f"{kind} {name!r} is an object of the Python session that named it so, and is not here",
                remedy=f"only Python has it: gpreg.open_run(PATH, {kind.key}=...)",
            )
        claimants = [record for record in self.records if (kind.name, name) in record.refused]
        if claimants:
            owners = claimants[0].refused[kind.name, name]
            choices = " or ".join(f"--no-plugin {record.name}" for record in claimants)
            raise PluginError(
                f"{kind} {name!r} is claimed by {' and by '.join(owners)}, so neither supplies it",
                remedy=f"disable one, with {choices}",
            )
        hiding = (State.BROKEN, State.DISABLED, State.UNSUITABLE)
        absent = [f"{record} [{record.state.value}]" for record in self.records if record.state in hiding]
        raise UnknownNameError(kind.name, name, known, listing=kind.listing, suspects=absent)

    @overload
    def build(self, kind: Kind[Any, I_co], name: str, options: Options = None) -> I_co: ...
    @overload
    def build(self, kind: str, name: str, options: Options = None) -> Any: ...
    def build(self, kind: Kind[Spec, Any] | str, name: str, options: Options = None) -> Any:
        """Import and build one thing.

        Args:
            kind: one of :mod:`gpreg.registry.kinds`, or its name.
            name: as listed.
            options: a table of values (strings are converted to the option's type), or an instance of the options
                class.

        Raises:
            UnknownNameError, OptionError: there is no such name or option.
            PluginError: the plugin does not import, raises, or builds something that lacks the kind's interface.
        """
        kind = _kind(kind)
        spec = self.get(kind, name)
        table = options if isinstance(options, Mapping) else option_parsing.to_table(options)
        parsed = option_parsing.parse(options_of(spec, kind.name), table, owner=f"{kind} {name!r}")
        factory = factory_of(spec, kind.name)
        try:
            with self.activate(), quarantine():
                built = factory() if parsed is None else factory(parsed)
        except GpregError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginError(f"{supplied(spec, kind.name)} could not be built: {reason_of(error)}") from error
        return checked(built, kind, spec)

    @contextmanager
    def activate(self) -> Iterator[None]:
        """Make :func:`load_registry` return this registry inside the block, for plugins that build other plugins."""
        token = _active.set(self)
        try:
            yield
        finally:
            _active.reset(token)


def load_registry() -> Registry:
    """The active registry, or else one of all installed plugins, which are discovered once per process.

    While a plugin is being built, the registry that builds it is the active one. ``GPREG_PLUGINS=a,b`` allows only
    these plugins (empty: none); ``GPREG_STRICT_PLUGINS=1`` raises a :class:`PluginError` for the first plugin that is
    broken or clashes.

    Raises:
        UsageError: ``GPREG_PLUGINS`` names a plugin that is not installed.

    >>> load_registry().get("measure", "mid").sampling
    'x = (x_d + x_g) / 2'
    """
    return _active.get() or discover_registry(frozenset())


@cache
def discover_registry(disabled: frozenset[str], reserved: frozenset[tuple[str, str]] = frozenset()) -> Registry:
    """A registry of the installed plugins, as far as arguments and environment variables allow them.

    Args:
        disabled: names of entry points or packages that are not loaded.
        reserved: the ``(kind, name)`` pairs that no plugin may claim.

    Raises:
        UsageError: ``GPREG_PLUGINS`` names a plugin that is not installed.
        PluginError: a plugin is broken or clashes, and ``GPREG_STRICT_PLUGINS`` is set.
    """
    given = os.environ.get("GPREG_PLUGINS")
    allowed = None if given is None else frozenset(filter(None, map(str.strip, given.split(","))))
    records = discover(allowed=allowed, disabled=disabled, reserved=reserved, strict=strict_plugins())
    refuse_unknown(allowed or (), "GPREG_PLUGINS", records)
    return Registry(records)


def strict_plugins() -> bool:
    """Whether ``GPREG_STRICT_PLUGINS`` asks that the first plugin which is at fault ends everything."""
    return os.environ.get("GPREG_STRICT_PLUGINS", "") not in ("", "0")


def refuse_unknown(names: Iterable[str], asked_by: str, records: Iterable[PluginRecord]) -> None:
    """Refuse names of plugins that are not installed: with a misspelled name, the plugin that was meant is left out.

    Raises:
        UsageError: some are not installed; the message has the nearest installed name for each.
    """
    known = dict.fromkeys(name for record in records for name in (record.name, record.package))
    unknown = [name for name in names if name not in known]
    if unknown:
        listing = "gpreg plugins" if asked_by != "GPREG_PLUGINS" else "env -u GPREG_PLUGINS gpreg plugins"
        told = "\n".join(
            f"{asked_by}: there is no plugin named {shown(name)}{did_you_mean(name, known)}" for name in sorted(unknown)
        )
        raise UsageError(told, remedy=f"`{listing}` lists what is installed")


def _kind(kind: Kind[Spec, Any] | str) -> Kind[Spec, Any]:
    if isinstance(kind, Kind):
        return kind
    if kind not in KINDS:
        raise UsageError(
            f"there is no kind {kind!r}{did_you_mean(kind, KINDS)}", remedy=f"kinds are {', '.join(KINDS)}"
        )
    return KINDS[kind]
