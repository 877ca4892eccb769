"""Makes the toy world of tests/unit/policy importable."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / 'policy'))

from vla_core.robot.config import load_robot


@pytest.fixture(scope='session')
def ur5e():
    return load_robot('ur5e')
