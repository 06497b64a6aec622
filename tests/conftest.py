import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from gpreg.registry.discovery import GROUP, PluginRecord, discover
from gpreg.registry.installed import EntryPoint, installed
from gpreg.registry.registry import discover_registry

MEASURE = """
import gpreg

@gpreg.hookimpl
def gpreg_measures():
    return [gpreg.MeasureSpec(name="{measure}", factory="nowhere:Nothing", summary="s", penalty="E", sampling="x")]
"""


class Site:
    """A folder on ``sys.path`` with distributions as an installer leaves them: a module and its metadata."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modules: list[str] = []

    def install(self, name: str, source: str, *, version: str = "1.0", value: str | None = None) -> None:
        module = f"fake_{name.replace('-', '_')}"
        self.modules.append(module)
        (self.folder / f"{module}.py").write_text(dedent(source), encoding="utf-8")
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: fake-{name}\nVersion: {version}\n\nName: no\n")
        (info / "entry_points.txt").write_text(f"[{GROUP}]\n{name} = {value or module}\n")

    def install_measure(self, name: str, measure: str) -> None:
        self.install(name, MEASURE.format(measure=measure))

    def points(self) -> list[EntryPoint]:
        return [point for point in installed(GROUP) if point.value.partition(":")[0] in self.modules]

    def discover(self, **settings) -> dict[str, PluginRecord]:
        return {record.name: record for record in discover(self.points(), **settings)}

    def python(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A fresh interpreter that sees these distributions."""
        return subprocess.run(
            [sys.executable, *words],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env=os.environ | {"PYTHONPATH": str(self.folder), "PYTHONUTF8": "1"} | environment,
            check=False,
            timeout=120,
        )

    def gpreg(self, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return self.python("-m", "gpreg", *words, **environment)


@pytest.fixture
def site(tmp_path, monkeypatch):
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    for name in ("GPREG_PLUGINS", "GPREG_STRICT_PLUGINS"):
        monkeypatch.delenv(name, raising=False)
    discover_registry.cache_clear()
    site = Site(folder)
    yield site
    discover_registry.cache_clear()
    for module in site.modules:
        sys.modules.pop(module, None)
