"""A file begins with a task and ends `tail` s after it."""

from dataclasses import replace

import pytest

from vla_core.records.task import Phase, ResultCode, TaskStatus
from vla_teleop.recorder.episode_file import RawMessage, read_metadata, read_raw
from vla_teleop.recorder.recorder import Recorder, RecorderParams

IDLE = TaskStatus(0.0, '', '', Phase.IDLE)
TASK = TaskStatus(1.0, '001-5', 'press the button', Phase.GROUNDING, 1, 7)
DONE = replace(TASK, phase=Phase.DONE, code=ResultCode.SUCCEEDED, text='done in 3 s')


def hello(stamp: int) -> RawMessage:
    return RawMessage('/said', 'std_msgs/msg/String', b'\0\1\0\0\3\0\0\0hi\0', stamp)


@pytest.fixture
def recorder(tmp_path):
    return Recorder(RecorderParams(out=str(tmp_path), name='e', tail=0.5))


def test_nothing_is_written_without_a_task(recorder, tmp_path):
    recorder.on_status(IDLE, 1.0)
    recorder.on_message(hello(1))
    assert recorder.finish() is None
    assert list(tmp_path.iterdir()) == []


def test_a_task_is_recorded_until_its_tail_is_over(recorder):
    recorder.on_message(hello(1))
    recorder.on_status(TASK, 1.0)
    recorder.on_message(hello(2))
    recorder.on_status(DONE, 4.0)
    recorder.on_message(hello(3))
    assert recorder.tick(4.4) is None
    path = recorder.tick(4.6)
    recorder.on_message(hello(4))
    assert [message.stamp for message in read_raw(path)] == [2, 3]


def test_the_metadata_hold_the_end_of_the_task_also_while_the_arm_moves_home(recorder):
    recorder.on_status(TASK, 1.0)
    recorder.on_message(hello(2))
    recorder.on_status(DONE, 4.0)
    recorder.on_status(replace(DONE, phase=Phase.RETREAT), 4.3)
    metadata = read_metadata(recorder.tick(4.6))
    assert metadata == {
        'task_id': '001-5', 'instruction': 'press the button', 'seed': '7', 'phase': 'DONE',
        'code': 'SUCCEEDED', 'text': 'done in 3 s', 'attempts': '1',
    }  # fmt: skip


def test_a_task_without_an_end_is_labelled_unfinished(recorder):
    recorder.on_status(TASK, 1.0)
    recorder.on_message(hello(2))
    assert read_metadata(recorder.finish())['code'] == 'UNFINISHED'


def test_the_next_task_has_its_own_file(tmp_path):
    recorder = Recorder(RecorderParams(out=str(tmp_path), tail=0.5))
    recorder.on_status(TASK, 1.0)
    recorder.on_message(hello(2))
    recorder.on_status(replace(TASK, task_id='002-9'), 3.0)
    recorder.on_message(hello(3))
    recorder.finish()
    assert sorted(p.name for p in tmp_path.iterdir()) == ['1_001-5.mcap', '3_002-9.mcap']


def test_a_label_is_stored_and_refused_when_no_episode_is_open(recorder):
    assert recorder.label(True, 'nice') == 'no episode is open'
    recorder.on_status(TASK, 1.0)
    recorder.on_message(hello(2))
    assert recorder.label(False, 'it slipped') == ''
    metadata = read_metadata(recorder.finish())
    assert (metadata['label'], metadata['note']) == ('failure', 'it slipped')


def test_a_latched_message_begins_every_file_although_it_came_once(tmp_path):
    recorder = Recorder(RecorderParams(out=str(tmp_path), tail=0.5), frozenset({'/said'}))
    recorder.on_latched(hello(1))
    paths = []
    for start in (10.0, 20.0):
        recorder.on_status(replace(TASK, task_id=f'00{start:.0f}'), start)
        recorder.on_latched(hello(int(start + 1)))  # again, to a reader that joined late
        paths.append(recorder.finish())
    assert [[m.stamp for m in read_raw(path)] for path in paths] == [[10**10], [2 * 10**10]]


def test_a_latched_message_that_comes_during_a_task_is_written_once(tmp_path):
    recorder = Recorder(RecorderParams(out=str(tmp_path), name='e'), frozenset({'/said'}))
    recorder.on_status(TASK, 1.0)
    recorder.on_latched(hello(2))
    recorder.on_latched(hello(3))
    assert [m.stamp for m in read_raw(recorder.finish())] == [2]


def test_a_file_is_closed_when_the_clock_was_set_back_after_its_task(recorder):
    recorder.on_status(TASK, 1.0 + 3600.0)
    recorder.on_message(hello(2))
    assert recorder.tick(1.0) is None  # the task is running
    recorder.on_status(DONE, 4.0 + 3600.0)
    assert recorder.tick(4.0 + 3600.0) is None
    assert recorder.tick(4.0) is not None


@pytest.mark.parametrize(('excluded', 'is_kept'), [('said', False), ('/said', True)])
def test_an_excluded_topic_is_one_of_the_namespace_unless_it_is_absolute(
    tmp_path, excluded, is_kept
):
    params = RecorderParams(out=str(tmp_path), name='e', exclude=(excluded,))
    recorder = Recorder(params, namespace='left')
    recorder.on_status(TASK, 1.0)
    recorder.on_message(replace(hello(2), topic='/left/said'))
    assert [m.stamp for m in read_raw(recorder.finish())] == ([2] if is_kept else [])
