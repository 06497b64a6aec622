"""The fake batch of a probe: given, or made by the generator."""

import inspect
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from gpreg.critics.layout import length
from gpreg.critics.learnt import modules_behind, unchanged
from gpreg.critics.nests import leaves
from gpreg.errors import UsageError
from gpreg.penalties.material import Material


@dataclass(frozen=True, kw_only=True)
class Made:
    """The fake batch, and what else a step passes.

    Attributes:
        fake: as the critic takes it.
        generator: what made it; ``None``: the batch was given, without a generator.
        latent: the codes that it was made from; ``None`` if they are not known.
        given: what else was given.
        needs: what the measure needs.
        device: where the samples are.
    """

    fake: Any
    generator: Any
    latent: Tensor | None
    given: Material
    needs: Set[str]
    device: torch.device

    def material(self, *, whole: bool = False) -> Material:
        """What a step passes besides the batches, with a random generator in the state of the given one.

        Args:
            whole: with generator and codes also where the measure does not need them.
        """
        found = Material(**self.given)
        for name, value in (("generator", self.generator), ("latent", self.latent)):
            if value is not None and (whole or name in self.needs):
                found[name] = value  # type: ignore[literal-required] # both are keys
        if rng := self.given.get("rng"):
            found["rng"] = torch.Generator(rng.device).set_state(rng.get_state())
        return found


def made(
    fakes: Any,
    real: Any,
    *,
    latent_dim: int | tuple[int, ...] | None,
    seed: int,
    material: Material,
    needs: Set[str],
) -> Made:
    """The fake batch that is given, or that a generator makes.

    Args:
        fakes: a batch, or a module or function ``(B, z) [, condition] -> batch``.
        real: the real batch, which says how many samples are made.
        latent_dim: z, or the shape of a code, if no codes are given.
        seed: of the codes.
        material: what else the penalty takes.
        needs: what the measure needs.

    Raises:
        UsageError: there is no batch, or nothing says what the generator's codes are.
    """
    found = leaves(real, "real")
    n = length(found, "real")
    first = next((leaf for leaf in found.values() if isinstance(leaf, Tensor) and leaf.is_floating_point()), None)
    if first is None:
        raise UsageError(
            "the real samples are no floats", remedy="scale them to the generator's range, as for training"
        )
    device = first.device
    given, latent = Material(**material), material.get("latent")
    if fakes is None:
        raise UsageError(
            "there is neither a fake batch nor a generator", remedy="call gpreg.probe(penalty, critic, generator, real)"
        )
    if not callable(fakes) or hasattr(fakes, "batch_size"):  # a TensorDict has one
        generator = given.pop("generator", None)
        given.pop("latent", None)
        return Made(fake=fakes, generator=generator, latent=latent, given=given, needs=needs, device=device)
    given.pop("generator", None)
    given.pop("latent", None)
    rng = torch.Generator(device).manual_seed(seed)
    codes = _codes(fakes, n, latent_dim, rng, first.dtype) if latent is None else latent
    condition = _first(given, "fake_condition", "condition", "fake_labels", "labels")
    arguments = (codes,) if condition is None else (codes, condition)
    _check_call(fakes, arguments)
    with torch.no_grad(), unchanged(modules_behind(fakes), device):
        fake = fakes(*arguments)
    return Made(fake=fake, generator=fakes, latent=codes, given=given, needs=needs, device=device)


def _codes(
    generator: Any, n: int, latent_dim: int | tuple[int, ...] | None, rng: torch.Generator, dtype: torch.dtype
) -> Tensor:
    if latent_dim is not None:
        shape = (latent_dim,) if isinstance(latent_dim, int) else tuple(latent_dim)
        weights = (own for module in modules_behind(generator) for own in module.parameters())
        dtype = next((own.dtype for own in weights if own.is_floating_point()), dtype)
        return torch.randn(n, *shape, generator=rng, device=rng.device, dtype=dtype)
    if hasattr(generator, "draw_latent"):
        drawn: Tensor = generator.draw_latent(n, rng)
        return drawn
    raise UsageError(
        f"the generator, a {type(generator).__name__}, does not say what its codes are",
        remedy="give latent_dim=, the length of a standard normal code, or latent=, the codes (B, z) themselves",
    )


def _check_call(generator: Any, arguments: tuple[Any, ...]) -> None:
    try:
        signature = inspect.signature(generator.forward if isinstance(generator, nn.Module) else generator)
    except (TypeError, ValueError):  # it has none, such as a function that is written in C
        return
    try:
        signature.bind(*arguments)
    except TypeError as error:
        how = "codes" if len(arguments) == 1 else "codes, condition"
        raise UsageError(
            f"the generator cannot be called as generator({how}): {error}",
            remedy="wrap it in a function that can, or give its samples in its place",
        ) from error


def _first(material: Material, *names: str) -> Any:
    return next((material[name] for name in names if material.get(name) is not None), None)  # type: ignore[literal-required] # all are keys
