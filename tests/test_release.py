"""What a release has beside its packages: how to cite it, licences of what it installs, and what is new."""

import runpy
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
import yaml

import gpreg

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("script", ["docs/write_citation.py --check", ".ci/check_changelog.py"])
def test_what_is_released_is_up_to_date(script):
    done = subprocess.run([sys.executable, *script.split()], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_citation_agrees_with_the_registry():
    cff = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert (cff["cff-version"], cff["type"], cff["title"]) == ("1.2.0", "software", "gpreg")
    assert cff["version"] == gpreg.__version__
    cited = {cite.title: cite for spec in gpreg.load_registry().list("measure") for cite in spec.cites}
    for reference in cff["references"]:
        cite = cited[reference["title"]]
        names = [f"{author['family-names']}, {author['given-names']}" for author in reference["authors"]]
        assert " and ".join(names) == cite.authors
        assert reference["year"] == cite.year
        assert reference["url"].endswith(cite.arxiv)


def test_the_licence_of_every_dependency_is_listed():
    licences = runpy.run_path(str(ROOT / "docs" / "write_licences.py"))
    rows = (ROOT / "LICENSES.md").read_text("utf-8").partition("| --- | --- | --- |\n")[2].splitlines()
    listed = {
        name: (licence, set(by.split(", "))) for name, licence, by in (row.strip("| ").split(" | ") for row in rows)
    }
    assert {name: by for name, (_, by) in listed.items()} == licences["declared"]()
    assert all(licence for licence, _ in listed.values())


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("License-Expression: MIT\nLicense: other", "MIT"),
        ("License: Apache 2.0\nClassifier: License :: OSI Approved :: BSD License", "Apache 2.0"),
        ("Classifier: License :: OSI Approved :: BSD License", "BSD License"),
    ],
)
def test_a_licence_is_what_a_package_states(tmp_path, monkeypatch, stated, told):
    info = tmp_path / "stated-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.4\nName: stated\nVersion: 1\n{stated}\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert distribution("stated").version == "1"
    licences = runpy.run_path(str(ROOT / "docs" / "write_licences.py"))
    assert licences["licence"]("stated") == told


CHANGELOG = "# Changelog\n\n## [{version}] - {date}\n\n{told}\n\n## [0.0.1] - 2020-01-01\n\n- Begun.\n"


@pytest.mark.parametrize(
    ("version", "date", "told", "error"),
    [
        (gpreg.__version__, "2026-11-25", "- Much.", ""),
        (gpreg.__version__, "unreleased", "- Much.", ""),
        (gpreg.__version__, "soon", "- Much.", "CHANGELOG.md begins with"),
        ("0.0.2", "2026-11-25", "- Much.", "CHANGELOG.md begins with '[0.0.2] - 2026-11-25'; write '## ["),
        (gpreg.__version__, "2026-11-25", "", "CHANGELOG.md says nothing of"),
    ],
)
def test_the_changelog_must_tell_of_the_version(tmp_path, version, date, told, error):
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "check_changelog.py"
    script.write_text((ROOT / ".ci" / "check_changelog.py").read_text("utf-8"))
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG.format(version=version, date=date, told=told))
    if error:
        with pytest.raises(SystemExit, match="CHANGELOG"):
            runpy.run_path(str(script), run_name="__main__")
    else:
        runpy.run_path(str(script), run_name="__main__")
