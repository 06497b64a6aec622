"""Random numbers that the caller's seed or generator does not govern."""

from dataclasses import replace

from gpreg_verify.explanation import Explanation
from gpreg_verify.groups import groups, same
from gpreg_verify.roles import roles_of
from gpreg_verify.subject import Trial
from gpreg_verify.verification import Defect

_STATES = {"numpy": "numpy's global state (np.random)", "python": "the global state of Python's random"}
_NAME = "global-random-state"


def random_state(found: Explanation) -> Defect | None:
    """Seeding global states, drawing from others than torch's, or ignoring a generator that is given."""
    trial = found.trials[0]
    if trial.chance.seeded:
        return Defect(
            name=_NAME,
            evidence=f"each call sets a global random state: {', '.join(dict.fromkeys(trial.chance.seeded))}; the rest "
            "of the program then draws the same numbers after each step",
            remedy="remove the seeding; for numbers of its own, make a torch.Generator once and pass it as generator=",
        )
    if trial.chance.drew:
        told = " and ".join(_STATES[name] for name in trial.chance.drew)
        return Defect(
            name=_NAME,
            evidence=f"it draws from {told}, which torch.manual_seed does not govern: two runs of one seed of torch "
            "have different points",
            remedy="torch.rand(..., device=real.device), with generator= if the caller gives one",
        )
    if found.where.frozen:
        return Defect(
            name=_NAME,
            evidence=found.where.frozen,
            remedy="make the generator once, outside the function, and draw from it in each call",
        )
    return _ignored(found)


def _ignored(found: Explanation) -> Defect | None:
    plan = found.subject.plan
    names = plan.names("rng") or [name for name in plan.defaults if roles_of(name)[0] == "rng" or name == "generator"]
    if not names or plan.names("network"):
        return None
    import torch

    def points(seed: int) -> Trial:
        given = {names[0]: torch.Generator().manual_seed(5)}
        return found.subject.fresh(**given)(replace(found.scene), seed=seed, slope=False)

    a, b = points(1), points(2)
    if a.error or b.error or len(groups(a)) != len(groups(b)):
        return None
    if all(same(x.points, y.points) for x, y in zip(groups(a), groups(b), strict=True)):
        return None
    return Defect(
        name=_NAME,
        evidence=f"with one and the same {names[0]!r} its points differ as torch's global seed does: the generator "
        "that is given is not used",
        remedy=f"pass it on: torch.rand(..., generator={names[0]})",
    )
