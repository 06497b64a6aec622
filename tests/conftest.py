import errno
import os
import resource
import subprocess
import sys
from contextlib import contextmanager
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


@pytest.fixture(scope="session")
def new_run():
    """Makes the folder of a run that has begun."""

    def make(path, recipe, *, overwrite=False):
        from gpreg.runs.replacement import replacing_run  # imports torch, which few tests need

        with replacing_run(path, recipe, overwrite=overwrite, tell=pytest.fail) as new:
            new.begin()
        return new.folder

    return make


@pytest.fixture
def full_disk():
    """For a while no file may grow beyond so many bytes: a write fails as on a full disk, whoever does it."""

    @contextmanager
    def full(room=0):
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
        try:
            yield
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    return full


@pytest.fixture
def failing_fsync(monkeypatch):
    """The disk is found to be full when data is flushed to it."""

    def fail(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    @contextmanager
    def failing():
        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", fail)
            yield

    return failing


@pytest.fixture
def unwritable(tmp_path):
    """A folder in which nothing can be made."""
    if os.geteuid() == 0:
        pytest.skip("the superuser may write everywhere")
    folder = tmp_path / "unwritable"
    folder.mkdir(mode=0o500)
    yield folder
    folder.chmod(0o700)
