import os
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.specifiers import SpecifierSet

from gpreg import __version__
from gpreg.errors import PluginError
from gpreg.registry.discovery import State
from gpreg.registry.requirement import LARGEST, Requirement, requirements, unmet

numbers = st.lists(st.sampled_from(["0", "0", "1", "2", "10"]), min_size=1, max_size=4).map(".".join)
versions = st.one_of(numbers, st.builds("{}{}".format, numbers, st.sampled_from(["rc1", ".post1", ".dev0", "+cpu"])))
clauses = st.one_of(
    st.builds(
        "{}{}{}".format, st.sampled_from(["==", "!=", "<=", ">=", "<", ">"]), st.sampled_from(["", " "]), numbers
    ),
    st.builds("{}{}.*".format, st.sampled_from(["==", "!="]), numbers),
    st.builds("~={}.{}".format, st.sampled_from("012"), numbers),
    st.builds("{}{}rc1".format, st.sampled_from(["==", "<=", ">="]), numbers),
)


@given(version=versions, bounds=st.lists(clauses, min_size=1, max_size=3).map(",".join))
def test_it_admits_what_pep_440_admits(version, bounds):
    assert Requirement(bounds, "").admits(version) == SpecifierSet(bounds).contains(version, prereleases=True)


@pytest.mark.parametrize(
    ("line", "bounds", "admitted"),
    [
        ("gpreg", "", True),
        ("gpreg>=1000", ">=1000", False),
        ("GPreg (>=1000)", ">=1000", False),
        ("gpreg[some]<1000,>=0.1", "<1000,>=0.1", True),
        ("gpreg @ https://somewhere/gpreg-0.1.whl", "@ https://somewhere/gpreg-0.1.whl", True),
        ("gpreg>=1000; python_version < '3'", ">=1000", True),
        ("gpreg>=1000 ; python_version >= '3'", ">=1000", False),
        ('gpreg>=1000; extra == "gans"', ">=1000", True),
        ("gpreg>=0.1,", ">=0.1,", True),
    ],
)
def test_what_a_line_of_metadata_asks_for(tmp_path, line, bounds, admitted):
    path = tmp_path / "METADATA"
    path.write_text(f"Name: x\nRequires-Dist: gpreg-measures>=1000\nRequires-Dist: {line}\nRequires-Dist: numpy\n")
    (found,) = requirements(str(path))
    assert found.bounds == bounds
    assert found.admits("0.1.0") is admitted
    assert unmet(str(path), "0.1.0") == (None if admitted else found)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_readme_is_not_read(tmp_path, end):
    path = tmp_path / "METADATA"
    long = "".join(f"Classifier: {n}{end}" for n in range(3000))
    path.write_bytes(f"Name: x{end}{long}Requires-Dist: gpreg>=1{end}{end}Requires-Dist: gpreg>=2{end}".encode())
    assert [one.bounds for one in requirements(str(path))] == [">=1"]


def test_metadata_that_cannot_be_read_asks_for_nothing(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "huge").write_text("x" * (2 * LARGEST))
    for path in (tmp_path, tmp_path / "missing", tmp_path / "pipe", tmp_path / "huge"):
        assert not list(requirements(str(path)))


def test_a_plugin_for_another_gpreg_is_not_imported(site):
    site.install("new", "raise RuntimeError('must not be imported')", requires="gpreg>=1000,<1001")
    site.install_measure("good", "extra")
    records = site.discover()
    assert records["good"].state is State.OK
    assert (records["new"].state, records["new"].seconds) == (State.UNSUITABLE, None)
    assert records["new"].error == (
        f"requires gpreg>=1000,<1001, and {__version__} is running; `pip install --upgrade fake-new` may bring "
        "one that suits, or `pip install 'gpreg>=1000,<1001'` the gpreg that it requires"
    )
    assert "fake_new" not in sys.modules
    with pytest.raises(PluginError, match=r"plugin new .* is unsuitable: requires gpreg>=1000"):
        site.discover(strict=True)


@pytest.mark.parametrize("line", ["gpreg>=banana", "gpreg>=1000; no_such_marker == '1'"])
def test_a_requirement_that_is_none_breaks_the_plugin(site, line):
    site.install("bad", "raise RuntimeError('must not be imported')", requires=line)
    record = site.discover()["bad"]
    assert record.state is State.BROKEN
    assert record.error.startswith("what its package requires of gpreg cannot be read: 'gpreg >=")


def test_a_disabled_plugin_may_require_anything(site):
    site.install("new", "", requires="gpreg>=banana")
    assert site.discover(disabled=frozenset({"new"}))["new"].state is State.DISABLED


def test_a_usual_requirement_does_not_import_packaging(site):
    for number, bounds in enumerate((">=0.1", "~=0.1", "==0.*", ">=1000")):
        site.install(f"p{number}", "", requires=f"gpreg{bounds}")
    tell = "import sys; from gpreg.registry.discovery import discover; discover(); print('packaging' in sys.modules)"
    assert site.python("-c", tell).stdout == "False\n"
