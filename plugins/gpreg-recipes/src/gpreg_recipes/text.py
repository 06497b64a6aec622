"""Read the TOML texts, which are files of this package."""


def recipe_text(name: str) -> str:
    """The TOML text of the recipe ``name``."""
    return _text("recipes", name)


def sweep_text(name: str) -> str:
    """The TOML text of the sweep ``name``."""
    return _text("sweeps", name)


def _text(folder: str, name: str) -> str:
    from importlib.resources import files  # slow to import, and not needed to list

    return files("gpreg_recipes").joinpath(folder, f"{name}.toml").read_text(encoding="utf-8")
