"""A run's generator, read back from a checkpoint."""

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


@dataclass(frozen=True, kw_only=True)
class Trained:
    """What a run has learnt.

    Attributes:
        folder: of the run.
        plan: that it was trained by.
        step: generator steps done.
        which: ``"average"`` or ``"raw"``: the generator that was taken.
        networks: with the checkpoint's weights, on their device.
        data_spec: of the samples that it was trained on, with their classes.
        classes: of that data; ``None`` without labels.
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

    @property
    def recipe(self) -> CompleteRecipe:
        """What it was trained by."""
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
    """Read a run's networks back. Its data is not needed.

    Args:
        path: of the run folder.
        supply: has its architecture.
        device: where the networks go.
        step: of the checkpoint; ``"best"``: by score; ``None``: the newest.
        raw: the generator itself, even if there is an average of it.
        batch: samples generated at once.

    Raises:
        UsageError: this is no run folder, or its recipe was changed to other networks.
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
    except MismatchError as error:
        raise _other_networks(path, checkpoint.step, error) from error
    networks = build_networks(plan, data_spec)
    try:
        load_weights(networks.generator, weights[0], "generator")
        load_weights(networks.critic, weights[1], "critic")
    except MismatchError as error:
        raise _other_networks(path, checkpoint.step, error) from error
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
    """Compare networks that take no memory yet: a recipe or a checkpoint of anybody's may ask for any amount of it.

    Raises:
        MismatchError: the weights are of other networks.
    """
    with suppress(RuntimeError, NotImplementedError), torch.device("meta"):  # an architecture need not know that device
        networks = build_networks(plan, spec)
        for network, found, what in zip(networks, weights, ("generator", "critic"), strict=True):
            check_tensors(found, network.state_dict(), what)


def _other_networks(path: Path, step: int, error: MismatchError) -> UsageError:
    return UsageError(
        f"{path / RECIPE} describes other networks than the checkpoint of step {step} has: {error.message}",
        remedy="undo what was changed in its [architecture], [dataset] or training.conditional",
    )


def pick_checkpoint(folder: RunFolder, step: int | str | None) -> Checkpoint:
    """The checkpoint of a step; ``"best"``: by score; ``None``: the newest that is whole.

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
