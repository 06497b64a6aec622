"""The critic's objective, loss and penalty, which share forward passes where possible."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Unpack

from torch import Tensor

from gpreg.critics.calls import critic_outputs
from gpreg.errors import UsageError
from gpreg.interfaces import GANLoss, PenaltyBatch, PenaltySample, Term, TermBatch
from gpreg.interfaces.term import of_this_process
from gpreg.penalties.addition import add_terms
from gpreg.penalties.autocast import at_least_float32
from gpreg.penalties.material import Material
from gpreg.penalties.penalty import Penalty
from gpreg.penalties.terms import PenaltyTerms


@dataclass(frozen=True, kw_only=True)
class ObjectiveTerms:
    """One critic step's objective and its parts.

    Attributes:
        total: scalar, the sum of ``loss``, ``penalty`` and ``others``; call its ``backward``.
        loss, penalty: scalars, two parts of ``total``.
        d_real, d_fake: ``(B,)``, the critic's outputs, in float32 or better.
        terms: the penalty point by point; ``None`` in steps without a penalty.
        others: the values of the critic's other terms, by name.

    >>> objective = CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty("pd", rho=2.0))
    >>> terms = objective(lambda x: x[:, 0], real=torch.ones(4, 2), fake=torch.zeros(4, 2))
    >>> terms.loss.item(), terms.penalty.item()
    (-1.0, 1.0)
    """

    total: Tensor
    loss: Tensor
    penalty: Tensor
    d_real: Tensor
    d_fake: Tensor
    terms: PenaltyTerms | None
    others: Mapping[str, Tensor] = field(default_factory=dict)


class CriticObjective:
    """``loss(D(real), D(fake)) + (rho/2) * E_mu[form(grad_x D)]``, and other terms of the critic.

    If the penalty's points are the real or the fake batch itself (``pd``, ``pg``, ``pd+pg``, ``js``), the penalty
    differentiates the forward pass of the loss. For each such batch, this saves one forward and backward pass of the
    critic compared with a separate :class:`Penalty`.

    Args:
        loss: the loss of the two players.
        penalty: the penalty.
        others: the critic's other terms, by name.
        averaged: the mean of a tensor over the processes of a run, for terms; by default there is one process.

    >>> objective = CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty("pd", rho=2.0))
    >>> objective(lambda x: x[:, 0], real=torch.ones(4, 2), fake=torch.zeros(4, 2)).total  # -1 + 1
    tensor(0., grad_fn=<AddBackward0>)
    """

    def __init__(
        self,
        loss: GANLoss,
        penalty: Penalty,
        others: Mapping[str, Term] | None = None,
        *,
        averaged: Callable[[Tensor], Tensor] = of_this_process,
    ) -> None:
        self.loss, self.penalty, self.others, self._averaged = loss, penalty, dict(others or {}), averaged

    def __call__(
        self, critic: Any, real: Any, fake: Any, *, step: int | None = None, **material: Unpack[Material]
    ) -> ObjectiveTerms:
        """One step's objective; arguments and errors as in :meth:`Penalty.forward`."""
        batch = self.penalty.batch(critic, real, fake, **material)
        sample = self.penalty.draw(batch) if self.penalty.begin_step(critic, step) else None
        found = self.evaluate(batch, sample)
        if self.penalty._monitor:
            self.penalty._monitor.collect_objective(self.penalty, found, critic)
        return self.with_others(found, batch)

    def evaluate(self, batch: PenaltyBatch, sample: PenaltySample | None) -> ObjectiveTerms:
        """The objective with the penalty at the given points, or without a penalty if ``sample`` is ``None``."""
        penalty, terms = self.penalty, None
        outputs: dict[str, Tensor] = {}
        if sample is not None:
            names, inputs, labels = penalised(batch, sample)
            found = penalty.examination(batch.critic, inputs[0], labels[0], shared=True)
            if found.sharded and penalty.estimator.derivatives == 2:  # see refuse_sharded
                outputs = _outputs_elsewhere(batch, names)
            kept = sample.at is not None or callable(sample.weights)
            evaluation = penalty.evaluate(batch.critic, inputs, labels, kept=kept, found=found)
            outputs |= dict(zip(names, evaluation.outputs, strict=False))
            terms = penalty.terms(batch, sample, evaluation)
        else:
            found = penalty.examination.last(batch.critic)
        if found.checkpointed:
            batch = replace(batch, real=batch.real.detach().requires_grad_(), fake=batch.fake.detach().requires_grad_())
        d_real, d_fake = outputs_on_both(batch, outputs)
        loss = self.loss.critic_loss(d_real, d_fake).mean()
        value = penalty.total(terms, like=loss)
        return ObjectiveTerms(total=loss + value, loss=loss, penalty=value, d_real=d_real, d_fake=d_fake, terms=terms)

    def with_others(self, found: ObjectiveTerms, batch: PenaltyBatch) -> ObjectiveTerms:
        """The objective with the critic's other terms, which see its outputs in the forward pass of the loss."""
        if not self.others:
            return found
        given = TermBatch(
            step=self.penalty.steps - 1,
            real=batch.real,
            fake=batch.fake,
            latent=batch.latent,
            labels=batch.labels,
            fake_labels=batch.labels_of_fake,
            d_real=found.d_real,
            d_fake=found.d_fake,
            critic=batch.critic,
            generator=batch.generator,
            rng=batch.rng,
            gradient_scale=self.penalty.gradient_scale,
            averaged=self._averaged,
        )
        total, values = add_terms(found.total, self.others, given)
        return replace(found, total=total, others=values)


def penalised(
    batch: PenaltyBatch, sample: PenaltySample
) -> tuple[tuple[str, ...], tuple[Tensor, ...], tuple[Tensor | None, ...]]:
    """The inputs at which the critic is evaluated for the penalty: names, points ``(B_i, *x)`` and labels.

    The name is ``"real"`` or ``"fake"`` if the points are that batch, else ``"points"``.
    """
    if sample.at is None:
        return ("points",), (sample.points,), (sample.labels,)
    samples = {"real": batch.real, "fake": batch.fake}
    labels = {"real": batch.labels, "fake": batch.labels_of_fake}
    names = tuple(sample.at.split("+"))
    return names, tuple(samples[name] for name in names), tuple(labels[name] for name in names)


def _outputs_elsewhere(batch: PenaltyBatch, names: tuple[str, ...]) -> dict[str, Tensor]:
    """The critic's outputs on the batches that are not among the penalty's inputs."""
    others = {"real": (batch.real, batch.labels), "fake": (batch.fake, batch.labels_of_fake)}
    return {name: critic_outputs(batch.critic, *others[name]) for name in others if name not in names}


def outputs_on_both(batch: PenaltyBatch, known: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """The critic's outputs ``(B,)`` on the real and the fake batch; a forward pass computes those not in ``known``.

    They are in float32 or better. So under autocast the loss is not averaged in half precision, and a loss scale of
    2^16, too large for float16, need not be represented in it during the backward pass.

    Raises:
        UsageError: the two batches are not equally long.
    """
    d_real, d_fake = known.get("real"), known.get("fake")
    if d_real is None:
        d_real = critic_outputs(batch.critic, batch.real, batch.labels)
    if d_fake is None:
        d_fake = critic_outputs(batch.critic, batch.fake, batch.labels_of_fake)
    if d_real.shape != d_fake.shape:
        raise UsageError(
            f"the loss pairs {len(d_real)} real samples with {len(d_fake)} fake ones by index",
            remedy="give as many of each, or add the penalty to a loss of your own: penalty(critic, real, fake)",
        )
    return at_least_float32(d_real), at_least_float32(d_fake)
