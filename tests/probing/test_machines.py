"""A probe under DDP and FSDP2, in two processes by gloo: right, and the next training step is as without it."""

import json
from pathlib import Path

import fixtures
import pytest

OWN = Path(fixtures.__file__).parent


@pytest.fixture(scope="module")
def found(command, tmp_path_factory):
    """What each process found."""
    folder = tmp_path_factory.mktemp("processes")
    code = (OWN / "probed.py").read_text()
    places = {"MEETING": str(folder / "meeting"), "RESULTS": str(folder), "OMP_NUM_THREADS": "1"}
    processes = [command(code=code, RANK=str(rank), **places) for rank in range(2)]
    codes = [process.wait() for process in processes]
    assert codes == [0, 0], [process.told for process in processes]
    return [json.loads((folder / str(rank)).read_text()) for rank in range(2)]


def test_each_process_sees_its_own_part_under_ddp(found):
    for own in found:
        assert own["DDP"]["ratio"] == pytest.approx(own["part"]["ratio"], rel=1e-4)
        for one, other in zip(own["DDP"]["trials"], own["part"]["trials"], strict=True):
            assert one["gradient_norm"] == pytest.approx(other["gradient_norm"], rel=1e-4)


def test_the_share_of_a_sharded_critic_is_that_of_the_whole_batch(found):
    for own in found:
        assert own["FSDP2"]["ratio"] == pytest.approx(own["whole"]["ratio"], rel=1e-4)
        assert own["FSDP2"]["cosine"] == pytest.approx(own["whole"]["cosine"], rel=1e-4)
        assert own["FSDP2"]["trials"] == []
        assert any("sharded" in note for note in own["FSDP2"]["notes"])


@pytest.mark.parametrize("kind", ["DDP", "FSDP2"])
def test_the_next_step_is_as_without_a_probe(found, kind):
    for own in found:
        flat = [number for row in own["gradient"] for number in row]
        assert [number for row in own[f"{kind}, gradient"] for number in row] == pytest.approx(flat, rel=1e-4, abs=1e-7)
