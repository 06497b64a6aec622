"""Improved consistency regularization (ICR): bCR and zCR together."""

from torch import Tensor, nn

from gpreg.interfaces import SampleSpec, Term, TermBatch, TermPair
from gpreg_regularizers.balanced_consistency import BalancedConsistency
from gpreg_regularizers.latent_consistency import OtherSamples, SameOutputs
from gpreg_regularizers.options import ImprovedConsistencyOptions


class _OfCritic(Term):
    """The critic's terms of both, in one sum."""

    needs = BalancedConsistency.needs | SameOutputs.needs

    def __init__(self, options: ImprovedConsistencyOptions) -> None:
        super().__init__()
        self.balanced = BalancedConsistency(options)
        self.latent = SameOutputs(weight=options.critic_weight, sigma=options.sigma)

    def prepare(self, critic: nn.Module, generator: nn.Module, spec: SampleSpec) -> None:
        self.balanced.prepare(critic, generator, spec)

    def forward(self, batch: TermBatch) -> Tensor:
        of_samples: Tensor = self.balanced(batch)
        of_codes: Tensor = self.latent(batch)
        return of_samples + of_codes


def improved_consistency(options: ImprovedConsistencyOptions) -> TermPair:
    """The terms of ``balanced-consistency`` and ``latent-consistency``.

    Zhao, Singh, Lee, Zhang, Odena and Zhang (2021), Improved Consistency Regularization for GANs.
    """
    return TermPair(
        critic=_OfCritic(options), generator=OtherSamples(weight=options.generator_weight, sigma=options.sigma)
    )
