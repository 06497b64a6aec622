"""A plain module as a generator: what the interface adds to it."""

from collections.abc import Iterator
from typing import Any, Literal, cast

import torch
from torch import Tensor, nn

from gpreg.interfaces.architecture import Generator

_Convolution = nn.modules.conv._ConvNd


class PlainGenerator(Generator):
    """Any module that makes samples of codes, with the rest of :class:`Generator`.

    Codes are standard normal, or as the module's own attribute ``latent`` or method ``draw_latent`` says. Its
    parameters are named ``module.NAME``, as :class:`torch.nn.DataParallel` names them.

    Args:
        module: ``(B, *code_shape) [, (B,)] -> (B, *x)``.
        code_shape: of one code as the module wants it: ``(z,)``, or ``(z, 1, 1)`` where a convolution comes first.
    """

    def __init__(self, module: nn.Module, code_shape: tuple[int, ...]) -> None:
        super().__init__()
        self.module = module
        self.latent_dim, self.code_shape = code_shape[0], code_shape
        latent: Any = getattr(module, "latent", None)
        if isinstance(latent, str) and latent in ("normal", "uniform"):  # a module of that name is something else
            self.latent = cast(Literal["normal", "uniform"], latent)

    def draw_latent(self, n: int, rng: torch.Generator) -> Tensor:
        """``(n, z)`` codes, by the module's own method of that name if it has one."""
        draw = getattr(self.module, "draw_latent", None)
        codes: Tensor = draw(n, rng) if callable(draw) else super().draw_latent(n, rng)
        return codes

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """The module's samples; labels are given if there are any."""
        codes = z.reshape(len(z), *self.code_shape)
        samples: Tensor = self.module(codes) if labels is None else self.module(codes, labels)
        return samples


def code_shapes(generator: nn.Module, declared: object) -> Iterator[tuple[int, ...]]:
    """What the shape of one code may be, the likeliest first; nothing if that is not known.

    The size is ``declared``, or else the width that the first linear layer or convolution accepts.
    """
    layers = (module for module in generator.modules() if isinstance(module, nn.Linear | _Convolution))
    first = next(layers, None)
    accepts = first.in_features if isinstance(first, nn.Linear) else getattr(first, "in_channels", 0)
    size = declared if isinstance(declared, int) and not isinstance(declared, bool) else accepts
    if size < 1:  # a lazy layer accepts 0 as yet
        return
    if isinstance(first, _Convolution):
        yield (size, *[1] * len(first.kernel_size))
    yield (size,)
