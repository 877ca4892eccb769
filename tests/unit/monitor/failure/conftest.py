"""Makes the synthetic rollouts of this folder importable."""

import sys
from pathlib import Path

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parent))

import attempts

torch.set_num_threads(1)


@pytest.fixture(scope='session')
def made():
    return attempts.calibration()
