"""What a function computes: form, measure and rho, from its values and from where its critic was called."""

import re
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import nn

from gpreg.registry.place import source_of
from gpreg_verify.differences import DifferenceFit, fit_differences, pairs, spread
from gpreg_verify.fits import Fit, fit
from gpreg_verify.measures import Where, where
from gpreg_verify.parameters import ParameterFit, fit_parameters, ignores_the_slope
from gpreg_verify.plans import Plan, has_critic, plans
from gpreg_verify.probes import Scene
from gpreg_verify.reductions import Reduction
from gpreg_verify.roles import suits_vectors
from gpreg_verify.scenes import STAGES, VECTORS, Stage, attempts
from gpreg_verify.subject import Subject, Trial
from gpreg_verify.variants import variants
from gpreg_verify.weighted import WeightedFit, fit_weighted

_SECONDS = 2.0
"""Of the processor; after these no further way to call the function is begun."""


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """A function's penalty, as far as it could be named.

    Attributes:
        subject: the function, with the way to call it.
        stage, scene: the samples that it was tried on.
        trials: the calls that the values are from.
        form: the name of the form.
        form_options: options of the form that differ from the defaults.
        where: the measure.
        fit: what predicts values and slopes; ``None`` if the values are not explained.
        sigma: size of the noise, of penalties by differences.
    """

    subject: Subject
    stage: Stage
    scene: Scene
    trials: tuple[Trial, ...]
    form: str = ""
    form_options: dict[str, Any] = field(default_factory=dict)
    where: Where = field(default_factory=Where)
    fit: Fit | DifferenceFit | WeightedFit | ParameterFit | None = None
    sigma: float | None = None
    unaware: bool = False

    @property
    def reduction(self) -> Reduction | None:
        """How norms are taken, if that is known."""
        return self.fit.reduction if isinstance(self.fit, Fit) else None

    @property
    def squash(self) -> bool:
        """Whether the gradient of the critic's sigmoid is penalised."""
        return isinstance(self.fit, Fit) and self.fit.squash

    @property
    def rank(self) -> float:
        """How good an explanation it is: 3 right, 2.5 for points like a measure's, 2 for a wrong norm, 1 by weights."""
        if self.fit is None:
            return 0
        if isinstance(self.fit, ParameterFit):
            return 1
        wrong = self.reduction is not None and not self.reduction.right(len(self.scene.shape) + 1)
        return 2 if wrong or not self.where.measure else 3 if self.where.exact else 2.5

    @property
    def complete(self) -> bool:
        """Whether form, reduction and measure are known, so that no other way to call need be tried."""
        return self.fit is not None and bool(self.where.measure) and self.where.exact


@dataclass
class Attempts:
    """The ways to call a function, which is defined in a file, that were tried, and what came of them."""

    errors: list[tuple[Plan, Trial]] = field(default_factory=list)
    viable: int = 0
    file: str | None = None
    seen: list[tuple[str, str, list[float]]] = field(default_factory=list)

    def knows(self, found: "Explanation") -> bool:
        """Whether the same call had the same values for a critic that answers otherwise: they mean no more now."""
        stage, call, values = found.stage.name, found.subject.plan.told(), [trial.value for trial in found.trials]
        if any((stage, call) == other[:2] and np.allclose(values, other[2], rtol=1e-4) for other in self.seen):
            return True
        self.seen.append((stage, call, values))
        return False


def explain(function: Callable[..., Any], name: str) -> tuple[Explanation | None, Attempts]:
    """The best explanation among all ways to call the function; ``None`` if no call works."""
    function = _of_its_class(function)
    told = Attempts(file=source_of(function))
    best: Explanation | None = None
    told_first = (getattr(function, "__doc__", None) or "").strip().partition("\n")[0]
    words = " ".join([name, told_first, *_parameter_names(function)])
    stages = (VECTORS,) if suits_vectors(words) else STAGES
    for kind in ("form", "measure"):
        deque(variants(kind), maxlen=0)  # plugins are imported before time is taken
    started = time.process_time()
    for stage in (*stages, *(stage for stage in STAGES if stage not in stages)):
        for plan in plans(function):
            hopeless: torch.dtype | None = None
            for answer, dtype in attempts(stage):
                if dtype == hopeless:
                    continue
                pack = max(int(plan.number("pack") or 1), 1)
                if pack > 1 and len(stage.shapes[0]) > 1:
                    continue
                found = _tried(Subject(function, plan), stage, stage.scenes(answer, dtype, pack=pack), told)
                if found is not None and (best is None or found.rank > best.rank):
                    best = found
                if found is None and told.errors and told.errors[-1][0] is plan and not told.errors[-1][1].calls:
                    hopeless = dtype  # it fails before the critic answers
                late = time.process_time() - started > (_SECONDS if told.viable else _SECONDS / 2)
                if late or (best is not None and best.complete):
                    return best, told
        if best is not None and best.rank:
            return best, told
        if told.viable and stage is STAGES[1]:
            break
    return best, told


def _of_its_class(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a critic's own method, which can be given another critic as ``self``."""
    owner = getattr(function, "__self__", None)
    if not isinstance(owner, nn.Module) or has_critic(function):
        return function
    return getattr(function, "__func__", function)


def _tried(subject: Subject, stage: Stage, scenes: Sequence[Scene], told: Attempts) -> Explanation | None:
    """One way to call the function; where it fails for want of a graph, with samples that require a gradient."""
    found, trial = _attempt(subject, stage, scenes)
    if found is not None and not told.knows(found):
        found = _explained(found)
    if found is None and trial.error is not None:
        told.errors.append((subject.plan, trial))
        if _wants_leaf(trial):
            found, _ = _attempt(subject, stage, [replace(scene, leaf=True) for scene in scenes])
            found = found and _explained(found)
    told.viable += found is not None
    return found


def _attempt(subject: Subject, stage: Stage, scenes: Sequence[Scene]) -> tuple[Explanation | None, Trial]:
    """The trials of one way to call the function; ``None`` if the call fails or has no value."""
    calling = subject.fresh()
    first = calling.once(scenes[3])
    if first.error is None and first.value == 0 and not first.computed and first.calls:
        scenes = _steep_enough(subject, scenes, first)
    if first.error is None and not first.computed:
        first = calling(scenes[3])
    if first.error is not None or not first.computed or not first.calls:
        return None, first
    if all(calling.once(scenes[3], slope=False).computed for _ in range(20)):
        subject.skips = 1
    shapes = {scene.shape: subject.fresh() for scene in scenes}  # what has state may keep the first shape that it saw
    trials = tuple(shapes[scene.shape](scene, seed=index) for index, scene in enumerate(scenes))
    if broken := [trial for trial in trials if trial.error is not None or trial.value != trial.value]:
        return None, broken[0]
    return Explanation(subject=subject, stage=stage, scene=scenes[4], trials=trials), first


def _steep_enough(subject: Subject, scenes: Sequence[Scene], flat: Trial) -> Sequence[Scene]:
    """Steeper critics for what is 0 up to a bound, as a one-sided penalty of each pixel's small share of the slope."""
    steep = [scene if scene.size < 0.7 and not scene.depth else replace(scene, size=8 * scene.size) for scene in scenes]
    trial = subject.fresh().once(steep[3])
    return steep if trial.computed and len(trial.calls) == len(flat.calls) else scenes


def _explained(found: Explanation) -> Explanation:
    subject, scene, trials = found.subject, found.scene, found.trials
    fitted = fit(trials, wrong=False)
    if fitted is None and (differences := fit_differences(trials)):
        return _by_differences(found, differences)
    if fitted := fitted or fit(trials):
        place = where(subject, scene, fitted.coefficients, fitted.form.name)
        return replace(found, form=fitted.form.name, form_options=fitted.form.options, where=place, fit=fitted)
    if weighted := fit_weighted(trials):
        best = _that_slopes(weighted, trials)
        return replace(
            found,
            form=best.form.name,
            form_options=best.form.options,
            where=Where(measure=best.measure.name, options=best.measure.options, rho=2 * best.coefficient),
            fit=best,
        )
    if by_weights := fit_parameters(trials):
        place = where(subject, scene, by_weights.coefficients, by_weights.form.name)
        return replace(found, form=by_weights.form.name, where=place, fit=by_weights, unaware=True)
    return replace(found, unaware=ignores_the_slope(trials))


def _by_differences(found: Explanation, fitted: DifferenceFit) -> Explanation:
    calling = found.subject.fresh()
    draws = [calling(found.scene, seed=seed, slope=False) for seed in range(1, 81)]
    sizes = spread([trial for trial in draws if pairs(trial)])
    d = torch.Size(found.scene.shape).numel() if fitted.by_size else 1  # unit directions: sigma is h / sqrt(d)
    sigmas = {label: _nice(size * d**0.5, found.subject) for label, size in sizes.items()}
    rhos = {label: c * sigmas[label] ** 2 for label, c in fitted.coefficients.items() if label in sigmas}
    place = where(found.subject, found.scene, rhos, "squared") if rhos else Where()
    return replace(found, form="squared", where=place, fit=fitted, sigma=next(iter(sigmas.values()), None))


def _nice(size: float, subject: Subject) -> float:
    """The number that a size, estimated to a percent, is written with: the function's own or a round one."""
    numbers = [value for value in subject.plan.defaults.values() if isinstance(value, float)]
    numbers += subject.plan.invented.values()
    numbers += [value for value in _constants(subject.function) if value > 0]
    if own := [value for value in numbers if abs(value / size - 1) < 0.03]:
        return min(own, key=lambda value: abs(value - size))
    return next((rounded for digits in (1, 2) if abs((rounded := float(f"{size:.{digits}g}")) / size - 1) < 0.02), size)


def _constants(function: Any) -> list[float]:
    call = getattr(function, "__call__", None)  # noqa: B004 -- the method of an instance, with its code
    code = getattr(function, "__code__", None) or getattr(getattr(call, "__func__", None), "__code__", None)
    found = [value for value in (code.co_consts if code else ()) if isinstance(value, float)]
    owner = getattr(function, "__self__", function)
    return [*found, *(value for value in getattr(owner, "__dict__", {}).values() if isinstance(value, float))]


def _that_slopes(found: list[WeightedFit], trials: Sequence[Trial]) -> WeightedFit:
    """Of explanations with the same values, the one with the function's gradient by the critic's weights."""
    trial = next(trial for trial in trials if trial.scene.depth)

    def deviation(candidate: WeightedFit) -> float:
        return slope_deviation(trial, candidate)

    return min(found, key=deviation)


def slope_deviation(trial: Trial, fitted: Any) -> float:
    """Relative deviation of the function's gradient by the critic's weights from that of its explanation."""
    if trial.slope is None:
        return 1.0
    wanted = slope_of(trial, fitted)
    return float((trial.slope - wanted).norm() / wanted.norm().clamp_min(1e-12))


def slope_of(trial: Trial, fitted: Any) -> torch.Tensor:
    """The gradient by the critic's weights, flattened, that the explanation has."""
    weights = list(trial.critic.parameters())
    grads = torch.autograd.grad(fitted.predict(trial), weights, allow_unused=True, materialize_grads=True)
    return torch.cat([grad.flatten().double() for grad in grads])


def _wants_leaf(trial: Trial) -> bool:
    return bool(re.search(r"require.? grad|grad_fn|not have been used", str(trial.error)))


def _parameter_names(function: Callable[..., Any]) -> list[str]:
    from gpreg_verify.plans import signature_of

    signature = signature_of(function)
    return list(signature.parameters) if signature else []
