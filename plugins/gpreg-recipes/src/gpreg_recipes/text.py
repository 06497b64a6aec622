"""The TOML texts, which are files of this package."""


def recipe_text(name: str) -> str:
    """The recipe ``name``, as it was written."""
    from importlib.resources import files  # slow to import, and listing does without

    return files("gpreg_recipes").joinpath("recipes", f"{name}.toml").read_text(encoding="utf-8")
