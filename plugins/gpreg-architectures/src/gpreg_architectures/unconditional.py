"""Networks without labels: a chain of layers with the same call as conditional networks."""

from torch import Tensor, nn

from gpreg.interfaces import Generator
from gpreg_architectures.conditioning import matched_labels


class UnconditionalGenerator(Generator):
    """A generator that is one chain of layers.

    Args:
        latent_dim: length z of a code.
        layers: ``(B, z) -> (B, *x)``.
    """

    def __init__(self, latent_dim: int, layers: nn.Sequential) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.layers = layers

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, z) -> (B, *x)``; labels are refused."""
        matched_labels(labels, z, None)
        samples: Tensor = self.layers(z)
        return samples


class UnconditionalCritic(nn.Module):
    """A critic that is one chain of layers.

    Args:
        layers: ``(B, *x) -> (B, 1)``.
    """

    def __init__(self, layers: nn.Sequential) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, samples: Tensor, labels: Tensor | None = None) -> Tensor:
        """``(B, *x) -> (B,)``; labels are refused."""
        matched_labels(labels, samples, None)
        outputs: Tensor = self.layers(samples)
        return outputs.squeeze(1)
