"""Load the networks of a run from a checkpoint."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import torch

from gpreg.errors import CheckpointError, UsageError
from gpreg.evaluation.labels import label_law
from gpreg.evaluation.sampler import BATCH, Sampler
from gpreg.interfaces import SampleSpec
from gpreg.recipe import CompleteRecipe
from gpreg.runs.checkpoint import Checkpoint
from gpreg.runs.checkpoint import read as read_checkpoint
from gpreg.runs.classes import Classes
from gpreg.runs.expected import MismatchError, check_tensors, load_weights
from gpreg.runs.folder import RECIPE, RunFolder
from gpreg.runs.networks import Networks, build_networks, spec_from_table, spec_seen
from gpreg.runs.plan import Plan, Supply


@dataclass(frozen=True, kw_only=True, repr=False)
class Trained:
    """The trained networks of a run.

    Attributes:
        folder: the run's folder.
        plan: the run's plan.
        step: number of generator steps done.
        which: which generator was loaded, ``"average"`` or ``"raw"``.
        networks: generator and critic with the checkpoint's weights, on their device.
        data_spec: the samples that the run was trained on, with their classes.
        classes: the classes of the data; ``None`` without labels.
        sampler: draws from the generator.
    """

    folder: RunFolder
    plan: Plan
    step: int
    which: str
    networks: Networks
    data_spec: SampleSpec
    classes: Classes | None
    sampler: Sampler

    def __repr__(self) -> str:
        return f"Trained({str(self.folder.path)!r}, step {self.step:,}, {self.which} generator)"

    @property
    def recipe(self) -> CompleteRecipe:
        """The run's recipe."""
        return self.plan.recipe


def load_trained(
    path: Path,
    supply: Supply,
    *,
    device: torch.device | str = "cpu",
    step: int | str | None = None,
    raw: bool = False,
    batch: int = BATCH,
) -> Trained:
    """Load a run's networks. The data need not be there.

    Args:
        path: path of the run folder.
        supply: the installed plugins, which must include the architecture.
        device: device of the networks.
        step: step of the checkpoint; ``"best"``: the one with the best score; ``None``: the newest.
        raw: whether to load the generator itself, even if there is an average of it.
        batch: number of samples that the sampler generates at once.

    Raises:
        UsageError: the path is no run folder, or its recipe now describes other networks.
        CheckpointError: there is no such checkpoint, or it is damaged.
    """
    folder = RunFolder.open(path)
    plan = folder.plan(supply)
    checkpoint = pick_checkpoint(folder, step)
    data_spec = spec_from_table(checkpoint.state.get("sample"))
    classes = Classes.from_table(checkpoint.state["sample"])
    which = "average" if "average" in checkpoint.weights and not raw else "raw"
    weights = checkpoint.weights.get("average" if which == "average" else "generator"), checkpoint.weights.get("critic")
    try:
        _check_shapes(plan, data_spec, weights)
        networks = build_networks(plan, data_spec)
        load_weights(networks.generator, weights[0], "generator")
        load_weights(networks.critic, weights[1], "critic")
    except MismatchError as error:
        raise UsageError(
            f"{path / RECIPE} describes other networks than the checkpoint of step {checkpoint.step} has: "
            f"{error.message}",
            remedy="undo what was changed in its [architecture], [dataset] or training.conditional",
        ) from error
    for network in networks:
        network.to(device)
    seen, counts = spec_seen(plan.recipe, data_spec), classes.counts if classes else None
    return Trained(
        folder=folder,
        plan=plan,
        step=checkpoint.step,
        which=which,
        networks=networks,
        data_spec=data_spec,
        classes=classes,
        sampler=Sampler(networks.generator, seen, batch, labels=label_law(plan.recipe, seen.classes, counts)),
    )


def _check_shapes(plan: Plan, spec: SampleSpec, weights: tuple[object, object]) -> None:
    """Compare the weights' shapes with networks on the meta device, which take no memory.

    Recipe and checkpoint may be a stranger's, and ask for any amount of memory.

    Raises:
        MismatchError: the weights belong to other networks.
    """
    with suppress(RuntimeError, NotImplementedError), torch.device("meta"):  # an architecture need not support it
        networks = build_networks(plan, spec)
        for network, found, what in zip(networks, weights, ("generator", "critic"), strict=True):
            check_tensors(found, network.state_dict(), what)


def pick_checkpoint(folder: RunFolder, step: int | str | None) -> Checkpoint:
    """The checkpoint of a step; ``"best"``: the one with the best score; ``None``: the newest that is undamaged.

    Raises:
        UsageError: the step is neither a number nor ``"best"``.
        CheckpointError: there is no such checkpoint, or it is damaged.
    """
    if step != "best":
        if isinstance(step, str):
            raise UsageError(f"step {step!r} is neither a number nor 'best'", remedy="leave it out for the newest")
        return folder.checkpoints.find(step)
    best = folder.checkpoints.best()
    if best is None:
        raise CheckpointError("no checkpoint of this run was scored", remedy="leave --step out for the newest")
    return read_checkpoint(best)
