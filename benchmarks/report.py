"""A report of many cells: how long it takes, and how large it is. The cells are written, not trained.

python benchmarks/report.py [--cells 500]
"""

import argparse
import json
import random
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

import gpreg
from gpreg.reports.composition import compose
from gpreg.reports.material import Material
from gpreg.reports.rendering import html, markdown
from gpreg.sweeps.cell import Cell, Result

COLUMNS, SEEDS, TICKS = 4, 5, 100
RECIPE = """[measure]
name = "{measure}"
[form]
name = "squared"
[loss]
name = "wasserstein"
[architecture]
name = "mlp"
[dataset]
name = "8gaussians"
[training]
steps = 10000
seed = {seed}
"""


def write_cell(path: Path, row: int, column: int, seed: int) -> Result:
    """Write a run's folder, and say what became of it."""
    rng, text = random.Random(f"{row} {column} {seed}"), RECIPE.format(measure=("mid", "pd", "gp")[row % 3], seed=seed)
    (path / "samples").mkdir(parents=True)
    (path / "recipe.toml").write_text(text, encoding="utf-8")
    curve = [(100 * tick, (1 + rng.random()) / tick**0.5) for tick in range(1, TICKS + 1)]
    stats = [
        {"step": step, "critic_loss": -value, "gradient_norm": value, "steps": 100, "seconds": 0.3 + 0.1 * rng.random()}
        for step, value in curve
    ]
    scores = [
        {"step": step, "metric": "w", "values": {"w1": value}, "better": {"w1": "lower"}} for step, value in curve
    ]
    for name, lines in (("stats", stats), ("metrics", scores)):
        (path / f"{name}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    (path / "environment.json").write_text(json.dumps({"device": "cpu", "threads": 1}), encoding="utf-8")
    if seed == 0:
        pixels = np.random.default_rng(row * COLUMNS + column).integers(0, 255, (79, 160, 3), dtype=np.uint8)
        Image.fromarray(pixels).resize((1600, 790)).save(path / "samples" / "step-000010000.png")
    cell = Cell(
        name=path.name,
        row=f"row {row}",
        column=f"column {column}",
        choices={},
        rho=1.0,
        seed=seed,
        recipe=text,
    )
    better, value = {"w/w1": "lower"}, {"w/w1": curve[-1][1]}
    return Result(cell=cell, state="done", path=path, scores=value, better=better, provenance={"w/w1": "exact"})


def main() -> None:
    """Print seconds and megabytes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cells", type=int, default=500)
    cells = parser.parse_args().cells
    with tempfile.TemporaryDirectory() as folder:
        results = [
            write_cell(Path(folder) / f"cell-{k}", k // (COLUMNS * SEEDS), k // SEEDS % COLUMNS, k % SEEDS)
            for k in range(cells)
        ]
        material = Material(
            title="500 cells", what="sweep", results=results, registry=gpreg.load_registry(), command="gpreg sweep"
        )
        start = time.perf_counter()
        page = compose(material)
        composed = time.perf_counter()
        text, short = html(page), markdown(page)
        end = time.perf_counter()
    print(f"{cells} cells, {-(-cells // (COLUMNS * SEEDS))} rows, {COLUMNS} columns, {SEEDS} seeds")
    print(f"composed in {composed - start:.1f} s, written in {end - composed:.1f} s")
    print(f"HTML {len(text.encode()) / 1e6:.2f} MB, Markdown {len(short.encode()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
