"""Makes the toy world importable, here and in tests/unit/learning."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from vla_core.robot.config import load_robot


@pytest.fixture(scope='session')
def ur5e():
    return load_robot('ur5e')
