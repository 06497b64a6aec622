import json
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden.json"


@pytest.fixture(scope="session")
def golden():
    return {case["id"]: case for case in json.loads(GOLDEN.read_text(encoding="utf-8"))}
