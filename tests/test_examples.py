"""The examples work as their texts say, the third-party package by a real installation."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "examples" / "gpreg-example-plugin"


def run(*words: str, path: Path | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = os.environ | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, check=False, env=environment, cwd=cwd
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    site = tmp_path_factory.mktemp("site")
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation")
    run("-m", "pip", "install", *quiet, "--target", str(site), str(PACKAGE), cwd=site)
    return site


def test_third_party_package_is_listed_and_explained(installed):
    assert "gpreg-example-plugin" in run("-m", "gpreg", "list-measures", "ot-chords", path=installed).stdout
    shown = run("-m", "gpreg", "show", "measure", "ot-chords", path=installed).stdout
    assert "power" in shown
    assert "gpreg-example-plugin 1.0" in shown


def test_third_party_package_passes_its_own_tests(installed):
    tests = str(PACKAGE / "tests")
    done = run("-m", "pytest", "-p", "no:cacheprovider", "--import-mode=importlib", tests, path=installed)
    assert " passed" in done.stdout
