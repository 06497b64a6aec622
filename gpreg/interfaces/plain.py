"""Wrap a plain module so that it implements the interface of a generator."""

from collections.abc import Iterator
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from gpreg.interfaces.architecture import Generator

_Convolution = nn.modules.conv._ConvNd


class PlainGenerator(Generator):
    """A :class:`Generator` made of any module that maps codes to samples.

    Codes are standard normal, unless the module has an attribute ``latent`` or a method ``draw_latent``. Parameters are
    named ``module.NAME``, as with :class:`torch.nn.DataParallel`.

    Args:
        module: ``(B, *code_shape) [, (B,)] -> (B, *x)``.
        code_shape: shape of one code for the module: ``(z,)``, or ``(z, 1, 1)`` if a convolution comes first.
    """

    def __init__(self, module: nn.Module, code_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.module = module
        self.latent_dim, self.code_shape = code_shape[0], code_shape
        latent: Any = getattr(module, "latent", None)
        if isinstance(latent, str) and latent in ("normal", "uniform"):  # `latent` may also be a submodule
            self.latent = cast(Literal["normal", "uniform"], latent)

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """Draw ``(n, z)`` codes, by the module's method ``draw_latent`` if it has one."""
        draw = getattr(self.module, "draw_latent", None)
        codes: Tensor = draw(n, rng) if callable(draw) else super().draw_latent(n, rng)
        return codes

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """The module's samples; labels are passed on if there are any."""
        codes = z.reshape(len(z), *self.code_shape)
        samples: Tensor = self.module(codes) if labels is None else self.module(codes, labels)
        return samples


def code_shapes(generator: nn.Module, declared: object) -> Iterator[tuple[int, ...]]:
    """Possible shapes of one code, the likeliest first; none if its length is unknown.

    The length is ``declared``, or else the input width of the first linear layer or convolution.
    """
    layers = (module for module in generator.modules() if isinstance(module, nn.Linear | _Convolution))
    first = next(layers, None)
    accepts = first.in_features if isinstance(first, nn.Linear) else getattr(first, "in_channels", 0)
    size = declared if isinstance(declared, int) and not isinstance(declared, bool) else accepts
    if size < 1:  # a lazy layer has input width 0 before its first call
        return
    if isinstance(first, _Convolution):
        yield (size, *[1] * len(first.kernel_size))
    yield (size,)
