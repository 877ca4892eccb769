"""LeRobot itself in its environment: tiny policies of its own classes with random weights."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_policy.adapters.lerobot.client import load_lerobot, python
from vla_policy.adapters.lerobot.saved import read_saved

MAKE = Path(__file__).parent / 'make_checkpoint.py'
TOP, SCENE = 'observation.images.top', 'observation.images.scene'


def has_lerobot():
    try:
        return bool(python())
    except UserError:
        return False


pytestmark = [
    pytest.mark.skipif(not has_lerobot(), reason='./vla policy environment lerobot makes it'),
    pytest.mark.timeout(600),  # LeRobot imports for a minute on a busy machine
]


@pytest.fixture(scope='module')
def robot():
    return load_robot('ur5e')


@pytest.fixture(scope='module', params=['act', 'diffusion'])
def folder(request, tmp_path_factory):
    made = tmp_path_factory.mktemp('lerobot') / request.param
    subprocess.run([python(), '-I', str(MAKE), request.param, str(made)], check=True)
    return made


def observed(value=0.0, **changes):
    grey = np.full((96, 128, 3), 128, np.uint8)
    home = np.array([0.0, -1.8, 1.8, -1.571, -1.571, 0.0, 0.5], np.float32)
    return {SCENE: grey, 'observation.images.wrist': grey, 'task': 'press it',
            'observation.state': home + np.float32(value), **changes}  # fmt: skip


def test_a_saved_policy_answers_as_its_statistics_say(folder, mapping_file, robot):
    saved = read_saved(folder)
    images = [
        {'camera': name, 'key': f'observation.images.{name}', 'height': 96, 'width': 128}
        for name in ('scene', 'wrist')
    ]
    policy = load_lerobot(f'lerobot:{folder}#{mapping_file(images=images)}', robot, 60.0)
    source = policy._source
    try:
        greeting = source.greeting()
        assert (greeting['policy'], greeting['rows']) == (saved.kind, saved.rows)
        source.reset(3)
        first = source.infer(observed())
        assert first.shape == (saved.rows, saved.columns)
        # unnormalised: near the statistics of make_checkpoint.py, not near zero
        assert np.all(np.abs(first[:, 1:3] - [-1.8, 1.8]) < 0.5)
        second = source.infer(observed(0.1))
        assert np.abs(second - first).max() > 1e-6  # the state is an input
        source.reset(3)
        np.testing.assert_allclose(source.infer(observed()), first, atol=1e-5)
        if saved.kind == 'diffusion':  # the earlier observation is one, and so is the noise
            source.reset(3)
            source.infer(observed(0.2))
            assert np.abs(source.infer(observed(0.1)) - second).max() > 1e-6
    finally:
        source.close()
