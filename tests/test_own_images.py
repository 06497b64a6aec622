"""From a folder of one's own pictures to samples, with the options of a new user, and small networks."""

import json

import numpy as np
import pytest
from PIL import Image

from gpreg.cli.main import main

SMALL = {
    "dcgan": ["-A", "width=4", "-A", "latent_dim=8"],
    "resnet-stable": ["-A", "width=4", "-A", "generator_max_width=8", "-A", "critic_max_width=8", "-A", "latent_dim=8"],
}
NAMES = ("circles", "naïve squares", "猫")


def picture(numbers, kind):
    """A picture of some kind: colour, grey, palette, transparent, or 16 bit; of any size."""
    width, height = numbers.integers(20, 60, 2)
    colour = Image.fromarray(numbers.integers(0, 256, (height, width, 3), dtype=np.uint8))
    if kind == "alpha":
        colour.putalpha(Image.fromarray(numbers.integers(0, 256, (height, width), dtype=np.uint8)))
    if kind == "16 bit":
        return Image.fromarray(numbers.integers(0, 2**16, (height, width), dtype=np.uint16))
    return colour.convert({"grey": "L", "palette": "P"}.get(kind, colour.mode))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """80 mixed pictures in three folders, one of them broken."""
    folder, numbers = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for k in range(80):
        kind = ("colour", "grey", "palette", "alpha", "16 bit")[k % 5]
        place = folder / NAMES[k % 3]
        place.mkdir(exist_ok=True)
        picture(numbers, kind).save(place / (f"{k}.jpg" if kind == "colour" else f"{k}.png"))
    (folder / NAMES[0] / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder


@pytest.fixture
def call(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GPREG_CACHE", str(tmp_path / "cache"))

    def run(*words):
        capsys.readouterr()
        code = main(list(map(str, words)))
        return int(code), *capsys.readouterr()

    return run


@pytest.mark.parametrize(("size", "labelled"), [(64, False), (32, True)], ids=["without classes", "with classes"])
def test_from_a_folder_to_samples(call, pictures, tmp_path, size, labelled):
    architecture = "resnet-stable" if labelled else "dcgan"
    own = ["--dataset", "image-folder", "-D", f"folder={pictures}", "-D", f"size={size}"]
    own += ["-D", "classes=true"] if labelled else []
    words = ["train", "--measure", "mid", "--arch", architecture, *SMALL[architecture], *own, "--steps", 4]
    words += ["--set", "report.tick=2", "--set", "report.picture_ticks=1", "--set", "report.check_samples=12"]
    words += ["--set", "report.score_samples=100"]
    words += ["--out", "mine"]

    code, _, err = call(*words)
    assert code == 1
    assert "broken.png" in err
    assert not (tmp_path / "mine").exists()
    code, _, err = call(*words, "-D", "skip_unreadable=true")
    assert code == 0, err

    known = json.loads((tmp_path / "mine" / "data.json").read_text(encoding="utf-8"))
    assert known["shape"] == [3, size, size]
    assert known["size"] + known["held_out"] == 80
    assert (known["class_names"], known["classes"]) == ((list(NAMES), 3) if labelled else (None, None))
    assert not labelled or sum(known["class_counts"]) == known["size"]
    assert all(f"Note: {note}" in err for note in known["notes"])
    scale = 64 // size
    side = size * scale + 2
    for name in ("real.png", "step-000000000.png"):
        with Image.open(tmp_path / "mine" / "samples" / name) as shown:
            assert shown.height == (3 if labelled else 8) * side + 2
            names = shown.width - 8 * side - 2
            assert (names > 50) if labelled else (names == 0), "a row for each class has its name"
    stats = [json.loads(line) for line in (tmp_path / "mine" / "stats.jsonl").read_text().splitlines()]
    assert all(np.isfinite(row["critic_gap"]) for row in stats if "critic_gap" in row)
    assert sum("critic_gap" in row for row in stats) >= 2, "a part is held out, so that it is measured"

    code, _, err = call("sample", "mine", "-n", 12, "--out", "grid.png")
    assert code == 0, err
    code, _, err = call("sample", "mine", "-n", 12, "--out", "folder")
    assert code == 0, err
    found = {path.relative_to(tmp_path / "folder").parent.as_posix() for path in (tmp_path / "folder").rglob("*.png")}
    assert found <= set(NAMES) if labelled else found == {"."}
    code, _, err = call("sample", "mine", "--class", "naïve squares", "--out", "one.npz")
    assert code == (0 if labelled else 2), err
    if labelled:
        with np.load(tmp_path / "one.npz") as arrays:
            assert set(arrays["labels"].tolist()) == {1}
            assert arrays["class_names"].tolist() == list(NAMES)
    for command in (("evaluate", "mine"), ("check", "mine"), ("resume", "mine", "--steps", 6)):
        code, _, err = call(*command)
        assert code == 0, (command, err)
    assert (tmp_path / "mine" / "checkpoints" / "step-000000006").is_dir()


def test_labels_that_nobody_asked_for(call, pictures):
    """The architecture's recipe is conditional; the error says both ways out."""
    own = ["--dataset", "image-folder", "-D", f"folder={pictures}", "-D", "skip_unreadable=true"]
    code, out, err = call("train", "--arch", "resnet-stable", *own, "--dry-run")
    assert (code, out) == (2, "")
    assert "add --unconditional, or -D classes=true" in err
    words = [*SMALL["resnet-stable"], "--set", "report.check_samples=0", "--dry-run"]
    assert call("train", "--arch", "resnet-stable", *own, "--unconditional", *words)[0] == 0
    assert call("train", "--arch", "resnet-stable", *own, "-D", "classes=true", *words)[0] == 0


@pytest.mark.parametrize("architecture", ["dcgan", "dcgan-mnist", "resnet", "resnet-stable", "resnet2-stable"])
def test_too_few_pictures_say_what_to_type(call, tmp_path, architecture):
    numbers = np.random.default_rng(0)
    (tmp_path / "few").mkdir()
    for k in range(12):
        picture(numbers, "colour").save(tmp_path / "few" / f"{k}.png")
    own = ["--arch", architecture, "--dataset", "image-folder", "-D", "folder=few", "-D", "size=32", "--unconditional"]
    code, out, err = call("train", *own, "--dry-run")
    assert (code, out) == (2, "")
    largest = err.rpartition("choose --batch-size ")[2].split()[0]
    assert call("train", *own, "--batch-size", largest, "--dry-run")[0] == 0
    assert call("train", *own, "-D", "channels=1", "--batch-size", largest, "--dry-run")[0] == 0


def test_a_single_picture(call, tmp_path):
    (tmp_path / "one").mkdir()
    picture(np.random.default_rng(0), "colour").save(tmp_path / "one" / "only.png")
    words = ["--arch", "resnet-stable", *SMALL["resnet-stable"], "--unconditional", "--dataset", "image-folder"]
    words += ["-D", "folder=one", "-D", "size=8", "--batch-size", 1, "--steps", 2, "--out", "run"]
    code, _, err = call("train", *words)
    assert code == 0, err
    assert "Note: the critic's generalization gap is not measured" in err
