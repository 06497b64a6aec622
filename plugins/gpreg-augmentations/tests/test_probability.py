"""p: fixed, on the schedule, or moved by how sure the critic is of real images."""

import pytest
import torch

from gpreg.training import distributed
from gpreg_augmentations.options import AdaOptions
from gpreg_augmentations.probability import INTERVAL, Probability


def play(probability, outputs, iterations=INTERVAL):
    """Iterations with these outputs each; p moves before the iteration after the last of an interval."""
    for _ in range(iterations):
        probability.follow(0.0)
        for part in outputs:
            probability.observe(torch.tensor(part))
    return float(probability.p)


def test_a_fixed_p_stays():
    probability = Probability(AdaOptions(p=0.3))
    assert play(probability, [[5.0, 5.0]], 20) == pytest.approx(0.3)


def test_a_scheduled_p_goes_from_the_first_to_the_final_value():
    probability = Probability(AdaOptions(p=0.2, final=0.6))
    for way in (0.0, 0.25, 1.0):
        probability.follow(way)
        assert float(probability.p) == pytest.approx(0.2 + 0.4 * way)


def moved(outputs, *, p=0.5, target=0.6, kimg=0.1):
    """How far one interval with these outputs in each iteration moves p."""
    probability = Probability(AdaOptions(target=target, kimg=kimg))
    probability.p.fill_(p)
    play(probability, outputs)
    assert float(probability.p) == pytest.approx(p)
    probability.follow(0.0)
    return float(probability.p) - p


def test_p_rises_by_the_images_seen_if_the_critic_is_too_sure():
    assert moved([[3.0, 1.0, 0.1, 2.0]]) == pytest.approx(16 / 100)


def test_p_falls_if_it_is_not():
    assert moved([[3.0, -1.0, 0.1, -2.0]]) == pytest.approx(-16 / 100)


def test_at_its_target_p_stays():
    assert moved([[1.0, 1.0, 1.0, -1.0]], target=0.5) == 0


def test_parts_and_further_critic_steps_count_as_one_iteration():
    assert moved([[3.0, 1.0], [0.1, 2.0]]) == pytest.approx(16 / 100)


@pytest.mark.parametrize(("p", "sign", "end"), [(0.95, 1.0, 1.0), (0.05, -1.0, 0.0)])
def test_p_stays_a_probability(p, sign, end):
    assert p + moved([[sign] * 8], p=p) == pytest.approx(end)


def test_what_was_seen_before_a_move_does_not_count_again():
    probability = Probability(AdaOptions(kimg=0.1))
    play(probability, [[1.0] * 4])
    assert play(probability, [[-1.0] * 4]) == pytest.approx(16 / 100)
    assert play(probability, [[-1.0] * 4], 1) == pytest.approx(0)


def test_p_moves_by_what_all_processes_have_seen(monkeypatch):
    def with_another(tensor, group):
        assert tensor.tolist() == [-16, 16]
        tensor += torch.tensor([48.0, 48.0])  # another process with thrice as many images, of all of which it is sure

    monkeypatch.setattr(distributed.dist, "is_initialized", lambda: True)
    monkeypatch.setattr(distributed.dist, "all_reduce", with_another)
    assert moved([[-1.0] * 4], target=0.4, kimg=0.2) == pytest.approx(64 / 200)
    assert moved([[-1.0] * 4], target=0.6, kimg=0.2) == pytest.approx(-64 / 200)


def test_a_count_that_was_restored_is_read_once(monkeypatch):
    whole, later = (Probability(AdaOptions(kimg=0.1)) for _ in range(2))
    play(whole, [[1.0] * 4], 6)
    play(later, [[1.0] * 4], 1)
    with torch.no_grad():
        for name, value in later.state_dict(keep_vars=True).items():
            value.copy_(whole.state_dict()[name])
    for _ in range(INTERVAL):
        assert play(later, [[1.0] * 4], 1) == play(whole, [[1.0] * 4], 1)
    assert float(later.p) > 16 / 100
