"""The critic's objective, loss and penalty, as one compiled graph, which autograd differentiates once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType
from typing import Any, NamedTuple, Unpack

import torch
from torch import Tensor

from gpreg.critics.adapted import units_of
from gpreg.critics.calls import critic_outputs
from gpreg.errors import GpregError, UsageError
from gpreg.interfaces import GANLoss, PenaltyBatch, PenaltySample
from gpreg.penalties.agreement import differentiated, largest_difference, tolerance, tolerance_at_kinks
from gpreg.penalties.estimators import Exact, cotangents, gradient_at_points
from gpreg.penalties.material import Material
from gpreg.penalties.objective import CriticObjective, ObjectiveTerms, outputs_on_both, penalised
from gpreg.penalties.penalty import Penalty
from gpreg.penalties.terms import PenaltyTerms


class CompiledObjective:
    """A compiled :class:`CriticObjective`: forward passes, gradient at the points, form, weights and loss in one graph.

    The gradient at the points is taken by :func:`torch.func.vjp` *inside* the graph, so that autograd differentiates
    the compiled region only once, by the critic's parameters; it cannot differentiate it twice. Drawing from the
    measure stays outside. ``rho``, ``every`` and ``gradient_scale`` are inputs of the graph, so that changing them
    does not compile it anew. Steps with and without a penalty have a graph each.

    The first batch of each kind is also evaluated without compilation, and total and gradients are compared
    (:mod:`gpreg.penalties.agreement`). Other terms of the critic are
    added outside the graph.

    Args:
        objective: the objective to compile.
        backend: backend of :func:`torch.compile`.

    Raises:
        UsageError: the estimator is not ``exact``.

    >>> objective = gpreg.CriticObjective(gpreg.loss("wasserstein"), gpreg.penalty("pd", rho=2.0))
    >>> compiled = CompiledObjective(objective, backend="eager")  # "inductor" is the one that makes it fast
    >>> compiled(torch.nn.Linear(2, 1), torch.ones(4, 2), torch.zeros(4, 2)).d_real.shape
    torch.Size([4])
    """

    def __init__(self, objective: CriticObjective, *, backend: str | Callable[..., Any] = "inductor") -> None:
        if not isinstance(objective.penalty.estimator, Exact):
            raise UsageError(
                f"the estimator {objective.penalty.estimator} cannot be compiled: only the exact gradient can be taken "
                "inside the graph",
                remedy="use the estimator 'exact', or run without --compile",
            )
        self.objective = objective
        # torch keeps compiled graphs, and limits their number, per code object: so each objective needs a new one.
        graph = FunctionType(_graph.__code__.replace(), _graph.__globals__)
        self._compiled = torch.compile(graph, fullgraph=True, dynamic=False, backend=backend)
        self._agreed: set[bool] = set()
        self._coefficient: tuple[object, Tensor] | None = None

    @property
    def loss(self) -> GANLoss:
        """The loss of the two players."""
        return self.objective.loss

    @property
    def penalty(self) -> Penalty:
        """The penalty that the objective contains."""
        return self.objective.penalty

    def __call__(
        self, critic: Any, real: Any, fake: Any, *, step: int | None = None, **material: Unpack[Material]
    ) -> ObjectiveTerms:
        """One step's objective; arguments and errors as in :meth:`Penalty.forward`.

        Raises:
            GpregError: the objective cannot be compiled, or the compiled one computes something else.
        """
        penalty = self.penalty
        batch = penalty.batch(critic, real, fake, **material)
        sample = penalty.draw(batch) if penalty.begin_step(critic, step) else None
        if sample is not None:
            _, inputs, labels = penalised(batch, sample)
            penalty.examination(batch.critic, inputs[0], labels[0])
        if (sample is not None) not in self._agreed:
            self._compare(batch, sample)
        found = self.evaluate(batch, sample)
        if penalty._monitor:
            penalty._monitor.collect(penalty, found.terms)
        return self.objective.with_others(found, batch)

    def evaluate(self, batch: PenaltyBatch, sample: PenaltySample | None) -> ObjectiveTerms:
        """As :meth:`CriticObjective.evaluate`, whose result is not compared here.

        Raises:
            GpregError: the objective cannot be compiled.
        """
        coefficient, scale = self._coefficient_like(batch.real), self.penalty.gradient_scale
        if isinstance(scale, float):  # a number would be a constant of the graph
            scale = coefficient.new_tensor(scale)
        with _compilation_failures():
            graph: _Graph = self._compiled(
                loss=self.loss,
                penalty=self.penalty,
                batch=batch,
                sample=sample,
                coefficient=coefficient,
                scale=scale,
                attached=any(term.needs for term in self.objective.others.values()),
            )
        terms = None
        if sample is not None and graph.at_points is not None:
            values, gradients = graph.at_points
            terms = PenaltyTerms(values=values, gradients=gradients, sample=sample)
        total, loss, penalty, d_real, d_fake, _ = graph
        return ObjectiveTerms(total=total, loss=loss, penalty=penalty, d_real=d_real, d_fake=d_fake, terms=terms)

    def _coefficient_like(self, samples: Tensor) -> Tensor:
        """The penalty's coefficient as a tensor on the samples' device, cached until it changes."""
        key = (self.penalty.coefficient, samples.device, torch.promote_types(samples.dtype, torch.float32))
        if self._coefficient is None or self._coefficient[0] != key:
            number, device, dtype = key
            self._coefficient = key, torch.full((), number, device=device, dtype=dtype)
        return self._coefficient[1]

    def _compare(self, batch: PenaltyBatch, sample: PenaltySample | None) -> None:
        expected = differentiated(lambda: self.objective.evaluate(batch, sample), batch.critic)
        with _compilation_failures():
            got = differentiated(lambda: self.evaluate(batch, sample), batch.critic)
        if not expected.finite:  # float16 overflowed, or the run diverges: there is nothing to compare with
            return
        worst, allowed = largest_difference(got, expected), tolerance(expected)
        if worst.distance > allowed:
            allowed = max(allowed, tolerance_at_kinks(self.objective, batch, sample))
        if worst.distance > allowed:
            raise GpregError(
                f"the compiled objective differs from the same without compilation: {worst} (at most {allowed:.1e})",
                remedy="run without --compile",
            )
        self._agreed.add(sample is not None)


class _Graph(NamedTuple):
    """What the compiled function returns: the parts of :class:`ObjectiveTerms`, all but ``total`` detached,
    and the critic's outputs only if no other term needs them.

    ``at_points`` contains values and gradients at the penalty's points.
    """

    total: Tensor
    loss: Tensor
    penalty: Tensor
    d_real: Tensor
    d_fake: Tensor
    at_points: tuple[Tensor, Tensor] | None


def _graph(
    *,
    loss: GANLoss,
    penalty: Penalty,
    batch: PenaltyBatch,
    sample: PenaltySample | None,
    coefficient: Tensor,
    scale: Tensor | None,
    attached: bool,
) -> _Graph:
    """:meth:`CriticObjective.evaluate` in a functional form."""
    outputs: dict[str, Tensor] = {}
    at_points = None
    if sample is not None:
        names, inputs, labels = penalised(batch, sample)

        def evaluate(*points: Tensor) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
            outputs = tuple(critic_outputs(batch.critic, x, y) for x, y in zip(points, labels, strict=True))
            return tuple(penalty.squash(output) for output in outputs), outputs

        # torch declares two results; has_aux=True gives three
        values, pullback, evaluated = torch.func.vjp(evaluate, *inputs, has_aux=True)  # type: ignore[misc]
        grad = gradient_at_points(pullback(cotangents(values, scale)), scale, units_of(batch.critic))
        outputs = dict(zip(names, evaluated, strict=True))
        at_points = penalty.weighted(grad, evaluated, sample), grad
    d_real, d_fake = outputs_on_both(batch, outputs)
    mean = loss.critic_loss(d_real, d_fake).mean()
    value = torch.zeros_like(mean) if at_points is None else at_points[0].mean() * coefficient
    return _Graph(
        total=mean + value,
        loss=mean.detach(),
        penalty=value.detach(),
        d_real=d_real if attached else d_real.detach(),
        d_fake=d_fake if attached else d_fake.detach(),
        at_points=None if at_points is None else (at_points[0].detach(), at_points[1].detach()),
    )


@contextmanager
def _compilation_failures() -> Iterator[None]:
    """Turn exceptions of the compiler into a GpregError with the reason."""
    try:
        yield
    except Exception as error:
        if not type(error).__module__.startswith(("torch._dynamo", "torch._functorch", "torch._inductor")):
            raise
        reason = str(error).partition("\n\n")[0].strip()
        raise GpregError(
            f"the critic's objective cannot be compiled into one graph: {reason}", remedy=_remedy(reason)
        ) from error


def _remedy(reason: str) -> str:
    if "compiler" in reason.lower() and "found" in reason:
        return (
            "install a C++ compiler, such as g++, or name one in the environment variable CXX; or run without --compile"
        )
    return "run without --compile"
