"""The page on own images is followed from its first line to its last, with fewer steps, on pictures of every kind."""

import json
import re
import shlex
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from gpreg.cli.main import main

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "tutorials" / "own-images.md").read_text(encoding="utf-8")
LINES = [line for block in re.findall(r"```sh\n(.*?)```", PAGE, flags=re.DOTALL) for line in block.splitlines()]
KEYS = {"tick": 2, "score_ticks": 0, "score_samples": 64, "gap_samples": 16, "check_samples": 0}
SHORT = [word for key, value in KEYS.items() for word in ("--set", f"report.{key}={value}")]
NARROW = ["-A", "width=8"]
KINDS = {"faces": "RGB", "clocks": "L", "food": "P", "animals": "RGBA"}
COLOURS = {"faces": (220, 180, 40), "clocks": (20, 20, 20), "food": (200, 40, 40), "animals": (40, 160, 60)}


def picture(name: str, number: int) -> Image.Image:
    """A disc of the class's colour on noise, of a size of its own."""
    rng = np.random.default_rng(number)
    height, width = rng.integers(30, 90, size=2)
    pixels = rng.integers(200, 255, (height, width, 3), dtype=np.uint8)
    y, x = np.ogrid[:height, :width]
    pixels[(y - height / 2) ** 2 + (x - width / 2) ** 2 < 144] = COLOURS[name]
    image = Image.fromarray(pixels).convert(KINDS[name])
    if KINDS[name] == "RGBA":
        image.putalpha(int(rng.integers(100, 255)))
    return image


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """The folder in which every line was typed, one after the other."""
    folder = tmp_path_factory.mktemp("page")
    for index, name in enumerate(KINDS):
        (folder / "photos" / name).mkdir(parents=True)
        for number in range(30):
            picture(name, 100 * index + number).save(folder / "photos" / name / f"{number}.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("GPREG_CACHE", str(tmp_path_factory.mktemp("cache")))
        for line in LINES:
            assert run(*line.partition(" > ")[::2]) == 0, line
    return folder


def run(line: str, target: str) -> int:
    program, *words = shlex.split(line)
    assert program == "gpreg"
    words = [{"3000": "8", "2000": "4"}.get(word, word) for word in words]
    if words[0] == "train":
        words += SHORT + ([] if "--steps" in words else ["--steps", "4"]) + (NARROW if "--arch" in words else [])
    if not target:
        return main(words)
    with Path(target).open("w", encoding="utf-8") as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", file)
        return main(words)


def test_every_line_is_accepted(followed):
    assert {path.name for path in (followed / "runs").iterdir()} == {"photos", "small", "finer", "classes", "again"}
    samples = followed / "samples"
    assert {path.name for path in samples.iterdir()} == {
        *("small.png", "small", "classes.png", "faces.png", "by-class", "classes.npz")
    }
    assert {path.name for path in (samples / "by-class").iterdir()} == set(KINDS)


def test_the_run_shows_and_says_what_the_networks_see(followed):
    run = followed / "runs" / "photos"
    assert (run / "samples" / "real.png").is_file()
    told = json.loads((run / "data.json").read_text())
    assert told["shape"] == [3, 64, 64]
    assert told["size"] + told["held_out"] == 120


def test_the_gap_is_measured_on_what_was_held_out(followed):
    lines = [json.loads(line) for line in (followed / "runs" / "photos" / "stats.jsonl").read_text().splitlines()]
    assert np.isfinite(lines[-1]["critic_gap"])


def test_a_later_end_and_other_weights_are_taken(followed):
    for name, last in (("small", 8), ("finer", 4)):
        lines = (followed / "runs" / name / "stats.jsonl").read_text().splitlines()
        assert json.loads(lines[-1])["step"] == last
    assert "lr = 0.0001" in (followed / "runs" / "finer" / "recipe.toml").read_text()


def test_samples_are_data(followed):
    told = json.loads((followed / "runs" / "again" / "data.json").read_text())
    assert told["size"] == 200
    assert told["class_names"] == sorted(KINDS)


@pytest.mark.parametrize(("page", "dataset"), [("tutorials/own-images", "image-folder"), ("findings/emoji", "emoji")])
def test_the_options_of_the_table_are_those_of_the_dataset(page, dataset):
    from gpreg import load_registry
    from gpreg.registry.options import describe
    from gpreg.registry.reference import options_of

    known = {info.name for info in describe(options_of(load_registry().get("dataset", dataset), "dataset"))}
    text = (ROOT / "docs" / f"{page}.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`-D (\w+)=", text.partition("| option |")[2].partition("\n\n")[0]))
    assert named
    assert named <= known
