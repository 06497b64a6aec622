import pytest

import gpreg


@pytest.fixture(scope="session")
def registry():
    return gpreg.load_registry()
