"""Critics of motions, tables and sequences as other people call them: their formulas against gpreg's three lines.

Each test says whose code the formula follows. Where that library is at hand, tests/loops runs its own code, too.
"""

import pytest
import torch
from fixtures.formulas import assert_same, between, gradient, leaf, mlp, squares
from tensordict import TensorDict
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence

import gpreg

pytestmark = pytest.mark.usefixtures("exactly")


class TestMotions:
    """Adversarial motion priors."""

    def test_skrl(self):  # skrl/agents/torch/amp/amp.py:554
        net = mlp(4)

        def critic(inputs):
            return net(inputs["observations"]), {"hidden": None}

        motions = torch.randn(6, 4)
        penalty = gpreg.penalty("pd", rho="skrl=5", outputs=lambda out: out[0])
        ours = penalty(critic, {"observations": motions})
        x = leaf(motions)
        assert_same(ours, 5 * squares(critic({"observations": x})[0], x).mean(), net)

    def test_mimickit(self):  # mimickit/learning/amp_agent.py, _compute_disc_loss
        net, demo, agent = mlp(4), torch.randn(6, 4), torch.randn(9, 4)  # half of the agent's are from a buffer
        ours = gpreg.penalty("pd+pg", rho="MimicKit=5")(net, demo, agent)
        demo, agent = leaf(demo), leaf(agent)
        assert_same(ours, 5 * 0.5 * (squares(net(demo), demo).mean() + squares(net(agent), agent).mean()), net)

    def test_add(self):  # mimickit/learning/add_agent.py, _compute_disc_loss
        net, differences = mlp(4), torch.randn(9, 4)
        ours = gpreg.penalty("pd+pg", rho="ADD=2")(net, torch.zeros(1, 4), differences)
        zero, differences = torch.zeros(1, 4, requires_grad=True), leaf(differences)
        theirs = 2 * 0.5 * (squares(net(zero), zero).mean() + squares(net(differences), differences).mean())
        assert_same(ours, theirs, net)


class Normalising(nn.Module):
    """A TensorDict with the raw coordinates -> the same with the normalised ones and the logits, as in ProtoMotions."""

    def __init__(self):
        super().__init__()
        self.net, self.kind = mlp(5), nn.Embedding(3, 1)
        self.register_buffer("mean", torch.randn(5))
        self.register_buffer("deviation", torch.rand(5) + 0.5)

    def forward(self, observed):
        parts = {"pose": slice(0, 3), "speed": slice(3, 5)}
        for key, part in parts.items():
            observed[f"norm_{key}"] = (observed[key] - self.mean[part]) / self.deviation[part]
        joined = torch.cat([observed[f"norm_{key}"] for key in parts], 1)
        observed["logits"] = self.net(joined) + self.kind(observed["kind"])
        return observed


class TestProtoMotions:  # protomotions/agents/amp/agent.py, discriminator_step
    @pytest.fixture
    def critic(self):
        return Normalising()

    @pytest.fixture
    def expert(self):
        leaves = {"pose": torch.randn(6, 3), "speed": torch.randn(6, 2), "kind": torch.arange(6) % 3}
        return TensorDict({**leaves, "fallen": torch.zeros(6, dtype=torch.bool)}, batch_size=[6])

    def theirs(self, critic, expert, keys):
        found = critic(
            TensorDict(
                {key: leaf(value) if value.is_floating_point() else value for key, value in expert.items()},
                batch_size=[6],
            )
        )
        found = gradient(found["logits"], *(found[f"norm_{key}"] for key in keys))
        return 5 * sum(each.square().sum(1) for each in found).mean()

    def test_all_normalised_coordinates(self, critic, expert):
        scale = {"pose": critic.deviation[:3], "speed": critic.deviation[3:]}
        penalty = gpreg.penalty("pd", rho="ProtoMotions=5", scale=scale, outputs=lambda out: out["logits"])
        assert_same(penalty(critic, expert), self.theirs(critic, expert, ["pose", "speed"]), critic.net)
        assert set(expert.keys()) == {"pose", "speed", "kind", "fallen"}

    def test_the_first_key_only_which_is_what_its_code_does(self, critic, expert):
        scale, out = critic.deviation[:3], lambda out: out["logits"]
        penalty = gpreg.penalty("pd", rho="ProtoMotions=5", wrt="pose", scale=scale, outputs=out)
        assert_same(penalty(critic, expert), self.theirs(critic, expert, ["pose"]), critic.net)

    def test_raw_coordinates_of_nested_keys(self, critic, expert):
        nested = TensorDict({"expert": expert, "weight": torch.ones(6)}, batch_size=[6])
        penalty = gpreg.penalty("pd+pg", rho=2.0, wrt="expert", outputs=lambda out: out["logits"])
        ours = penalty(lambda batch: critic(batch["expert"]), nested, nested)
        pose, speed = leaf(expert["pose"]), leaf(expert["speed"])
        found = critic(TensorDict({**expert, "pose": pose, "speed": speed}, batch_size=[6]))
        theirs = sum(each.square().sum(1) for each in gradient(found["logits"], pose, speed)).mean()
        assert_same(ours, 2 * theirs, critic.net)


def test_ctgan():  # ctgan/synthesizers/ctgan.py:41
    net, (real, fake) = mlp(10 * 4), torch.randn(2, 60, 4)

    def critic(rows):
        return net(rows.view(-1, 40))

    ours = gpreg.penalty("wgan-gp", rho="CTGAN=10", pack=10, seed=0)(critic, real, fake)
    a = torch.rand(6, 1, 1, generator=torch.Generator().manual_seed(0)).repeat(1, 10, 4).view(-1, 4)
    x = leaf(a * real + (1 - a) * fake)
    norms = gradient(critic(x), x)[0].view(-1, 10 * 4).norm(2, dim=1)
    assert_same(ours, 10 * (norms - 1).square().mean(), net)


class TestSequences:
    """WGAN-GP on sequences of different lengths, as for time series and texts."""

    @pytest.fixture
    def critic(self):
        class Recurrent(nn.Module):
            def __init__(self):
                super().__init__()
                self.lstm, self.value = nn.LSTM(3, 8, batch_first=True), nn.Linear(8, 1)

            def forward(self, x, mask):
                steps = pack_padded_sequence(x, mask.sum(1), batch_first=True, enforce_sorted=False)
                return self.value(self.lstm(steps)[1][0][-1])

        return Recurrent()

    def test_masks(self, critic):
        real, fake = torch.randn(2, 5, 7, 3)
        mask = torch.arange(7) < torch.tensor([7, 2, 5, 3, 1])[:, None]
        ours = gpreg.penalty("wgan-gp", rho="lambda=10", seed=0)(critic, real, fake, condition=mask)
        x = between(real, fake)
        (found,) = gradient(critic(x, mask), x)
        assert found[1, 2:].count_nonzero() == 0
        assert_same(ours, 10 * (found.flatten(1).norm(dim=1) - 1).square().mean(), critic)

    def test_masks_in_the_samples(self, critic):
        mask = torch.arange(7) < torch.tensor([7, 2, 5, 3, 1])[:, None]
        real = torch.randn(5, 7, 3)
        ours = gpreg.penalty("pd", rho=2.0)(lambda sample: critic(**sample), {"x": real, "mask": mask})
        x = leaf(real)
        assert_same(ours, squares(critic(x, mask), x).mean(), critic)
