"""An augmentation: a random, differentiable change of everything that the critic sees."""

from abc import ABC, abstractmethod
from collections.abc import Mapping

from torch import Generator as RandomState
from torch import Tensor, nn

from gpreg.interfaces.dataset import SampleSpec


class Augmentation(nn.Module, ABC):
    """A random change T of the critic's inputs, real and generated ones and the penalty's points alike.

    Both players see D(T(x)) in place of D(x), each sample with a change of its own, drawn anew in each forward pass.
    The penalty differentiates D(T(x)) by x, the sample *before* the change, so that T must be differentiable twice.
    Samples and scores are taken without it.

    It is an ``nn.Module``: what it remembers from step to step is in its buffers, which are saved with the run for each
    process separately. It must have no parameters, since no optimiser would train them.

    >>> class Shake(Augmentation):
    ...     def forward(self, x, rng):
    ...         return x + 0.1 * torch.randn(x.shape, generator=rng, device=x.device, dtype=x.dtype)
    >>> Shake()(torch.zeros(4, 2), torch.Generator().manual_seed(0)).shape
    torch.Size([4, 2])
    """

    reads_signs: bool = False
    """Whether :meth:`observe` goes by the signs of the outputs, so that 0 must be "cannot tell". Training refuses it
    with a loss that is the same if a constant is added to D.
    """

    @abstractmethod
    def forward(self, x: Tensor, rng: RandomState) -> Tensor:
        """Change each sample by itself.

        Args:
            x: ``(B, *x)``, in float32 or float64, whatever the precision of the run.
            rng: the only source of randomness that it may use; lives on the samples' device.

        Returns:
            ``(B, *x)``, of the same dtype. In training this must not wait for the device: no ``item()``, no ``if`` on
            a value of a tensor.
        """

    def prepare(self, spec: SampleSpec) -> None:
        """Make what depends on the samples; called once, before the first step.

        Raises:
            UsageError: such samples cannot be changed so; says which can.
        """

    def follow(self, way: float) -> None:
        """Called before each generator iteration with how far the run's ``[schedule]`` has gone, from 0 to 1."""

    @property
    def shown(self) -> Mapping[str, Tensor]:
        """Scalars that ``stats.jsonl`` has of it, by name, such as a probability that moves: always the same names.

        They stay on the device, and are read back with the losses, once a tick.
        """
        return {}

    def observe(self, d_real: Tensor) -> None:
        """Called after each critic step with its outputs on changed real samples, ``(B,)``, detached."""
