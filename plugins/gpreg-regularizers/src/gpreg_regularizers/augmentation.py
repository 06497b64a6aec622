"""Terms with an augmentation: a registered one, whatever package supplies it."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from gpreg import load_registry
from gpreg.critics.augmented import AugmentedCritic
from gpreg.errors import UsageError
from gpreg.interfaces import Augmentation, SampleSpec, Term, TermBatch
from gpreg.registry.kinds import AUGMENTATION
from gpreg_regularizers.calls import judged


class AugmentedTerm(Term):
    """A term with an augmentation T of its own, beside those of the run.

    Args:
        name: name of a registered augmentation.
        options: its options.

    Raises:
        UnknownNameError, OptionError: there is no such augmentation, or no such option of it.
    """

    def __init__(self, name: str, options: Mapping[str, Any]) -> None:
        super().__init__()
        self._name = name
        self.augmentation: Augmentation = load_registry().build(AUGMENTATION, name, options)

    def prepare(self, critic: nn.Module, generator: nn.Module, spec: SampleSpec) -> None:
        """Prepare the augmentation.

        Raises:
            UsageError: it cannot change such samples.
        """
        try:
            self.augmentation.prepare(spec)
        except UsageError as error:
            raise UsageError(
                f"its augmentation {self._name!r} and such samples do not fit: {error.message}",
                remedy="choose another with -R augmentation=NAME: noise changes samples of any shape",
            ) from error

    def inconsistency(self, outputs: Tensor, samples: Tensor, labels: Tensor | None, batch: TermBatch) -> Tensor:
        """``E (D(x) - D(T x))^2`` by one further forward pass, that of D(T x); both outputs carry a gradient.

        If the run has augmentations T' of its own, D(x) is D(T' x), and D(T x) is D(T' T x).

        Args:
            outputs: D(x), ``(B,)``, from the forward pass of the loss.
            samples: x, ``(B, *x)``.
            labels: ``(B,)`` or ``None``.
            batch: has the critic and the random state.
        """
        changed = AugmentedCritic(batch.critic, [self.augmentation], batch.rng)
        return (outputs - judged(changed, samples.detach(), labels)).square().mean()
