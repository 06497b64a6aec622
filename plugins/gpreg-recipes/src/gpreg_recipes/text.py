"""Read the TOML texts, which are files of this package."""


def recipe_text(name: str) -> str:
    """The TOML text of the recipe ``name``."""
    from importlib.resources import files  # slow to import, and not needed to list recipes

    return files("gpreg_recipes").joinpath("recipes", f"{name}.toml").read_text(encoding="utf-8")
