"""Feature matching."""

import torch
from torch import Tensor, nn

from gpreg.critics.calls import evaluating, preserved_buffers
from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec, Term, TermBatch
from gpreg_regularizers.features import features
from gpreg_regularizers.options import FeatureMatchingOptions


class FeatureMatching(Term):
    """``weight |E h(x_g) - E h(x_d)|``, h the critic's features, see :func:`gpreg_regularizers.features.features`.

    The norm ``l2`` is the squared Euclidean one, as in the paper; ``l1`` is the mean of the absolute differences, as in
    StudioGAN. Salimans, Goodfellow, Zaremba, Cheung, Radford and Chen (2016), Improved Techniques for Training GANs,
    section 3.1, where it takes the place of the generator's loss; here it is added to it, as in StudioGAN.
    """

    player = "generator"

    def __init__(self, options: FeatureMatchingOptions) -> None:
        super().__init__()
        self._weight, self._squared = options.weight, options.norm == "l2"

    @torch.no_grad()
    def prepare(self, critic: nn.Module, generator: nn.Module, spec: SampleSpec) -> None:
        """Look whether the critic has features.

        Raises:
            UsageError: it has neither a linear or convolutional layer nor a method ``features``.
        """
        device = next((tensor.device for tensor in (*critic.parameters(), *critic.buffers())), torch.device("cpu"))
        dtype = next((parameter.dtype for parameter in critic.parameters()), torch.float32)
        samples = torch.zeros(2, *spec.shape, device=device, dtype=dtype)
        labels = None if spec.classes is None else torch.zeros(2, dtype=torch.int64, device=device)
        with evaluating(critic), preserved_buffers(critic):
            found = features(critic, samples, labels)
        if found is None:
            raise UsageError(
                f"regularizer 'feature-matching' and this critic, a {type(critic).__name__}, do not fit: it has no "
                "linear or convolutional layer whose inputs could be its features",
                remedy="choose another --arch, such as mlp or dcgan, or give the critic a method features(x[, labels])",
            )

    def forward(self, batch: TermBatch) -> Tensor:
        """The scalar, by two further forward passes of the critic, that of real samples without a graph."""
        of_fake = features(batch.critic, batch.fake, batch.fake_labels)
        with torch.no_grad():
            of_real = features(batch.critic, batch.real, batch.labels)
        assert of_fake is not None, "prepare has seen features"
        assert of_real is not None
        difference = of_fake.mean(0) - of_real.mean(0)
        return self._weight * (difference.square().sum() if self._squared else difference.abs().mean())
