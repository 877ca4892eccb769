"""The process of a policy that needs no LeRobot, and a folder as LeRobot saves one."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from safetensors.numpy import save_file

from vla_policy.adapters.lerobot.process import PolicyProcess

FAKE = Path(__file__).parent / 'fake_server.py'
IMAGE = {'type': 'VISUAL', 'shape': [3, 96, 128]}
CONFIG = {
    'type': 'act', 'n_obs_steps': 1, 'chunk_size': 16, 'n_action_steps': 8,
    'input_features': {
        'observation.images.wrist': IMAGE,
        'observation.images.top': IMAGE,
        'observation.state': {'type': 'STATE', 'shape': [7]},
    },
    'output_features': {'action': {'type': 'ACTION', 'shape': [7]}},
}  # fmt: skip
MAPPING = {
    'images': [
        {'camera': 'scene', 'key': 'observation.images.top', 'height': 96, 'width': 128},
        {'camera': 'wrist', 'key': 'observation.images.wrist', 'height': 96, 'width': 128},
    ],
    'state': [{'key': 'observation.state', 'parts': ['joints', 'gripper']}],
    'action': {'space': 'joints', 'rate': 10.0},
    'instruction': 'task',
}


@pytest.fixture
def started():
    """Start a fake; ended after the test."""
    made = []

    def start(what='usual', **more):
        made.append(PolicyProcess([sys.executable, str(FAKE), what], **more))
        return made[-1]

    yield start
    for process in made:
        process.close()


@pytest.fixture
def saved(tmp_path):
    """Write a folder as LeRobot does, without weights that mean anything."""

    def write(without='', **changes):
        folder = tmp_path / 'mine'
        folder.mkdir()
        files = {'config.json': json.dumps({**CONFIG, **changes}), 'model.safetensors': '',
                 'policy_preprocessor.json': '{}', 'policy_postprocessor.json': '{}'}  # fmt: skip
        for name, text in files.items():
            if name != without:
                (folder / name).write_text(text)
        low, high = np.full(7, -1.5, np.float32), np.linspace(0.1, 1.0, 7, dtype=np.float32)
        save_file(
            {'action.min': low, 'action.max': high},
            folder / 'policy_postprocessor_step_0_unnormalizer_processor.safetensors',
        )
        return folder

    return write


@pytest.fixture
def mapping_file(tmp_path):
    """Write a mapping that fits, with changes; return its path."""

    def write(**changes):
        path = tmp_path / 'mine.yaml'
        path.write_text(yaml.safe_dump(MAPPING | changes))
        return str(path)

    return write
