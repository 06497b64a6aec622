import pytest

from gpreg.recipe import read

PLANE = """
summary = "mid on a ring"
source = "a paper"

[measure]
name = "mid"

[loss]
name = "wasserstein"

[architecture]
name = "mlp"
width = 64

[dataset]
name = "8gaussians"

[penalty]
rho = 2

[critic_optimizer]
name = "Adam"
lr = 0.002
betas = [0.5, 0.9]

[generator_optimizer]
name = "Adam"
lr = 0.001
betas = [0.5, 0.9]

[[metrics]]
name = "modes"
threshold = 20

[unstated]
"penalty.rho" = "the paper has no number"
"critic_optimizer.lr" = "nor here"
"critic_optimizer.betas" = "nor here"
"architecture.width" = "nor here"
"""


@pytest.fixture(scope="session")
def plane(registry):
    return read(PLANE, origin="plane.toml", registry=registry)
