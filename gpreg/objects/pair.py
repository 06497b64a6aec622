"""An architecture made of a user's generator and critic."""

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

import torch
from torch import nn

from gpreg.errors import UsageError, did_you_mean
from gpreg.interfaces import Architecture, SampleSpec
from gpreg.objects.signature import call
from gpreg.registry.place import place_of
from gpreg.registry.wording import type_name

Network = nn.Module | Callable[..., nn.Module]
"""A module, or a class or function that makes one, called as ``f(spec)`` or ``f()``, with options as keywords."""

KEYS = ("generator", "critic", "latent_dim", "latent", "value_range")


@dataclass(frozen=True)
class Pair:
    """Two networks, for :func:`gpreg.experiment` and ``--arch FILE.py:NAME``.

    >>> import gpreg
    >>> from torch import nn
    >>> pair = gpreg.Pair(nn.Linear(8, 2), lambda spec: nn.Linear(*spec.shape, 1), latent="uniform")
    >>> gpreg.experiment("plane", architecture=pair).recipe.architecture.name
    'session.linear+lambda'

    Attributes:
        generator: a module ``(B, z) [, (B,)] -> (B, *x)``, of which each run takes a copy, so that all runs begin with
            the same weights; or a class or function that makes one. It is called as ``f(spec)`` if it has a parameter
            of that name, else as ``f()``, and initialises weights from the run's seed.
        critic: a module ``(B, *x) [, (B,)] -> (B,)`` or ``(B, 1)``, or a class or function that makes one.
        latent_dim: length of a code; ``None``: the generator's attribute of that name, or the input width of its first
            layer.
        latent: law of a code's coordinates, ``"normal"`` or ``"uniform"``; ``None``: the generator's, or normal.
        value_range: range of the generator's samples, ``(low, high)``, to which images are scaled; ``None``: all reals,
            and images are scaled to (-1, 1).

    Raises:
        UsageError: one of these has a wrong type or value.
    """

    generator: Network
    critic: Network
    latent_dim: int | None = None
    latent: Literal["normal", "uniform"] | None = None
    value_range: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        for name in ("generator", "critic"):
            if not callable(getattr(self, name)):
                raise UsageError(
                    f"the {name} is a {type_name(getattr(self, name))}; it must be a torch.nn.Module, or a class or "
                    "function that makes one"
                )
        if self.latent not in (None, "normal", "uniform"):
            raise UsageError(f"latent is {self.latent!r}; it must be 'normal' or 'uniform'")
        size = self.latent_dim
        if size is not None and (not isinstance(size, int) or isinstance(size, bool) or size < 1):
            raise UsageError(f"latent_dim is {size!r}; it must be a whole number, the length of a code")
        if isinstance(self.value_range, list):
            object.__setattr__(self, "value_range", tuple(self.value_range))

    @classmethod
    def of(cls, given: object) -> "Pair | None":
        """Make a pair from ``(generator, critic)`` or a table of its attributes; ``None`` for anything else.

        Raises:
            UsageError: the table lacks a network, or has another key.
        """
        if isinstance(given, Pair):
            return given
        if isinstance(given, tuple | list) and len(given) == 2:
            return cls(*given)
        if not isinstance(given, Mapping):
            return None
        for key in given:
            if key not in KEYS:
                raise UsageError(f"a pair of networks has no {key!r}{did_you_mean(str(key), KEYS)}")
        if missing := {"generator", "critic"} - given.keys():
            raise UsageError(f"the pair of networks has no {' and no '.join(sorted(missing))}")
        return cls(**cast(dict[str, Any], dict(given)))


class PairArchitecture(Architecture):
    """The architecture of a :class:`Pair`.

    Args:
        pair: the networks.
        options: keyword arguments for classes or functions that make networks; each gets those that it accepts.
    """

    def __init__(self, pair: Pair, options: Mapping[str, Any] | None = None) -> None:
        self._pair, self._options = pair, dict(options or {})
        self.value_range = pair.value_range  # type: ignore[misc] # of the class in the interface, of this pair here

    def generator(self, spec: SampleSpec) -> nn.Module:
        """A copy of the generator that was given, or a new one."""
        built = self._built(self._pair.generator, spec)
        if isinstance(built, nn.Module):
            for name, value in (("latent_dim", self._pair.latent_dim), ("latent", self._pair.latent)):
                if value is not None:
                    setattr(built, name, value)
        return built

    def critic(self, spec: SampleSpec) -> nn.Module:
        """A copy of the critic that was given, or a new one."""
        return self._built(self._pair.critic, spec)

    def _built(self, network: Network, spec: SampleSpec) -> nn.Module:
        if isinstance(network, nn.Module):
            return copy.deepcopy(network).to(torch.empty(0).device)  # on the device where a new module would be made
        return cast(nn.Module, call(network, self._options, given={"spec": spec}, what=place_of(network)))
