"""The TOML texts, which are files of this package."""

from importlib.resources import files


def recipe_text(name: str) -> str:
    """The recipe ``name``, as it was written."""
    return files("gpreg_recipes").joinpath("recipes", f"{name}.toml").read_text(encoding="utf-8")
