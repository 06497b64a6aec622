"""Multilayer perceptrons, for toy distributions of vectors and, flattened, for samples of any shape."""

import math
from collections.abc import Callable
from itertools import pairwise

from torch import nn

from gpreg.interfaces import Architecture, Generator, SampleSpec
from gpreg_architectures.initialisation import glorot_linear, he_linear
from gpreg_architectures.options import MLPOptions
from gpreg_architectures.shapes import without_labels
from gpreg_architectures.unconditional import UnconditionalCritic, UnconditionalGenerator

_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "relu": nn.ReLU,
    "tanh": nn.Tanh,
    "softplus": nn.Softplus,
    "leaky-relu": lambda: nn.LeakyReLU(0.2),
}


class MLP(Architecture):
    """The toy networks of Gulrajani et al. (2017), ``gan_toy.py``: z and x through three hidden layers of 512.

    Hidden weights are He-uniform, output weights Glorot-uniform, biases zero.
    """

    name = "mlp"
    hidden: Callable[[int, int], nn.Linear] = staticmethod(he_linear)
    output: Callable[[int, int], nn.Linear] = staticmethod(glorot_linear)

    def __init__(self, options: MLPOptions) -> None:
        self.options = options

    def generator(self, spec: SampleSpec) -> Generator:
        """``(B, z) -> (B, *x)``.

        Raises:
            UsageError: the samples have classes.
        """
        without_labels(spec, owner=self.name)
        layers = self._layers(self.options.latent_dim, math.prod(spec.shape))
        return UnconditionalGenerator(self.options.latent_dim, nn.Sequential(*layers, nn.Unflatten(1, spec.shape)))

    def critic(self, spec: SampleSpec) -> nn.Module:
        """``(B, *x) -> (B,)``.

        Raises:
            UsageError: the samples have classes.
        """
        without_labels(spec, owner=self.name)
        return UnconditionalCritic(nn.Sequential(nn.Flatten(), *self._layers(math.prod(spec.shape), 1)))

    def _layers(self, inputs: int, outputs: int) -> list[nn.Module]:
        widths = [inputs, *[self.options.width] * self.options.hidden_layers]
        activation = _ACTIVATIONS[self.options.activation]
        hidden = [layer for pair in pairwise(widths) for layer in (self.hidden(*pair), activation())]
        return [*hidden, self.output(widths[-1], outputs)]


class ZeroGPMLP(MLP):
    """The toy networks of Thanh-Tung, Tran and Venkatesh (2019): PyTorch's own initial weights.

    All hidden layers are counted, as in the paper: 2 of 512 neurons (Figure 2). The authors' code counts the layers
    after the first, and has three of 64 neurons by default.
    """

    name = "mlp-0gp"
    hidden = nn.Linear
    output = nn.Linear
