"""The gallery has everything that the project's packages supply, as it is now, and pictures of what can be drawn."""

import re
import runpy
from pathlib import Path

import pytest
import torch

from gpreg import load_registry
from gpreg.interfaces import Opening
from gpreg.registry.kinds import DATASET, KINDS

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "gallery"
PICTURES = ROOT / "docs" / "pictures" / "gallery"
TEXT = {page.name: page.read_text(encoding="utf-8") for page in FOLDER.glob("*.md")}
PAGES = [kind for kind in KINDS.values() if kind.name not in ("command", "check")]


def names_of(kind):
    packages = [folder.name for folder in (ROOT / "plugins").iterdir()]
    return [spec.name for spec in load_registry().list(kind) if spec.package in packages]


def test_the_pages_are_those_of_the_registry():
    written = runpy.run_path(str(ROOT / "docs" / "write_gallery.py"))["pages"]()
    stale = [name for name in written.keys() | TEXT.keys() if written.get(name) != TEXT.get(name)]
    assert not stale, "python docs/write_gallery.py renews them"


@pytest.mark.parametrize("kind", PAGES, ids=str)
def test_everything_is_on_its_page(kind):
    names = names_of(kind)
    text = TEXT[f"{kind.plural}.md"]
    assert names
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == names
    assert all(f"`gpreg show {kind} {name}`" in text for name in names)
    assert all(f"[`{name}`]({kind.plural}.md#" in TEXT["index.md"] for name in names)


def test_what_is_drawn_is_shown_and_is_small():
    files = list(PICTURES.iterdir())
    shown = set(re.findall(r"\.\./pictures/gallery/([^)]+)\)", "".join(TEXT.values())))
    assert {file.name for file in files} == shown
    assert sum(file.stat().st_size for file in files) < 1_500_000
    for kind in ("measure", "form", "loss", "constraint", "augmentation"):
        assert {f"{kind}-{name}.png" for name in names_of(kind)} <= shown


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "docs" / "pictures")
    return runpy.run_path(str(ROOT / "docs" / "pictures" / "gallery.py"))["pictures"]()


def test_each_picture_can_be_drawn_again(drawn):
    assert {f"{name}.png" for name in drawn} == {file.name for file in PICTURES.iterdir()}


def test_a_measures_picture_shows_its_points(drawn):
    real, fake, penalised = (
        torch.tensor(points.get_offsets().filled()) for points in drawn["measure-mid"]().axes[0].collections
    )
    torch.testing.assert_close(penalised, (real + fake) / 2, rtol=0, atol=1e-6)
    centres = load_registry().build(DATASET, "8gaussians").open(Opening()).modes.centres.double()
    assert torch.cdist(real, centres).min(1).values.max() < 0.25


def test_a_losss_picture_shows_its_formula(drawn):
    real, fake, generator = (line.get_data() for line in drawn["loss-hinge"]().axes[0].get_lines()[:3])
    d = torch.tensor(real[0])
    torch.testing.assert_close(torch.tensor(real[1]), (1 - d).clamp(min=0))
    torch.testing.assert_close(torch.tensor(fake[1]), (1 + d).clamp(min=0))
    torch.testing.assert_close(torch.tensor(generator[1]), -d)
