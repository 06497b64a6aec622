"""The best coefficient for the networks of somebody's loop, at the price of a few critic steps."""

import copy
import math
from dataclasses import replace

import torch

from gpreg.errors import UsageError
from gpreg.interfaces import ChosenRho, Networks, PenaltyBatch
from gpreg_theory.advice.points import FEWEST_IN_ALL, curvature_scale
from gpreg_theory.advice.rho import MODES
from gpreg_theory.checks.evidence.draws import FEWEST
from gpreg_theory.linear.game import LinearGame
from gpreg_theory.linear.tuning import best_rho
from gpreg_theory.networks.bidiagonal import few_triplets
from gpreg_theory.networks.equilibrium import NoConstruction, last_linear
from gpreg_theory.networks.point import GamePoint
from gpreg_theory.networks.responses import Responses

PASSES = 2
"""The critic's passes in a step, at least: on a real and on a fake batch. Passes here are on half as many samples."""

BEFOREHAND = 7
"""The passes that find the last layer and try the critic out, most on two samples, and the first product with R."""

EACH = 4
"""The passes for a mode, at most: two products with R, one with Q, and one with K."""


def rho_for(networks: Networks) -> ChosenRho:
    """The coefficient with which the strongest modes of the linearised game decay fastest.

    As for ``rho = auto``, the critic's last layer is zeroed, and data takes the place of the penalty's fakes, half of
    the real batch each, which is an equilibrium by construction. The modes are as many as converge within the cost.

    Raises:
        UsageError: there is no such equilibrium, no Q for this form or measure, or no best rho; says why.
    """
    scale = curvature_scale(networks.form, networks.of)
    if not scale > 0:
        raise UsageError("the gradient form is flat at 0, so that no rho damps anything to first order")
    steps = min((PASSES * networks.critic_steps - BEFOREHAND) // EACH, MODES)
    if steps < 1:
        needed = math.ceil((BEFOREHAND + EACH) / PASSES)
        raise UsageError(f"{networks.critic_steps} critic steps are left, and the linearised game takes {needed}")
    point = equilibrium_of(networks)
    concave = point.concave
    found = few_triplets(point.R, steps)
    own = Responses.of(point, found.left)
    best = best_rho(
        LinearGame(
            Q=own.Q if len(found.sigma) else torch.zeros(0, 0).numpy(),
            R=torch.diag(torch.from_numpy(found.sigma)).numpy(),
            rho=1.0,
            K=own.K if concave.curvature else None,
            slope=concave.slope,
            curvature=concave.curvature,
        )
    )
    rho = best.rho / scale
    if not (math.isfinite(rho) and rho > 0):
        raise UsageError(f"there is no best rho: {best.because}")
    passes = BEFOREHAND - 1 + found.products + len(found.sigma) * (EACH - 2)
    modes = "strongest mode decays" if len(found.sigma) == 1 else f"{len(found.sigma)} strongest modes decay"
    return ChosenRho(
        rho=rho,
        because=(
            f"the {modes} fastest with it, taken alone, where the critic's last layer is 0 and data stands for fakes; "
            f"from {len(point.real)} samples{', which makes it noisy' if len(point.real) < FEWEST else ''}"
        ),
        document={
            "rho": rho,
            "frequencies": [abs(concave.slope) * sigma for sigma in found.sigma.tolist()],
            "samples": len(point.real),
            "critic_steps": math.ceil(passes / PASSES),
        },
    )


def equilibrium_of(networks: Networks) -> GamePoint:
    """The game at the equilibrium by construction, of which the parameters of the critic's last layer count.

    Raises:
        UsageError: the critic has no last layer that can be zeroed, there are too few samples, or no points.
    """
    batch = networks.batch
    half = len(batch.real) // 2
    if 2 * half < FEWEST_IN_ALL:
        raise UsageError(f"{len(batch.real)} real samples are too few to linearise the game; give {FEWEST_IN_ALL}")
    labels = batch.labels
    try:
        name, _ = last_linear(networks.critic, batch.real[:2], None if labels is None else labels[:2])
    except NoConstruction as error:
        raise UsageError(f"there is no equilibrium to look at: {error.message}", remedy=error.remedy) from error
    critic = copy.deepcopy(networks.critic)
    layer = critic.get_submodule(name)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.zero_()
    fakes_labels = batch.labels_of_fake
    here: PenaltyBatch = replace(
        batch,
        critic=critic,
        real=batch.real[:half],
        fake=batch.real[half : 2 * half],
        latent=batch.latent[:half],
        labels=None if labels is None else labels[:half],
        fake_labels=None if labels is None else labels[half : 2 * half],
    )
    sample = networks.draw(here)
    if sample is None:
        raise UsageError("the measure has no penalty to choose rho for")
    return GamePoint.of(
        critic,
        networks.generator,
        real=here.real,
        latent=here.latent,
        sample=sample,
        loss=networks.loss,
        labels=here.labels,
        fake_labels=None if fakes_labels is None else fakes_labels[:half],
        parameters=[f"{name}.{kind}".removeprefix(".") for kind, _ in layer.named_parameters()],
        chunk=max(len(sample.points), half),
    )
