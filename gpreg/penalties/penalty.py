"""The penalty (rho/2) * E_mu[form(grad_x D)], a scalar that any training loop can add to its critic's loss."""

from contextlib import nullcontext
from typing import Any, Literal, Unpack

import torch
from torch import Tensor, nn

from gpreg.critics.calls import preserved_buffers
from gpreg.critics.examination import Examination, Found
from gpreg.errors import UsageError
from gpreg.interfaces import GradientForm, PenaltyBatch, PenaltyMeasure, PenaltySample
from gpreg.penalties.adaptation import Adaptation
from gpreg.penalties.autocast import at_least_float32, outside_autocast
from gpreg.penalties.contract import check_sample, check_shape
from gpreg.penalties.counting import AccumulationWatch, step_number
from gpreg.penalties.estimators import Estimator, Exact
from gpreg.penalties.evaluation import Evaluation, evaluated
from gpreg.penalties.material import Material, assemble, first_of
from gpreg.penalties.monitor import Monitor, begin
from gpreg.penalties.randomness import Randomness
from gpreg.penalties.shown import facts, html, text
from gpreg.penalties.terms import PenaltyTerms
from gpreg.registry.coefficient import rho_of


class Penalty(nn.Module):
    """A gradient penalty: measure x form x estimator.

    ``penalty(critic, real, fake)`` is the scalar ``(rho/2) * E_mu[form(grad_x D)]``; add it to the critic's loss.
    Points are detached from the generator. The reduction is done in float32 or better.

    It is an ``nn.Module`` because its measure may have buffers and parameters. Its ``state_dict()`` includes its random
    state and count of steps. It can be pickled and deep-copied; a copy continues with the same random numbers.

    Args:
        measure: the measure mu, *where* the gradient is penalised.
        form: the form, *what* is penalised there.
        rho: the coefficient, at least 0, in normal form; or text in somebody's convention, such as ``"lambda=10"`` (see
            :mod:`gpreg.registry.coefficient`).
        estimator: how the gradient is computed; by default exactly.
        every: the penalty is computed only in each ``every``-th step, with weight ``every``, and is 0 in between.
        of: penalise the gradient of the critic's raw output (``logit``) or of its ``sigmoid``.
        allow_batch_coupling: accept critics that mix the samples of a batch (batch normalisation).
        check_values: look for NaN in what the measure returns ``always``, or at the ``first`` step only. The default
            ``auto`` is always on the CPU, and the first step elsewhere, where looking synchronises with the device.
        seed: seed of the penalty's random generator, for calls that pass none; by default torch's initial seed.
        origin: what errors call the measure, e.g. ``"'mid' of gpreg-measures 0.1.0"``.
        adaptation: how the critic's inputs and outputs are read, if they are no tensors ``(B, *x)`` and ``(B,)``.

    Attributes:
        origin, form_origin: what measure and form are called in errors.
        gradient_scale: the loss scale of float16 training, a number or a scalar tensor, to be set before each step;
            ``None``: no scaling. The gradient of ``gradient_scale * mean(D)`` does not underflow in the critic; the
            factor is divided out in float32 before the form, so that the penalty changes by roundoff only.
        examination: looks at each critic once, and refuses those for which the penalty would be wrong or impossible.
        base_rho, factor: the coefficient without schedule, and the factor of the schedule in this step.

    Raises:
        UsageError: rho, ``every`` or the combination of form and estimator is impossible.

    >>> penalty = gpreg.penalty("gp", rho=2.0, every=2)
    >>> [penalty(lambda x: x.sum(1), torch.zeros(4, 2), torch.ones(4, 2)).item() for _ in range(3)]
    [4.0, 0.0, 4.0]
    """

    def __init__(
        self,
        measure: PenaltyMeasure,
        form: GradientForm,
        *,
        rho: float | str = 20.0,
        estimator: Estimator | None = None,
        every: int = 1,
        of: Literal["logit", "sigmoid"] = "logit",
        allow_batch_coupling: bool = False,
        check_values: Literal["auto", "always", "first"] = "auto",
        seed: int | None = None,
        origin: str = "",
        adaptation: Adaptation | None = None,
    ) -> None:
        super().__init__()
        self.gradient_scale: float | Tensor | None = None
        rho = rho_of(rho)
        if not isinstance(rho, int | float) or not 0 <= rho < float("inf"):
            raise UsageError(f"rho is {rho!r}; it must be a finite number >= 0")
        if every < 1:
            raise UsageError(f"every is {every}; it must be >= 1 (1: the penalty in each step)")
        if of not in ("logit", "sigmoid"):
            raise UsageError(f"of is {of!r}; it must be 'logit' or 'sigmoid'")
        self.measure, self.form, self.every, self.of = measure, form, every, of
        self.base_rho, self.factor = float(rho), 1.0
        self.estimator = estimator or Exact()
        self.estimator.check_form(form)
        self.steps = 0
        self.origin = origin or f"{type(measure).__name__} of {type(measure).__module__}"
        self.form_origin = f"{type(form).__name__} of {type(form).__module__}"
        self.adaptation = adaptation or Adaptation()
        self._watch = AccumulationWatch()
        self.examination = Examination(derivatives=self.estimator.derivatives, coupling=not allow_batch_coupling)
        self._check_values = check_values
        self._prepared = self._drawn = False
        self._randomness = Randomness(seed)

    def forward(
        self, critic: Any, real: Any = None, fake: Any = None, *, step: int | None = None, **material: Unpack[Material]
    ) -> Tensor:
        """One step's penalty.

        Args:
            critic: ``(B, *x) [, (B,)] -> (B,)`` or ``(B, 1)``; or of nests, with other outputs, see ``outputs``.
            real, fake: ``(B, *x)``, or nests (tuples, lists, mappings) of tensors with the batch first, which the
                critic takes as they are. A batch that the measure does not need may be left out.
            step: number of the critic's step, from 0, for a lazy penalty; calls whose gradients are accumulated into
                one step pass the same number. By default each call counts as a step.
            material: see :class:`Material`.

        Returns:
            A scalar. Zero, without a graph, in steps that a lazy penalty skips and for the zero measure.

        Raises:
            UsageError: the measure lacks something, the critic's output has a wrong shape, or ``step`` is no number.
            BatchCouplingError: the critic mixes samples.
            MeasureError: the measure or form returned something of the wrong shape, or NaN.
        """
        batch = self.batch(critic, real, fake, **material)
        terms = self.terms(batch) if self.begin_step(critic, step) else None
        if self._monitor:
            self._monitor.collect(self, terms)
        return self.total(terms, like=batch.fake if batch.real is None else batch.real)

    def extra_repr(self) -> str:
        """The coefficient in each convention, and all arguments that differ from their defaults."""
        return ", ".join(facts(self))

    _repr_html_, __str__, monitor = html, text, begin
    _monitor: Monitor | None = None

    def begin_step(self, critic: Any, step: int | None = None) -> bool:
        """Begin critic step ``step``, or the next one; returns whether the penalty is computed in it.

        Raises:
            UsageError: ``step`` is no whole number >= 0.
        """
        if step is None:
            step = self.steps
            if self.every > 1:
                self._watch(critic, self.every)
        else:
            step = step_number(step)
        vars(self)["steps"] = step + 1  # past nn.Module's own assignment, which costs as much as an operation
        return step % self.every == 0

    def batch(self, critic: Any, real: Any, fake: Any, **material: Unpack[Material]) -> PenaltyBatch:
        """The batch that the measure sees in this step, detached from the generator.

        Nests are one tensor in it, its critic is a function of such points, and numbers of rows are labels.

        Raises:
            UsageError: something that the measure needs is missing or does not fit.
        """
        if self.adaptation.needed(real, fake, material):
            critic, real, fake, material = self.adaptation(critic, real, fake, material)
        rng = material.get("rng") or self._randomness.on(first_of(real, fake).device)
        return assemble(critic, real, fake, material, rng=rng, needs=self.measure.needs, origin=self.origin)

    def prepare(self, batch: PenaltyBatch) -> None:
        """Let the measure make its anchors and trainable parts, once; the first step does this if nobody did.

        Call it before an optimiser asks for :meth:`parameters`, and before :meth:`load_state_dict`.
        """
        if not self._prepared:
            self.measure.prepare(batch)
            self.measure.to(batch.rng.device)
            self._prepared = True

    def draw(self, batch: PenaltyBatch) -> PenaltySample | None:
        """Draw from the measure, and check what it returns.

        Raises:
            MeasureError: the measure returns a wrong type or shape, NaN or negative weights.
        """
        first, self._drawn = not self._drawn, True
        self.prepare(batch)
        generates = "generator" in self.measure.needs
        with torch.no_grad(), preserved_buffers(batch.generator) if generates else nullcontext():
            sample = self.measure.sample(batch)
        if sample is not None:
            when = self._check_values
            look = first or when == "always" or (when == "auto" and batch.rng.device.type == "cpu")
            check_sample(sample, batch, self.origin, values=look)
        return sample

    def terms(
        self, batch: PenaltyBatch, sample: PenaltySample | None = None, evaluation: Evaluation | None = None
    ) -> PenaltyTerms | None:
        """The penalty point by point.

        Args:
            batch: from :meth:`batch`.
            sample: from :meth:`draw`; by default it is drawn now.
            evaluation: the critic's values at the sample's points, if they have been computed already.

        Returns:
            ``None`` for the zero measure.
        """
        sample = self.draw(batch) if sample is None else sample
        if sample is None:
            return None
        tracked = torch.is_grad_enabled()
        with torch.enable_grad():
            if evaluation is None:
                kept = callable(sample.weights)
                evaluation = self.evaluate(batch.critic, (sample.points,), (sample.labels,), kept=kept)
            grad = self.estimator(evaluation, batch.critic, self.squash, batch.rng)
            values = self.weighted(grad, evaluation.outputs, sample)
        return PenaltyTerms(values=values if tracked else values.detach(), gradients=grad.detach(), sample=sample)

    def weighted(self, grad: Tensor, outputs: tuple[Tensor, ...], sample: PenaltySample) -> Tensor:
        """``weight * form(grad)`` at each point, in float32 or better.

        Args:
            grad: ``(N, *g)``, from the estimator.
            outputs: the critic's outputs at the points; together ``(N,)``.
            sample: the points, with their weights.

        Raises:
            MeasureError: values or weights are not of shape ``(N,)``.
        """
        with outside_autocast(grad.device.type):
            grad = at_least_float32(grad)
            values, weights = self.form(grad), sample.weights
            check_shape("form", self.form_origin, grad.shape[:1], values)
            if callable(weights):
                weights = weights(torch.cat(outputs).to(grad.dtype))
                check_shape("the weights of measure", self.origin, grad.shape[:1], weights)
            return values if weights is None else values * weights

    @property
    def rho(self) -> float:
        """The coefficient in this step, ``base_rho * factor``. Setting it sets ``base_rho``, and ``factor`` to 1."""
        return self.base_rho * self.factor

    @rho.setter
    def rho(self, rho: float | str) -> None:
        self.base_rho, self.factor = rho_of(rho), 1.0

    @property
    def coefficient(self) -> float:
        """The factor of the mean in a step that is not skipped, ``every * rho/2``."""
        return 0.5 * self.rho * self.every

    def total(self, terms: PenaltyTerms | None, *, like: Tensor) -> Tensor:
        """The scalar ``every * (rho/2) * mean(values)``; zero, on the device of ``like``, if there are no terms."""
        if terms is None:
            return torch.zeros((), device=like.device, dtype=like.dtype)
        return terms.values.mean() * self.coefficient

    def evaluate(
        self,
        critic: Any,
        inputs: tuple[Tensor, ...],
        labels: tuple[Tensor | None, ...],
        *,
        kept: bool = True,
        found: Found | None = None,
    ) -> Evaluation:
        """Run the critic on detached inputs, so that the penalty can be computed there.

        Args:
            critic, inputs, labels, kept: as in :func:`gpreg.penalties.evaluation.evaluated`.
            found: what examining the critic found; by default it is examined, which may raise.
        """
        return evaluated(
            critic,
            inputs,
            labels,
            estimator=self.estimator,
            squash=self.squash,
            found=found or self.examination(critic, inputs[0], labels[0]),
            kept=kept,
            scale=self.gradient_scale,
        )

    def squash(self, outputs: Tensor) -> Tensor:
        """The values whose gradient is penalised: the critic's outputs, or their sigmoid."""
        return outputs.sigmoid() if self.of == "sigmoid" else outputs

    def get_extra_state(self) -> dict[str, Any]:
        """The count of steps and the state of the penalty's random generator."""
        return {"steps": self.steps, "rng": self._randomness.state()}

    def set_extra_state(self, state: dict[str, Any]) -> None:
        """Restore the count of steps and the state of the random generator."""
        self.steps = state["steps"]
        self._randomness.restore(state["rng"])
