"""Records are read back as they were written, by our reader and by an independent one."""

import dataclasses

import numpy as np
import pytest
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

from vla_core.errors import UserError
from vla_core.records.sensing import JointState
from vla_core.records.task import Phase, TaskStatus
from vla_core.robot.topic_names import resolved
from vla_ros import topics
from vla_ros.convert.fields import time_msg
from vla_ros.convert.rgbd import frame_to_msgs
from vla_ros.serialize import message_to_bytes, type_name
from vla_teleop.recorder.episode_file import (
    EpisodeWriter,
    RawMessage,
    read_metadata,
    read_raw,
    remove_topics,
)
from vla_teleop.recorder.record_codec import (
    CameraDecoder,
    Images,
    RecordWriter,
    image_topics,
    streams,
)
from vla_teleop.recorder.recorder import Recorder, RecorderParams
from vla_teleop.recorder.recording import load_recording, read_records


@pytest.fixture
def episode(tmp_path, robot, records, frame):
    path = tmp_path / 'episode.mcap'
    with EpisodeWriter(path) as writer:
        write = RecordWriter(writer, robot)
        for k, (stream, record) in enumerate(records):
            write(stream, record, 2.0 + 0.5 * k)
        write('frame', frame, 9.0)
        writer.close(instruction='put it in', seed=7)
    return path


def same(a, b):
    if isinstance(a, np.ndarray):
        return a.shape == b.shape and np.allclose(a, b, rtol=0, atol=1e-9)
    if dataclasses.is_dataclass(a):
        pairs = [(getattr(a, f.name), getattr(b, f.name)) for f in dataclasses.fields(a)]
        return type(a) is type(b) and all(same(x, y) for x, y in pairs)
    if isinstance(a, tuple):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))
    if isinstance(a, float):
        return a == pytest.approx(b, abs=1e-6)
    return a == b


def test_every_record_is_read_back_equal_and_at_its_time(episode, robot, records):
    found = list(read_records(episode, robot))
    assert [s.stream for s in found] == [stream for stream, _ in records]
    assert [s.at for s in found] == pytest.approx([2.0 + 0.5 * k for k in range(len(records))])
    for item, (stream, record) in zip(found, records, strict=True):
        assert same(record, item.record), stream


def test_only_the_requested_streams_are_read(episode, robot):
    assert {s.stream for s in read_records(episode, robot, ('votes', 'chunk'))} == {
        'votes',
        'chunk',
    }


def test_a_frame_is_read_back_to_the_pixel(episode, robot, frame):
    (item,) = list(read_records(episode, robot, (), Images.RGBD))
    assert item.stream == 'frame:scene'
    assert np.array_equal(item.record.rgb, frame.rgb)
    assert np.array_equal(item.record.depth, frame.depth)
    assert item.record.model == frame.model
    assert item.record.stamp == frame.stamp


@pytest.mark.parametrize('offset', [-0.04, 0.04])
def test_frames_whose_depth_is_stamped_at_another_time_are_read(tmp_path, robot, frame, offset):
    """Depth of a real camera is stamped 40 ms apart, and the camera info came once."""
    camera, path = resolved(robot).camera('scene'), tmp_path / 'late.mcap'
    colour, depth, info = topics.camera(camera)
    with EpisodeWriter(path) as writer:
        write = RecordWriter(writer, robot)._write
        for k in range(12):
            at = 1.5 + k / 30
            messages = frame_to_msgs(dataclasses.replace(frame, stamp=at), camera)
            if k == 0:
                write(info, messages[2], at)
            messages[1].header.stamp = time_msg(at + offset)
            write(colour, messages[0], at)
            write(depth, messages[1], at)
        writer.close(instruction='put it in', seed=7)
    found = [item.record for item in read_records(path, robot, (), Images.RGBD)]
    assert len(found) >= 9
    assert np.all(np.diff([each.stamp for each in found]) > 0.0)
    assert np.array_equal(found[0].depth, frame.depth)
    assert len(list(read_records(path, robot, (), Images.COLOUR))) == 12


def test_a_frame_recorded_before_its_camera_info_is_not_lost(robot, frame):
    camera = robot.camera('scene')
    decoder = CameraDecoder(camera, Images.RGBD, 0.05)
    colour, depth, info = frame_to_msgs(frame, camera)
    later, _, _ = frame_to_msgs(dataclasses.replace(frame, stamp=frame.stamp + 0.1), camera)
    assert [decoder.put(0, colour), decoder.put(1, depth), decoder.put(0, later)] == [None] * 3
    stream, record = decoder.put(2, info)
    assert (stream, record.stamp) == ('frame:scene', frame.stamp)


def test_an_independent_reader_understands_the_file(episode, robot, records):
    with episode.open('rb') as stream:
        found = make_reader(stream, decoder_factories=[DecoderFactory()]).iter_decoded_messages()
        read = {channel.topic: message for _, channel, _, message in found}
    joints = dict(records)['joint_states']
    assert list(read['/joint_states'].name) == list(joints.names)
    assert np.allclose(read['/joint_states'].position, joints.position)
    assert read['/task'].instruction == 'put it in'
    assert read['/chunk'].plan_step == 'grasp the red cube'
    assert read['/report'].reason == 'speed'
    assert read['/votes'].reasons == ['late']


def test_a_recording_has_its_metadata_and_its_end(episode, robot, records):
    recording = load_recording(episode, robot)
    assert recording.metadata == {'instruction': 'put it in', 'seed': '7'}
    assert recording.end == pytest.approx(2.0 + 0.5 * (len(records) - 1))
    assert len(recording.of('votes')) == 1
    assert recording.of('features') == []


def test_images_can_be_removed_and_the_rest_stays(episode, robot, records):
    remove_topics(episode, image_topics(robot))
    kept = {message.topic for message in read_raw(episode)}
    assert not kept & image_topics(robot)
    assert len(list(read_records(episode, robot))) == len(records)
    assert read_metadata(episode)['instruction'] == 'put it in'


def test_an_episode_without_known_topics_is_refused(tmp_path, robot):
    with EpisodeWriter(tmp_path / 'empty.mcap') as writer:
        writer.close()
    with pytest.raises(UserError, match='none of the topics'):
        load_recording(tmp_path / 'empty.mcap', robot)


def test_joint_states_of_a_separate_gripper_are_merged_into_those_of_the_arm(tmp_path, robot):
    arm, finger = robot.joint_names, robot.gripper.joint
    still = np.zeros(len(arm))
    sent = [
        JointState(1.0, arm, robot.home, still),
        JointState(1.01, (finger,), [0.02], [np.nan]),
        JointState(1.02, ('wheel',), [0.5], [0.5]),
        JointState(1.03, arm[1:], still[1:], still[1:]),
        JointState(1.04, arm, robot.home, still),
    ]
    path = tmp_path / 'apart.mcap'
    with EpisodeWriter(path) as writer:
        write = RecordWriter(writer, robot)
        for record in sent:
            write('joint_states', record, record.stamp)
        writer.close()
    first, last = [item.record for item in read_records(path, robot)]
    assert (first.stamp, first.names) == (1.0, arm)
    assert (last.stamp, last.names) == (pytest.approx(1.04), (*arm, finger))
    assert np.array_equal(last.position, np.r_[robot.home, 0.02])


def test_an_episode_of_a_graph_in_a_namespace_is_read_under_its_full_names(
    tmp_path, robot, records
):
    """As the recorder writes it: names as they are on the graph, the namespace beside them."""
    stream, record = next(item for item in records if item[0] == 'joint_states')
    recorder = Recorder(RecorderParams(out=str(tmp_path), name='e'), namespace='/lab/left')
    recorder.on_status(TaskStatus(1.0, '1-1', 'put it in', Phase.RUNNING), 1.0)
    for namespace in ('/lab/left', '/lab/right'):
        topic = streams(robot, namespace)[stream]
        data = message_to_bytes(topic.to_msg(record))
        recorder.on_message(RawMessage(topic.name, type_name(topic.type), data, 2_000_000_000))
    path = recorder.finish()
    assert read_metadata(path)['namespace'] == 'lab/left'
    assert {message.topic for message in read_raw(path)} == {
        '/lab/left/joint_states', '/lab/right/joint_states',
    }  # fmt: skip
    (item,) = read_records(path, robot)
    assert (item.stream, same(item.record, record)) == (stream, True)
    assert all(name.startswith('/lab/left/') for name in image_topics(robot, 'lab/left'))
