"""A penalty of the gradient by the critic's parameters instead of its inputs."""

from dataclasses import replace

from gpreg_verify.explanation import Explanation
from gpreg_verify.verification import Defect


def by_parameters(found: Explanation) -> Defect | None:
    """The value does not depend on the slope of a linear critic."""
    remedy = (
        "differentiate by the inputs, x.requires_grad_(): torch.autograd.grad(critic(x).sum(), x, create_graph=True)"
    )
    if found.fit is None and found.trials[0].by_weights:
        return Defect(
            name="gradient-by-parameters",
            evidence="it calls torch.autograd.grad for the gradient by the critic's weights, and never by its inputs; "
            f"the value {found.trials[3].value:.6g} is that of no penalty by inputs",
            remedy=remedy,
        )
    if not found.unaware:
        return None
    a, b = found.trials[0], found.trials[3]
    if found.fit is None and found.subject.fresh()(replace(b.scene, spread=2.0)).value == b.value:
        return None  # it depends on nothing at all
    return Defect(
        name="gradient-by-parameters",
        evidence=f"a linear critic with |grad D| = {a.scene.size:g} has the value {a.value:.6g}, and one with "
        f"|grad D| = {b.scene.size:g} has {b.value:.6g}: what is penalised is the gradient by the critic's weights",
        remedy=remedy,
    )
