"""Run folders of anybody's: whatever is in them, an error is one of ours, and nothing outside is touched."""

import json
import math
import os
import shutil
from collections.abc import Mapping
from hashlib import sha256

import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st

from gpreg.errors import ExitCode, GpregError
from gpreg.evaluation.trained import load_trained
from gpreg.pictures.curves import curves
from gpreg.runs.folder import RunFolder
from gpreg.runs.plan import Supply
from gpreg.training.resumption import resume
from gpreg.training.run import start
from gpreg.training.sample_pictures import SamplePictures

pytestmark = pytest.mark.fuzz

CHOICES = {
    "architecture": {"width": 4, "hidden_layers": 1},
    "measure": {"name": "latent-path", "width": 2},
    "average.halflife_kimg": 0.1,
    "metrics": "modes",
    "training.steps": 3,
    "report.tick": 1,
    "report.score_ticks": 1,
    "report.score_samples": 4,
    "report.gap_samples": 4,
}
STRANGE = [
    None,
    True,
    -1,
    0,
    7,
    10**30,
    -(10**5000),
    0.5,
    math.nan,
    math.inf,
    -1e300,
    "",
    "x",
    "../../x",
    "/etc/passwd",
    "\x1b[2J\ud800",
    [],
    {},
    [[1]],
    {"a": {}},
    {1: 2},
]
TENSORS = [
    lambda like: torch.zeros(1),
    lambda like: torch.zeros(()),
    lambda like: torch.zeros(1).expand(2**40),
    lambda like: torch.zeros(0, 3),
    lambda like: torch.full_like(like, 255),
    torch.zeros_like,
    lambda like: like.double() * math.nan,
    lambda like: like.to(torch.int64),
    lambda like: like.to(torch.complex64),
    lambda like: -like if like.dtype != torch.bool else like,
    lambda like: like.flatten()[:1].expand(like.numel()).reshape(like.shape),
    lambda like: like.to_sparse(),
    lambda like: like.float() * math.inf,
]


@pytest.fixture(scope="module")
def run(tiny, registry, tmp_path_factory):
    """A run of three steps that goes on from its second."""
    path = tmp_path_factory.mktemp("run") / "run"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SamplePictures, "draw", lambda self, step: iter(()))
        patched.setattr(os, "fsync", lambda descriptor: None)
        start(Supply(registry=registry).plan(tiny("plane", CHOICES)), path)
        for folder in (path / "checkpoints").iterdir():
            if folder.name != "step-000000002":
                shutil.rmtree(folder)
        yield path


def leaves(value, path=()):
    """The place of everything in a table, tables among it."""
    if path:
        yield path
    items = value.items() if isinstance(value, Mapping) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from leaves(item, (*path, key))


def change(table, draw, values):
    """Another value, or none, at some place of a table."""
    place = draw(st.sampled_from(sorted(leaves(table), key=repr)))
    for key in place[:-1]:
        table = table[key]
    what = draw(st.sampled_from(["value", "value", "tensor", "gone", "more"]))
    if what == "gone":
        del table[place[-1]]
    elif what == "more" and isinstance(table, dict):
        table[draw(st.sampled_from(["more", 7]))] = draw(st.sampled_from(values))
    elif what == "tensor" and isinstance(table[place[-1]], torch.Tensor):
        table[place[-1]] = draw(st.sampled_from(TENSORS))(table[place[-1]])
    else:
        table[place[-1]] = draw(st.sampled_from(values))


def sign(folder):
    """Make the manifest true of the files, as somebody would who wants them to be read."""
    manifest = json.loads((folder / "manifest.json").read_text())
    for name in manifest["files"]:
        content = (folder / name).read_bytes()
        manifest["files"][name] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def damage_bytes(path, checkpoint, outside, draw):
    files = sorted(file for file in path.rglob("*") if file.is_file())
    file = draw(st.sampled_from(files))
    content, place = bytearray(file.read_bytes()), draw(st.integers(0, 2**20))
    cut = place % (len(content) + 1)
    how = draw(st.integers(0, 2))
    content[cut : cut + (1 if how else 10**9)] = draw(st.binary(max_size=8)) if how < 2 else b""
    file.write_bytes(bytes(content))
    if draw(st.booleans()) and file.parent == checkpoint and file.name != "manifest.json":
        sign(checkpoint)


def damage_json(path, checkpoint, outside, draw):
    file = draw(st.sampled_from([*sorted(path.glob("*.json")), checkpoint / "manifest.json"]))
    table = json.loads(file.read_text())
    change(table, draw, [value for value in STRANGE if value != -(10**5000) and not isinstance(value, dict)])
    file.write_text(json.dumps(table))


def damage_lines(path, checkpoint, outside, draw):
    file = path / draw(st.sampled_from(["stats.jsonl", "metrics.jsonl"]))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    change(rows, draw, [value for value in STRANGE if value != -(10**5000)])
    file.write_text("\n".join(json.dumps(row) for row in rows))


def damage_state(path, checkpoint, outside, draw):
    state = torch.load(checkpoint / "state.pt", weights_only=True)
    for _ in range(draw(st.integers(1, 2))):
        change(state, draw, STRANGE)
    torch.save(state, checkpoint / "state.pt", _use_new_zipfile_serialization=draw(st.integers(0, 9)) > 0)
    sign(checkpoint)


def damage_weights(path, checkpoint, outside, draw):
    file = draw(st.sampled_from(sorted(checkpoint.glob("*.safetensors"))))
    tensors = safetensors.torch.load_file(file)
    name = draw(st.sampled_from(sorted(tensors)))
    if draw(st.booleans()):
        del tensors[name]
    else:
        made = draw(st.sampled_from([make for number, make in enumerate(TENSORS) if number not in (2, 8, 11)]))
        tensors[name] = made(tensors[name]).contiguous()
    file.write_bytes(safetensors.torch.save(tensors))
    sign(checkpoint)


def damage_kind(path, checkpoint, outside, draw):
    """A link, a pipe, a folder or nothing where something else was, or beside it."""
    inside = sorted(place for place in path.rglob("*") if not place.name.startswith("."))
    place = draw(st.sampled_from(inside))
    if draw(st.booleans()):
        place = place.with_name(draw(st.sampled_from([f".{place.name}.partial", ".gpreg.lock", ".before", ".moving"])))
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
    how = draw(st.integers(0, 4))
    if how == 0:
        place.symlink_to(outside / draw(st.sampled_from(["file", "folder", "missing"])))
    elif how == 1:
        os.mkfifo(place)
    elif how == 2:
        place.mkdir()
    elif how == 3:
        os.link(outside / "file", place)


DAMAGES = [damage_bytes, damage_json, damage_lines, damage_state, damage_state, damage_weights, damage_kind]


def everything(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in sorted(folder.rglob("*"))}


@given(data=st.data())
def test_a_run_folder(run, registry, tmp_path_factory, bounded, data):
    outside, path = (tmp_path_factory.getbasetemp() / name for name in ("outside", "copy"))
    for folder in (outside, path):
        shutil.rmtree(folder, ignore_errors=True)
    (outside / "folder").mkdir(parents=True)
    (outside / "file").write_text('{"step": 1, "a": 1}\n')
    (outside / "folder" / "step-000000009").mkdir()
    (outside / "folder" / "step-000000009" / "precious").write_text("precious")
    shutil.copytree(run, path)
    data.draw(st.sampled_from(DAMAGES))(path, path / "checkpoints" / "step-000000002", outside, data.draw)
    before = everything(outside)
    use, error = data.draw(st.sampled_from([_resume, _resume, _sample, _look])), None
    with bounded():
        try:
            use(path, registry)
        except GpregError as refused:
            error = refused
    assert error is None or (error.exit_code != ExitCode.PLUGIN and error.message)
    assert everything(outside) == before


def _sample(path, registry):
    trained = load_trained(path, Supply(registry=registry), step="best")
    trained.sampler.generate(trained.networks.generator.draw_latent(2, torch.Generator()), None)


def _look(path, registry):
    folder = RunFolder.open(path)
    curves(folder.stats.read(), folder.metrics.read())


def _resume(path, registry):
    resume(path, Supply(registry=registry))
