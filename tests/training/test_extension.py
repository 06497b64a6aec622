import pytest

from gpreg.errors import UsageError
from gpreg.runs.plan import Supply
from gpreg.training.extension import extended
from gpreg.training.optimizers import Schedule


@pytest.fixture
def longer(tiny, registry):
    def make(steps, *, done=5, **schedule):
        recipe = tiny("plane", {"training.steps": 10, **{f"schedule.{key}": value for key, value in schedule.items()}})
        longer, note = extended(Supply(registry=registry).plan(recipe), steps, done=done)
        return recipe, longer.recipe, note

    return make


def test_a_constant_rate_stays(longer):
    old, new, note = longer(20, name="constant")
    assert (new.training.steps, new.schedule, note) == (20, old.schedule, "")


def test_a_run_that_is_shortened_into_its_warmup_keeps_its_pace(longer):
    old, new, note = longer(8, name="constant", warmup=9)
    assert [Schedule(new.schedule, 8)(step) for step in range(9)] == [
        Schedule(old.schedule, 10)(step) for step in range(9)
    ]
    assert note == ""


@pytest.mark.parametrize("done", [5, 10])
@pytest.mark.parametrize("name", ["linear", "cosine"])
def test_a_schedule_begins_anew_and_what_is_past_stays_true(longer, name, done):
    old, new, note = longer(20, name=name, done=done)
    assert "begins anew" in note
    before, after = Schedule(old.schedule, 10), Schedule(new.schedule, 20)
    assert [after(step) for step in range(10)] == [before(step) for step in range(10)]
    assert [after(10 + step) for step in range(11)] == [before(step) for step in range(11)]
    assert new.schedule.restarts == (10,)


def test_a_run_that_is_extended_twice(longer, registry):
    _, new, _ = longer(20, name="linear")
    newest = extended(Supply(registry=registry).plan(new), 40, done=15)[0].recipe
    assert newest.schedule.restarts == (10, 20)
    rates = [Schedule(newest.schedule, 40)(step)[0] for step in (0, 5, 10, 15, 20, 30, 40, 50)]
    assert rates == pytest.approx([1, 0.5, 1, 0.5, 1, 0.5, 0, 0])


def test_a_run_that_is_shortened_keeps_its_pace(longer):
    old, new, note = longer(8, name="linear")
    assert "goes on as it began" in note
    assert [Schedule(new.schedule, 8)(step) for step in range(9)] == [
        Schedule(old.schedule, 10)(step) for step in range(9)
    ]


def test_a_horizon_of_ones_own_stays(longer):
    old, new, note = longer(20, name="linear", horizon=4)
    assert new.schedule == old.schedule
    assert "ends at step 4, as the recipe says" in note


@pytest.mark.parametrize("steps", [1, 5])
def test_what_is_done_cannot_be_undone(longer, steps):
    with pytest.raises(UsageError, match=rf"--steps {steps} is not above the 5 generator steps that are done") as error:
        longer(steps)
    assert "choose 6 or more" in error.value.remedy
