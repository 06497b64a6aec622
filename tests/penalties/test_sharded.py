"""DDP and FSDP2 in two processes, by gloo: equal to the average of two processes without, or refused with a remedy."""

import json
from pathlib import Path

import fixtures
import pytest
from fixtures.machines import ESTIMATORS, EXACT, SHARDED, TWICE

OWN = Path(fixtures.__file__).parent
ROUNDOFF = 1e-5


@pytest.fixture(scope="module")
def found(command, tmp_path_factory):
    """What both processes found, by the case."""
    folder = tmp_path_factory.mktemp("processes")
    code = f"import sys; sys.path[:0] = [{str(OWN.parent)!r}]\n{(OWN / 'sharded.py').read_text()}"
    places = {"MEETING": str(folder / "meeting"), "RESULTS": str(folder), "OMP_NUM_THREADS": "1"}
    processes = [command(code=code, RANK=str(rank), **places) for rank in range(2)]
    codes = [process.wait() for process in processes]
    assert codes == [0, 0], [process.told for process in processes]
    first, second = (json.loads((folder / str(rank)).read_text()) for rank in range(2))
    assert first.keys() == second.keys()
    return first


def of(found, name):
    cases = {case: value for case, value in found.items() if case.startswith(f"{name}, ")}
    assert cases
    return cases


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_copies_of_the_critic(found, estimator):
    cases = of(found, f"DDP, {estimator}")
    assert {case: value for case, value in cases.items() if not value.get("distance", 1) < ROUNDOFF} == {}


@pytest.mark.parametrize("estimator", [estimator for estimator in ESTIMATORS if estimator != EXACT])
def test_differences_through_a_sharded_critic(found, estimator):
    cases = of(found, f"FSDP2, {estimator}")
    assert {case: value for case, value in cases.items() if not value.get("distance", 1) < ROUNDOFF} == {}


def test_the_exact_gradient_of_a_sharded_critic_is_refused(found):
    for case, value in of(found, f"FSDP2, {EXACT}").items():
        assert SHARDED in value["error"], case
        for word in ("'finite-difference'", "'noise'", "set_reshard_after_backward(False)", "CriticObjective"):
            assert word in value["remedy"]


def test_each_is_right_in_an_objective_if_parameters_stay(found):
    cases = of(found, "FSDP2, parameters stay")
    for case, value in cases.items():
        if "in the objective" in case:
            assert value.get("distance", 1) < ROUNDOFF, (case, value)
        else:
            assert SHARDED in value["error"], case


def test_reentrant_checkpoints_in_a_sharded_critic_are_refused(found):
    for case, value in of(found, "FSDP2, checkpointed").items():
        assert TWICE in value["error"], case
        assert "use_reentrant=False" in value["remedy"]


@pytest.mark.parametrize("name", ["DDP, mixing", "FSDP2, mixing"])
def test_a_critic_that_mixes_samples_is_refused(found, name):
    for case, value in found.items():
        if case.startswith(name):
            assert value["kind"] == "BatchCouplingError", case


def test_batches_of_unequal_length_do_not_make_the_processes_wait(found):
    assert found["FSDP2, unequal batches"]["distance"] == 0
