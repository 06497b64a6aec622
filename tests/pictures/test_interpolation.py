import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from gpreg.errors import UsageError
from gpreg.interfaces import Generator
from gpreg.pictures import codes_between, interpolation, save_png, ways


class Echo(Generator):
    """Shows the code that it was given, and the label."""

    latent_dim = 2

    def forward(self, z, labels=None):
        return z if labels is None else torch.cat([z, labels[:, None].float()], 1)


def codes(seed, k, z):
    rng = torch.Generator().manual_seed(seed)
    return torch.randn(2, k, z, generator=rng, dtype=torch.float64)


many = given(seed=st.integers(0, 2**31), z=st.integers(2, 64), steps=st.integers(2, 12))


@many
@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_ends_are_the_two_codes(law, seed, z, steps):
    start, end = codes(seed, 3, z)
    between = codes_between(start, end, steps, law)
    assert between.shape == (3, steps, z)
    torch.testing.assert_close(between[:, 0], start)
    torch.testing.assert_close(between[:, -1], end)


@many
def test_normal_codes_change_their_length_evenly_and_turn_at_constant_speed(seed, z, steps):
    start, end = codes(seed, 3, z)
    between = codes_between(start, end, steps, "normal")
    lengths = between.norm(dim=-1)
    t = torch.linspace(0, 1, steps, dtype=torch.float64)
    torch.testing.assert_close(lengths, torch.lerp(start.norm(dim=-1)[:, None], end.norm(dim=-1)[:, None], t))
    units = between / lengths[..., None]
    chords = (units[:, 1:] - units[:, :-1]).norm(dim=-1)
    torch.testing.assert_close(chords, chords[:, :1].expand_as(chords), rtol=1e-6, atol=1e-9)


@many
def test_the_way_back_is_the_same(seed, z, steps):
    start, end = codes(seed, 2, z)
    assume(steps > 2)
    forth, back = (codes_between(*pair, steps, "normal") for pair in ((start, end), (end, start)))
    torch.testing.assert_close(forth, back.flip(1))


def test_quarter_turn():
    between = codes_between(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, 1.0]]), 3, "normal")
    torch.testing.assert_close(between[0, 1], torch.tensor([0.5, 0.5]).sqrt())


@pytest.mark.parametrize(
    "end",
    [[2.0, 0.0], [-2.0, 0.0], [1.0, 0.0], [0.0, 0.0], [1.0, 1e-7]],
    ids=["longer", "opposite", "same", "zero", "near"],
)
def test_codes_without_a_plane_go_straight(end):
    start, end = torch.tensor([[1.0, 0.0]]), torch.tensor([end])
    torch.testing.assert_close(codes_between(start, end, 3, "normal")[:, 1], (start + end) / 2)


def test_uniform_codes_stay_in_the_cube():
    start, end = torch.rand(2, 5, 8, generator=torch.Generator().manual_seed(0)) * 2 - 1
    between = codes_between(start, end, 7, "uniform")
    assert between.abs().max() <= 1
    torch.testing.assert_close(between[:, 3], (start + end) / 2)


@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_samples_are_the_generators_along_the_way(law):
    generator = Echo()
    generator.latent = law
    start, end = codes(0, 4, 2)
    samples = interpolation(generator, start, end, 5)
    torch.testing.assert_close(samples, codes_between(start, end, 5, law))
    labelled = interpolation(generator, start, end, 5, labels=torch.arange(4))
    assert labelled[..., 2].tolist() == [[float(k)] * 5 for k in range(4)]


@pytest.mark.parametrize(
    ("start", "end", "steps", "law"),
    [
        (torch.zeros(2, 3), torch.zeros(2, 4), 5, "normal"),
        (torch.zeros(3), torch.zeros(3), 5, "normal"),
        (torch.zeros(2, 3), torch.zeros(2, 3), 1, "normal"),
        (torch.zeros(2, 3), torch.zeros(2, 3), 5, "cauchy"),
    ],
)
def test_what_cannot_be_interpolated_is_refused(start, end, steps, law):
    with pytest.raises(UsageError):
        codes_between(start, end, steps, law)


def test_ways_are_paths_over_the_samples(tmp_path):
    real = torch.randn(50, 2, generator=torch.Generator().manual_seed(1))
    samples = interpolation(Echo(), *codes(0, 3, 2), 6)
    figure = ways(samples, real, real * 0.5)
    paths = figure.axes[0].lines[::2]
    assert [line.get_xydata().tolist() for line in paths] == samples.tolist()
    save_png(figure, tmp_path / "ways.png")
    with pytest.raises(UsageError, match="expected"):
        ways(torch.zeros(2, 6, 3), real, real)
