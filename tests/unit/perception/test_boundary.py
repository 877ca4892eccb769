"""Perception cannot know the truth: no simulator is imported, only what sensors say is given."""

import ast
import inspect
import subprocess
import sys
import typing
from pathlib import Path

import pytest

import vla_perception
from vla_core.records.sensing import JointState, RgbdFrame
from vla_core.robot.camera import CameraConfig
from vla_core.robot.config import RobotConfig
from vla_perception import grounder
from vla_perception.camera import preprocessing
from vla_perception.grounder import Grounder

MODULES = sorted(Path(vla_perception.__file__).parent.rglob('*.py'))
TRUTH = {'vla_sim', 'mujoco', 'gymnasium', 'vla_learning'}


@pytest.mark.parametrize('path', MODULES, ids=lambda p: p.name)
def test_no_module_imports_a_simulator(path):
    imported = set()
    for item in ast.walk(ast.parse(path.read_text())):
        if isinstance(item, ast.Import):
            imported |= {alias.name.split('.')[0] for alias in item.names}
        elif isinstance(item, ast.ImportFrom):
            imported.add((item.module or '').split('.')[0])
        elif isinstance(item, ast.Name):
            assert item.id not in ('__import__', 'importlib'), 'imports must be visible'

    assert not imported & TRUTH


def test_an_instruction_loads_no_simulator_and_no_language_model():
    """Also not one with an unknown verb: a model that loads in the worker costs seconds."""
    code = (
        'import sys, vla_perception.grounder as g; g.parse("relocate the red cube"); '
        'print(sorted(sys.modules))'
    )
    loaded = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=True
    )

    assert not [name for name in (*TRUTH, 'torch', 'transformers') if f"'{name}'" in loaded.stdout]


def test_update_takes_a_frame_joints_and_the_time_and_nothing_else():
    hints = typing.get_type_hints(Grounder.update)
    arguments = list(inspect.signature(Grounder.update).parameters)[1:]

    assert arguments == ['frame', 'joints', 'now']
    assert [hints[name] for name in arguments] == [RgbdFrame, JointState, float]


def test_the_constructor_takes_settings_and_the_robot_and_no_scene():
    hints = typing.get_type_hints(Grounder.__init__)

    assert hints['robot'] is RobotConfig
    arguments = inspect.signature(Grounder.__init__).parameters
    assert set(arguments) == {'self', 'params', 'robot', 'detector'}


def test_preprocessing_takes_a_frame_and_a_pose_only():
    hints = typing.get_type_hints(preprocessing.FramePreprocessor.preprocess)

    assert hints['frame'] is RgbdFrame
    assert (
        typing.get_type_hints(preprocessing.FramePreprocessor.__init__)['camera'] is CameraConfig
    )
    assert 'Episode' not in vars(grounder)
