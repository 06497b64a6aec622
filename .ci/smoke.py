"""Ask the installed wheels, from outside the source tree, for what a new user would type first."""

import json
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

GPREG = Path(sysconfig.get_path("scripts")) / "gpreg"
PACKAGES = {
    "gpreg-architectures",
    "gpreg-augmentations",
    "gpreg-constraints",
    "gpreg-datasets",
    "gpreg-example-plugin",
    "gpreg-executors",
    "gpreg-losses",
    "gpreg-measures",
    "gpreg-metrics",
    "gpreg-new-plugin",
    "gpreg-recipes",
    "gpreg-regularizers",
    "gpreg-tensorboard",
    "gpreg-theory",
    "gpreg-trackio",
    "gpreg-verify",
}


def run(*words: str) -> str:
    """What a ``gpreg`` command prints; it must succeed."""
    print("$ gpreg", *words, flush=True)
    done = subprocess.run([GPREG, *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def listed(*words: str) -> list[dict[str, Any]]:
    """The rows of a ``--json`` listing: the one key beside its schema."""
    answer = json.loads(run(*words, "--json"))
    assert answer.pop("schema") == 1
    (rows,) = answer.values()
    return list(rows)


def check_wheels_are_imported() -> None:
    """The code under test lies in this environment, and not in the tree that it was built from."""
    import gpreg

    assert Path(sys.prefix) in Path(gpreg.__file__).parents, gpreg.__file__
    assert gpreg.__version__ in run("--version")


def check_listings() -> None:
    """Every package is found and sound, and supplies something, the third-party one included."""
    plugins = listed("plugins")
    assert {row["package"] for row in plugins} == PACKAGES
    assert all(row["state"] == "ok" for row in plugins), plugins
    measures = {row["name"]: row["package"] for row in listed("list-measures")}
    assert measures["mid"] == "gpreg-measures"
    assert "gpreg-example-plugin" in measures.values(), measures
    table = run("list-measures")
    assert all(name in table for name in measures), table
    for kind in ("forms", "losses", "architectures", "datasets", "metrics", "observers", "executors", "recipes"):
        assert listed(f"list-{kind}"), kind
    print(run("show", "measure", "mid"))


def check_penalty() -> None:
    """Three lines of Python: a critic with gradient (3, 4) has the penalty rho/2 * 25 anywhere."""
    import torch

    import gpreg

    critic = torch.nn.Sequential(torch.nn.Linear(2, 1, bias=False), torch.nn.Flatten(0))
    critic[0].weight.data = torch.tensor([[3.0, 4.0]])
    penalty = gpreg.penalty("mid", rho=20.0)
    value = penalty(critic, torch.randn(8, 2), torch.randn(8, 2))
    value.backward()
    torch.testing.assert_close(value.detach(), torch.tensor(250.0))
    torch.testing.assert_close(critic[0].weight.grad, torch.tensor([[60.0, 80.0]]))


def check_training() -> None:
    """A few steps by a shipped recipe, and samples of them."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        few = ("--steps", "20", "--set", "report.tick=10", "--set", "report.score_samples=500")
        run("train", "plane", *few, "--out", str(out))
        run("sample", str(out), "-n", "100", "--out", str(out / "points.png"))
        scores = json.loads(run("evaluate", str(out), "--metric", "modes", "-n", "500", "--json"))["scores"]
        assert scores[0]["values"]["modes"] >= 0, scores


R1 = """
import torch

def r1(critic, real, fake):
    real = real.detach().requires_grad_()
    (grad,) = torch.autograd.grad(critic(real).sum(), real, create_graph=True)
    return 5 * grad.square().flatten(1).sum(1).mean()
"""


def check_verification() -> None:
    """Somebody's penalty is named, and a third party's plugin conforms."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "losses.py"
        path.write_text(R1, encoding="utf-8")
        found = json.loads(run("verify", f"{path}:r1", "--json"))
    assert (found["identified"]["measure"], found["identified"]["rho"]) == ("pd", 10.0), found
    assert {row["outcome"] for row in json.loads(run("verify", "gpreg-example-plugin", "--json"))["checks"]} == {
        "passed"
    }


if __name__ == "__main__":
    check_wheels_are_imported()
    check_listings()
    check_penalty()
    check_training()
    check_verification()
    print("the installed wheels work")
