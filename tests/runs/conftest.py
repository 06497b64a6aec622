import os
from pathlib import Path

import pytest

from gpreg.errors import UsageError


class Killed(BaseException):
    """The process is gone: from here on it does nothing to the disk."""


@pytest.fixture
def until_killed(monkeypatch):
    """Do something, but be killed after so many operations on the disk; returns whether it came to an end."""

    def doing(action, last):
        done = 0

        def counting(operation):
            def counted(*arguments, **keywords):
                nonlocal done
                done += 1
                if done > last:
                    raise Killed
                return operation(*arguments, **keywords)

            return counted

        of_files = [(os, name) for name in ("fsync", "mkdir", "rmdir", "unlink", "pwrite")]
        of_paths = [(Path, name) for name in ("replace", "rename", "open")]
        with monkeypatch.context() as patched:
            for owner, name in (*of_files, *of_paths):
                patched.setattr(owner, name, counting(getattr(owner, name)))
            try:
                action()
            except (Killed, UsageError):
                return False
        return True

    return doing
