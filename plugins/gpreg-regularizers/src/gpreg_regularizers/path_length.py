"""Path length regularization."""

import math

import torch
from torch import Tensor

from gpreg.interfaces import Term, TermBatch
from gpreg.penalties.autocast import at_least_float32
from gpreg_regularizers.calls import generated
from gpreg_regularizers.options import PathLengthOptions
from gpreg_regularizers.running_mean import RunningMean


class PathLength(Term):
    """``weight E (|J^T y| - a)^2`` with J = dG/dz, ``y ~ N(0, I)/sqrt(pixels)``, a the running mean of the lengths.

    A step of fixed length in the codes changes the samples by a fixed amount, whatever code and direction. Karras,
    Laine, Aittala, Hellsten, Lehtinen and Aila (2020), Analyzing and Improving the Image Quality of StyleGAN, equation
    4; the running mean, the division by the root of the pixels (height times width, without channels; 1 for vectors)
    and the smaller batch are in appendix B and the authors' code. There J is the derivative by the intermediate code w;
    generators here have one code, z.

    The mean begins at 0 and moves before it is used, as in the authors' code, and carries no gradient; there the share
    ``decay`` of it does. With ``training.accumulate`` it moves once for each update, see :class:`RunningMean`.
    """

    player = "generator"

    def __init__(self, options: PathLengthOptions) -> None:
        super().__init__()
        self._weight, self._shrink = options.weight, options.shrink
        self.every = options.every
        self.average = RunningMean((), decay=1 - options.decay, from_zero=True)

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, by one further forward pass of the generator and the derivative by its codes."""
        lengths = self.lengths(batch)
        mean: Tensor = self.average(lengths.detach().mean(), update=batch.step, averaged=batch.averaged)
        return self._weight * (lengths - mean).square().mean()

    def lengths(self, batch: TermBatch) -> Tensor:
        """``|J^T y|`` of the first codes of the batch, ``(B // shrink,)``, one at least, in float32 or better."""
        n = max(len(batch.latent) // self._shrink, 1)
        z: Tensor = batch.latent[:n].detach().requires_grad_()
        samples = generated(batch.generator, z, None if batch.fake_labels is None else batch.fake_labels[:n])
        y = torch.randn(samples.shape, generator=batch.rng, device=samples.device, dtype=samples.dtype)
        y = y / math.sqrt(math.prod(samples.shape[2:]))
        (gradient,) = torch.autograd.grad(samples, z, y, create_graph=True)
        lengths: Tensor = torch.linalg.vector_norm(at_least_float32(gradient).flatten(1), dim=1)
        return lengths
