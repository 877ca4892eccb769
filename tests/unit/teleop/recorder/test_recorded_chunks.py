"""A replay uses absolute poses, not relative motion."""

import numpy as np
import pytest

from vla_core import geometry
from vla_core.errors import UserError
from vla_core.records.action import EE_NAMES, ActionChunk, Space
from vla_core.records.sensing import JointState
from vla_core.robot.model import RobotModel
from vla_teleop.recorder.episode_file import EpisodeWriter
from vla_teleop.recorder.record_codec import RecordWriter
from vla_teleop.recorder.recorded_chunks import replayable_chunks


def chunk(stamp, values, space=Space.EE_DELTA):
    return ActionChunk(stamp, '1', 'scripted', 0, space, EE_NAMES, stamp, 0.05, values)


@pytest.fixture
def write(tmp_path, robot):
    def write(chunks, with_joints=True):
        path = tmp_path / 'e.mcap'
        with EpisodeWriter(path) as writer:
            record = RecordWriter(writer, robot)
            for stamp, q in ((1.0, robot.home), (2.0, np.add(robot.home, 0.2))):
                if with_joints:
                    record('joint_states', JointState(stamp, robot.joint_names, q, 0 * q), stamp)
            for item, sent in chunks:
                record('chunk', item, sent)
            writer.close()
        return path

    return write


def test_poses_equal_the_start_pose_plus_the_differences(write, robot, rng):
    values = np.concatenate([rng.normal(size=(4, 6)) * 0.1, np.full((4, 1), 0.03)], axis=1)
    (found,) = replayable_chunks(write([(chunk(1.5, values), 1.6)]), robot)
    base_from_tcp = RobotModel(robot).fk(np.add(robot.home, 0.1))  # half way between the samples
    assert found.space == Space.EE_POSE
    for row, wanted in zip(found.values, values, strict=True):
        assert row[:3] == pytest.approx(base_from_tcp[:3, 3] + wanted[:3], abs=1e-6)
        turned = geometry.exp_rotation(wanted[3:6]) @ base_from_tcp[:3, :3]
        assert geometry.exp_rotation(row[3:6]) == pytest.approx(turned, abs=1e-6)
        assert row[6] == wanted[6]


def test_a_chunk_too_late_to_be_executed_is_left_out(write, robot):
    still = np.zeros((2, 7))
    path = write([(chunk(1.0, still), 3.5), (chunk(1.5, still), 1.6)])
    assert [item.stamp for item in replayable_chunks(path, robot)] == [1.5]


def test_poses_are_unchanged(write, robot):
    values = np.ones((2, 7))
    (found,) = replayable_chunks(write([(chunk(1.5, values, Space.EE_POSE), 1.6)]), robot)
    assert np.array_equal(found.values, values)


def test_differences_without_a_start_pose_are_refused(write, robot):
    with pytest.raises(UserError, match='no joint states'):
        replayable_chunks(write([(chunk(1.5, np.zeros((2, 7))), 1.6)], with_joints=False), robot)
