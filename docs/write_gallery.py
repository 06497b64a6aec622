"""Write the gallery, a page for each kind of thing that the packages supply: ``python docs/write_gallery.py``.

What a page says of a thing is what the thing says of itself to ``gpreg show``; its picture is one of those that
``python docs/pictures/gallery.py`` draws. With ``--check`` nothing is written, and the exit code says whether anything
would be.
"""

import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import torch

from gpreg import load_registry
from gpreg.cli import console
from gpreg.errors import UsageError
from gpreg.interfaces import SampleSpec
from gpreg.recipe import load
from gpreg.registry.assumptions import ASSUMPTIONS, MARKS
from gpreg.registry.citation import Citation
from gpreg.registry.kinds import ARCHITECTURE, CHECK, COMMAND, KINDS, RECIPE, SWEEP, Kind
from gpreg.registry.options import describe
from gpreg.registry.reference import options_of
from gpreg.registry.schema import row
from gpreg.registry.spec import Spec
from gpreg.registry.specs import Claim, MeasureSpec

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "docs" / "gallery"
PICTURES = ROOT / "docs" / "pictures" / "gallery"

SHOWN = {name: kind for name, kind in KINDS.items() if name not in (CHECK.name, COMMAND.name)}
"""The kinds that have a page: commands are in the reference, and checks on the theory's page."""

READ_ON = {
    "measure": "Which one: [what was measured in the plane](../findings/which-measure.md), [and on "
    "digits](../findings/which-measure-digits.md). What the claims are about: [theory](../tutorials/theory.md). "
    "Pictures: 512 real points on a ring of eight Gaussians, 512 of a generator that has learnt its middle, and the "
    "points at which the measure penalises the critic's gradient. Of `js` the area of a point is its weight, for the "
    "critic D(x) = 3 x_1, which takes real points at the left for fake.",
    "form": "How forms, coefficients and estimators go together: [penalties](../reference/penalties.md).",
    "loss": "D is the critic's raw output, `s` the sigmoid. Curves: what a sample costs a player, over the critic's "
    "output at it; in relativistic losses, over the difference of two outputs.",
    "regularizer": "How they are combined, StudioGAN's list row by row, and one of your own: "
    "[regularizers](../reference/regularizers.md). T is an augmentation, and d ~ N(0, sigma^2 I).",
    "constraint": "What a run can rely on, and what they do to the critic's slope: "
    "[constraints](../reference/constraints.md). Pictures: the singular values of a layer of 64 "
    "inputs and outputs (of `san` the critic's last layer, with one) as it may be after some training, and once it "
    "obeys; `weight-norm` bounds nothing.",
    "augmentation": "Where the gradient is taken, how `ada` adapts: [augmentations](../reference/augmentations.md). "
    "Pictures: seven emoji as they are, then three draws of T.",
    "architecture": "Networks of your own: [plugins](../reference/plugins.md#networks-of-your-own).",
    "dataset": "Data of your own: [a folder of images](../tutorials/own-images.md), [tensors](../how-to/python.md), "
    "[a plugin](../reference/plugins.md#data-of-your-own).",
    "metric": "How scores are taken during training: [training](../reference/training.md).",
    "recipe": "What a recipe may say, and the rules by which choices change it: [recipes](../reference/recipes.md). "
    "How near they are to the papers: [faithful](../explanation/faithful.md).",
    "sweep": "How they are run: [sweeps](../how-to/sweeps.md).",
    "observer": "Observers watch a run beside its folder: [training](../reference/training.md).",
    "executor": "Where cells run, and what each needs: [executors](../how-to/executors.md).",
    "advisor": "What theory advises: [theory](../tutorials/theory.md); one of your own: "
    "[plugins](../reference/plugins.md#advice).",
}
"""What stands under a page's title, after what the kind is for."""

RUNS = {
    "plane": ("plane.png", "samples on eight Gaussians over the critic's value surface, and its gradient field"),
    "fashion-mnist": ("fashion-mnist.png", "articles of clothing after 1,500 steps on two CPU cores"),
    "emoji-dcgan": ("emoji.png", "emoji after twelve minutes of one CPU core"),
    "thanhtung-two-gaussians": ("generalization.png", "value surfaces of critics with five penalties"),
}
"""Pictures of what was trained by a recipe, in docs/pictures."""

SHAPES = ((2,), (1, 28, 28), (1, 32, 32), (3, 32, 32), (3, 64, 64))
"""The sample shapes for which networks are counted."""


def pages() -> dict[str, str]:
    """The text of each page of the gallery, by its file's name."""
    return {"index.md": index(), **{f"{kind.plural}.md": page(kind) for kind in SHOWN.values()}}


def index() -> str:
    """The page that leads to the others."""
    count = sum(len(shipped(kind)) for kind in SHOWN.values())
    lines = [
        "# Gallery",
        "",
        fill(
            f"The {count} things that a recipe or a sweep may name, or that help to run it, each with its formula, "
            "options and sources, and where it can be drawn, with a picture. All of it is what the things say of "
            "themselves; `gpreg show KIND NAME` prints the same of what you have installed."
        ),
        "",
        *(
            f"- [{kind.plural.capitalize()}]({kind.plural}.md): {kind.help}. "
            + ", ".join(f"[`{spec.name}`]({kind.plural}.md#{anchor(spec.name)})" for spec in shipped(kind))
            for kind in SHOWN.values()
        ),
        "",
        "```{toctree}",
        ":hidden:",
        "",
        *(kind.plural for kind in SHOWN.values()),
        "```",
    ]
    return "\n".join(lines) + "\n"


def anchor(name: str) -> str:
    """The anchor that GitHub and MyST give a heading."""
    return "".join(letter for letter in name.lower() if letter.isalnum() or letter in "-_")


def shipped(kind: Kind[Spec, object]) -> list[Spec]:
    """What the project's own packages supply."""
    return [spec for spec in load_registry().list(kind) if (ROOT / "plugins" / spec.package).is_dir()]


def page(kind: Kind[Spec, object]) -> str:
    """The page of one kind."""
    about = f"{sentence(kind.help)} {READ_ON.get(kind.name, '')}"
    lines = [f"# {kind.plural.capitalize()}", "", fill(about), "", f"    {kind.listing}"]
    if kind.name == ARCHITECTURE.name:
        lines += ["", *networks()]
    if kind.name == RECIPE.name:
        lines += ["", *chosen()]
    for spec in shipped(kind):
        lines += ["", *section(kind, spec)]
    return "\n".join(lines) + "\n"


def section(kind: Kind[Spec, object], spec: Spec) -> Iterable[str]:
    """What one thing says of itself."""
    yield from (f"## {spec.name}", "", sentence(spec.summary), "")
    picture = PICTURES / f"{kind.name}-{spec.name}.png"
    if picture.is_file():
        yield from (f"![{kind.name} {spec.name}](../pictures/gallery/{picture.name})", "")
    if kind.name == RECIPE.name and spec.name in RUNS:
        file, shows = RUNS[spec.name]
        yield from (f"![{spec.name}: {shows}](../pictures/{file})", "")
    hidden = ("name", "summary", "version", "claims")
    facts = [(key, console.text(value)) for key, value in row(spec).items() if key not in hidden]
    yield from (f"- {key}: {code(value) if key in FORMULAS else value}" for key, value in facts)
    if kind.name in (RECIPE.name, SWEEP.name):
        yield from ("", "```toml", load_registry().build(kind.name, spec.name).strip(), "```")
    options = describe(options_of(spec, kind.name))
    if options:
        rows = [
            [code(info.name), info.type, code(console.text(info.default)), info.bounds.replace("'", "`"), info.help]
            for info in options
        ]
        yield from ("", *table(["option", "type", "default", "bounds", "meaning"], rows))
    if isinstance(spec, MeasureSpec) and spec.claims:
        yield from ("", *table(["", "", "assumption, for the form squared", "because"], claims(spec.claims)))
    yield from ("", f"`gpreg show {kind.name} {spec.name}`{cited(spec.cites)}")


FORMULAS = ("penalty", "sampling", "form", "formula", "critic", "generator", "dataset", "recipe", "document", "shape")
"""Facts that are set as code."""


def claims(claimed: Iterable[Claim]) -> list[list[str]]:
    """A measure's claims with their reasons."""
    return [[c.assumption, MARKS[c.verdict], ASSUMPTIONS[c.assumption].short, c.because] for c in claimed]


def cited(cites: tuple[Citation, ...]) -> str:
    """The sources, as the rest of a paragraph."""
    linked = []
    for cite in cites:
        address = cite.url or (f"https://doi.org/{cite.doi}" if cite.doi else "")
        address = f"https://arxiv.org/abs/{cite.arxiv}" if cite.arxiv else address
        linked.append(f"[{cite}]({address})" if address else str(cite))
    return f". Sources: {'; '.join(linked)}." if linked else ""


def networks() -> Iterable[str]:
    """How many parameters the networks have by default, for samples of several shapes."""
    rows = []
    for spec in shipped(ARCHITECTURE):
        for shape in SHAPES:
            sizes = parameters(spec.name, shape)
            if sizes:
                rows.append([code(spec.name), code(str(shape)), *sizes])
    titles = ["architecture", "samples", "length of a code", "the generator's parameters", "the critic's"]
    return [
        "Parameters with default options, of the sample shapes that each can be built for:",
        "",
        *table(titles, rows),
    ]


def parameters(name: str, shape: tuple[int, ...]) -> list[str]:
    """Length of the codes, and numbers of parameters; empty if there are no such networks."""
    architecture = load_registry().build(ARCHITECTURE, name)
    try:
        with torch.device("meta"):
            generator, critic = (
                build(SampleSpec(shape=shape)) for build in (architecture.generator, architecture.critic)
            )
    except UsageError:
        return []
    sizes = [sum(parameter.numel() for parameter in network.parameters()) for network in (generator, critic)]
    return [str(generator.latent_dim), *(f"{size:,}" for size in sizes)]


def chosen() -> Iterable[str]:
    """The main choices of every recipe."""
    titles = ["recipe", "measure", "loss", "architecture", "dataset", "rho", "steps", "batch"]
    rows = []
    for spec in shipped(RECIPE):
        recipe = load(spec.name, load_registry())
        names = [code(choice.name) for choice in (recipe.measure, recipe.loss, recipe.architecture, recipe.dataset)]
        numbers = [f"{recipe.penalty.rho:g}", f"{recipe.training.steps:,}", str(recipe.training.batch_size)]
        rows.append([f"[`{spec.name}`](#{anchor(spec.name)})", *names, *numbers])
    return table(titles, rows)


def sentence(text: str) -> str:
    """A help text as a sentence."""
    return f"{text[0].upper()}{text[1:]}."


def fill(text: str) -> str:
    """A paragraph in lines of 120 columns, in which no link is broken."""
    return textwrap.fill(text, 120, break_long_words=False, break_on_hyphens=False)


def code(text: str) -> str:
    """Text as code, or nothing."""
    return f"`{text}`" if text and text != "–" else text


def table(titles: list[str], rows: list[list[str]]) -> list[str]:
    """A Markdown table."""
    lines = ([cell.replace("|", "\\|") for cell in line] for line in (titles, ["---"] * len(titles), *rows))
    return [f"| {' | '.join(line)} |" for line in lines]


def main() -> int:
    """Write the pages, or say whether they are as they should be."""
    stale = False
    for name, text in pages().items():
        path = FOLDER / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale = True
            if "--check" not in sys.argv[1:]:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, encoding="utf-8")
    return int(stale and "--check" in sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
