"""The trace of Q by random probes: the size of a penalty, whatever its measure is."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from gpreg.errors import UsageError
from gpreg_theory.networks.point import GamePoint


@dataclass(frozen=True, kw_only=True)
class Trace:
    """An estimate of tr Q.

    Attributes:
        value: the mean over the probes, which is unbiased.
        standard_error: the standard error of that mean; ``nan`` with one probe.
        probes: the number of probes.
    """

    value: float
    standard_error: float
    probes: int


def trace(point: GamePoint, *, probes: int = 8, seed: int = 0) -> Trace:
    """Estimate ``tr Q = E v^T Q v`` with v of random signs (Hutchinson 1989); each probe is one pass over the sample.

    Raises:
        UsageError: there is no probe.
    """
    if probes < 1:
        raise UsageError(f"probes is {probes}; it must be at least 1")
    if point.sample is None:
        return Trace(value=0.0, standard_error=0.0, probes=probes)
    return _estimate(point, point.penalty_curvature, probes, seed)


def outer_trace(point: GamePoint, *, probes: int = 8, seed: int = 0) -> Trace:
    """Estimate ``tr K = E_pd |grad_psi D|^2`` in the same way."""
    return _estimate(point, lambda signs: point.critic.moved(point.real, point.labels, signs).square(), probes, seed)


def equal_trace_rho(rho: float, reference: float, trace: float) -> float:
    """The coefficient with which a measure has the same ``rho tr Q`` as a reference measure.

    At one rho two measures differ in mass as well as in shape; at equal ``rho tr Q`` they differ in shape alone.

    Args:
        rho: the coefficient of the reference measure.
        reference: tr Q of the reference measure.
        trace: tr Q of the measure, at the same parameters.

    Raises:
        UsageError: the measure's trace is 0, so that there is no such coefficient.
    """
    if not trace > 0:
        raise UsageError(f"tr Q is {trace:g}; a penalty without curvature cannot be made as strong as another")
    return rho * reference / trace


def _estimate(point: GamePoint, terms: Callable[[Tensor], Tensor], probes: int, seed: int) -> Trace:
    rng = torch.Generator(point.critic.device).manual_seed(seed)
    values = np.zeros(probes)
    for i in range(probes):
        signs = torch.randint(0, 2, (point.p,), generator=rng, device=point.critic.device).to(point.critic.dtype)
        values[i] = terms(2 * signs - 1).double().mean().item()
    error = float(values.std(ddof=1) / np.sqrt(probes)) if probes > 1 else float("nan")
    return Trace(value=float(values.mean()), standard_error=error, probes=probes)
