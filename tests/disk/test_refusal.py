import errno
import os
from pathlib import Path

import pytest

from gpreg.disk.refusal import found, storage
from gpreg.errors import ExitCode, StorageError, UsageError


def failing(number, context=storage):
    with context(Path("run/stats.jsonl")):
        raise OSError(number, os.strerror(number))


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.ENOENT, errno.EIO])
def test_space_is_asked_for_only_where_it_is_short(number):
    with pytest.raises(StorageError, match=os.strerror(number)) as error:
        failing(number)
    assert ("free some space" in error.value.remedy) == (number in (errno.ENOSPC, errno.EDQUOT))
    assert "gpreg resume RUN" in error.value.remedy


@pytest.mark.parametrize("context", [storage, found])
def test_a_name_that_is_too_long_is_a_matter_of_usage(tmp_path, context):
    with (
        pytest.raises(UsageError, match="longer than the file system allows") as error,
        context(tmp_path / ("x" * 300)),
    ):
        (tmp_path / ("x" * 300)).touch()
    assert error.value.exit_code == ExitCode.USAGE
    assert len(error.value.message) < 300
