"""Change the number of steps of a run that has begun, such that its recipe stays true of the steps already done."""

from gpreg.errors import UsageError
from gpreg.runs.plan import Plan


def extended(plan: Plan, steps: int, *, done: int) -> tuple[Plan, str]:
    """The plan of a run with another number of steps.

    A schedule whose horizon is the end of the run keeps the end that it had until now; if the run goes further, the
    schedule begins anew there, towards the new end. So the recipe stays true of each step that was made.

    Args:
        plan: the plan of the run.
        steps: number of generator iterations in all.
        done: number of those that are done.

    Returns:
        The plan, and a note for the user on the schedule; empty if there is none.

    Raises:
        UsageError: so many steps are done already.
    """
    if steps <= done:
        raise UsageError(
            f"--steps {steps:,} is not above the {done:,} generator steps that are done",
            remedy=f"--steps is how many the run has in all: choose {done + 1:,} or more".replace(",", ""),
        )
    old, schedule = plan.recipe.training.steps, plan.recipe.schedule
    changes: dict[str, object] = {"training.steps": steps}
    note = ""
    if schedule.name != "constant" and steps != old:
        rates = f"the {schedule.name} schedule"
        if schedule.horizon is not None:
            note = f"{rates} ends at step {schedule.horizon:,}, as the recipe says, and stays there"
        elif steps > old:
            changes["schedule.restarts"] = [*schedule.restarts, old]
            note = f"{rates}, which was to end at step {old:,}, begins anew there, and ends at step {steps:,}"
        else:
            changes["schedule.horizon"] = old
            note = f"{rates} goes on as it began, to an end at step {old:,}, which is not reached"
    elif schedule.warmup > steps and schedule.horizon is None:
        changes["schedule.horizon"] = old  # the end of a schedule is not before that of its warm-up
    return plan.overridden(changes), note
