import errno
import os
import resource
from contextlib import contextmanager

import pytest

import gpreg


@pytest.fixture(scope="session")
def registry():
    return gpreg.load_registry()


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
