"""Check the metadata of built packages as an index would, and that they all have the version of ``gpreg/__init__.py``.

python check_metadata.py DIST
"""

import re
import sys
import tarfile
import zipfile
from pathlib import Path

from packaging.metadata import Metadata
from packaging.utils import parse_sdist_filename, parse_wheel_filename
from trove_classifiers import classifiers

LONGEST_SUMMARY = 512


def metadata(path: Path) -> bytes:
    """``METADATA`` of a wheel, or ``PKG-INFO`` of an sdist."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            return wheel.read(name)
    with tarfile.open(path) as sdist:
        file = sdist.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
        assert file is not None
        return file.read()


def check(path: Path, version: str) -> str:
    """Check one package, and return its name."""
    found = Metadata.from_email(metadata(path), validate=True)
    named = parse_wheel_filename(path.name)[:2] if path.suffix == ".whl" else parse_sdist_filename(path.name)
    assert (found.name, found.version) == (named[0], named[1]), (
        f"{path.name} is named {found.name} {found.version} inside"
    )
    assert str(found.version) == version, f"{path.name} is not of version {version}, as gpreg/__init__.py has it"
    assert 0 < len(found.summary or "") <= LONGEST_SUMMARY, f"{path.name} has no summary of one line"
    assert found.description, f"{path.name} has no README"
    assert found.description_content_type == "text/markdown", f"{path.name} has a README that is no Markdown"
    unknown = set(found.classifiers or ()) - set(classifiers)
    assert not unknown, f"{path.name} has unknown classifiers: {', '.join(sorted(unknown))}"
    assert (found.license_expression, found.license_files) == ("MIT", ["LICENSE"]), f"{path.name} has no licence"
    return found.name


if __name__ == "__main__":
    root = Path(__file__).parents[1]
    (version,) = re.findall(r'^__version__ = "(.+)"$', (root / "gpreg/__init__.py").read_text("utf-8"), re.MULTILINE)
    paths = sorted(Path(sys.argv[1]).iterdir())
    wheels = [check(path, version) for path in paths if path.suffix == ".whl"]
    sdists = [check(path, version) for path in paths if path.suffix != ".whl"]
    expected = {"gpreg", *(path.parent.name for path in root.glob("plugins/*/pyproject.toml"))}
    assert set(wheels) == set(sdists) == expected, f"missing: {expected ^ set(wheels)}, {expected ^ set(sdists)}"
    print(f"{len(sdists)} sdists and {len(wheels)} wheels of version {version}")
