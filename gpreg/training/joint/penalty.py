"""The penalties of several runs, each with its own measure, form and coefficient, by common forward passes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gpreg.interfaces import PenaltyBatch, PenaltySample
from gpreg.penalties import Penalty
from gpreg.penalties.evaluation import Evaluation
from gpreg.penalties.terms import PenaltyTerms
from gpreg.recipe import Choice
from gpreg.training.joint.stack import CriticStack


@dataclass(frozen=True, kw_only=True)
class Penalised:
    """The penalties of several runs in one step.

    Attributes:
        values: ``(N,)``, with their coefficients; 0 for a run without a penalty in this step.
        terms: the penalty point by point, without a graph, by the number of the run; not of those without a penalty.
    """

    values: Tensor
    terms: Mapping[int, PenaltyTerms]


class JointPenalty:
    """The penalties of several runs.

    Runs whose points are equally many, and whose forms are equal, are evaluated together. A form is a function of one
    point's gradient, so it is applied to the points of all of them at once; weights and means are each run's own.

    Args:
        penalties: of the runs; exact, with the same ``of`` and ``every``.
        forms: of the runs, with their options.
    """

    def __init__(self, penalties: Sequence[Penalty], forms: Sequence[Choice]) -> None:
        self._penalties = penalties
        self._forms = [forms.index(form) for form in forms]

    def draw(self, batches: Sequence[PenaltyBatch], step: int) -> dict[int, PenaltySample]:
        """The points of critic step ``step``, by the number of the run, each by its own random numbers.

        Raises:
            GpregError: as :meth:`Penalty.draw` and the examination of a critic do.
        """
        samples = {}
        for index, (penalty, batch) in enumerate(zip(self._penalties, batches, strict=True)):
            sample = penalty.draw(batch) if penalty.begin_step(batch.critic, step) else None
            if sample is not None:
                penalty.examination(batch.critic, sample.points, None, shared=True)
                samples[index] = sample
        return samples

    def __call__(self, critic: CriticStack, samples: Mapping[int, PenaltySample], *, like: Tensor) -> Penalised:
        """Evaluate the penalties.

        Args:
            critic: of all runs.
            samples: from :meth:`draw`.
            like: ``(N,)``, the losses.
        """
        values, terms = torch.zeros_like(like), dict[int, PenaltyTerms]()
        for chosen in self._alike(samples):
            drawn = [samples[index] for index in chosen]
            found, grad = self._evaluate(critic, chosen, drawn, all_of_them=len(chosen) == len(like))
            factors = like.new_tensor([self._penalties[index].coefficient for index in chosen])
            rows = torch.tensor(chosen, device=like.device)
            values = values.index_add(0, rows, found.mean(1) * factors)
            for index, sample, of_points, gradients in zip(chosen, drawn, found.detach(), grad.detach(), strict=True):
                terms[index] = PenaltyTerms(values=of_points, gradients=gradients, sample=sample)
        return Penalised(values=values, terms=terms)

    def _alike(self, samples: Mapping[int, PenaltySample]) -> list[list[int]]:
        """The runs that can be evaluated together."""
        groups: dict[tuple[int, int], list[int]] = {}
        for index, sample in samples.items():
            groups.setdefault((len(sample.points), self._forms[index]), []).append(index)
        return list(groups.values())

    def _evaluate(
        self, critic: CriticStack, chosen: list[int], samples: Sequence[PenaltySample], *, all_of_them: bool
    ) -> tuple[Tensor, Tensor]:
        """Weight times form at each point, ``(n, P)``, and the gradients there, ``(n, P, *x)``."""
        first = self._penalties[chosen[0]]
        points = torch.stack([sample.points for sample in samples]).requires_grad_()
        outputs = critic(points, None if all_of_them else chosen)
        evaluation = Evaluation(
            inputs=(points,), labels=(None,), outputs=(outputs,), values=(first.squash(outputs),), starts=(None,)
        )
        grad = first.estimator(evaluation, critic, first.squash, torch.default_generator)
        together = PenaltySample(points=points.detach().flatten(0, 1), weights=_Weights(samples))
        values = first.weighted(grad.flatten(0, 1), (outputs.flatten(),), together)
        return values.view(outputs.shape), grad


class _Weights:
    """The weights of several runs' points as one function of the critics' outputs at all of them."""

    def __init__(self, samples: Sequence[PenaltySample]) -> None:
        self._samples = samples

    def __call__(self, outputs: Tensor) -> Tensor:
        whole = []
        for sample, own in zip(self._samples, outputs.chunk(len(self._samples)), strict=True):
            weights = sample.weights(own) if callable(sample.weights) else sample.weights
            whole.append(torch.ones_like(own) if weights is None else weights)
        return torch.cat(whole)
