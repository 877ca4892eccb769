"""A recorded episode is read as the trace that the detector would have recorded."""

import json
import sys
from dataclasses import asdict, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / 'monitor' / 'failure'))

from attempts import BINDING, WIDTH, chunk, features, rollouts, scene, status, tool_state

from vla_core.errors import UserError
from vla_core.records.task import Phase
from vla_core.robot.config import load_robot
from vla_learning.failure.recorded_traces import gather
from vla_monitor.failure.signals import SignalParams, Signals
from vla_monitor.failure.traces import ABOUT, LOG
from vla_teleop.recorder.record_codec import RecordWriter
from vla_teleop.recorder.recorder import Recorder, RecorderParams

PERIOD = BINDING.period
WORDS = {True: 'success', False: 'failure'}


@pytest.fixture(scope='module')
def robot():
    return load_robot('ur5e')


def values(count, seed=0):
    return np.random.default_rng(seed).normal(size=(count, WIDTH)).astype(np.float32)


def attempt(feature, number=1, began=1.0, candidates=2, schema=BINDING.schema, gap=PERIOD):
    """(stream, record, s) of one try as the graph sends it: candidates before features."""
    yield 'status', status(attempt=number), began
    for k, row in enumerate(feature):
        at = began + 0.1 + gap * k
        yield 'control_state', tool_state(at, x=0.4 + 0.01 * k), at
        yield 'scene', scene(at, x=0.5 + 0.002 * k), at
        yield 'candidates', tuple(chunk(at, 0.05 + 0.1 * j) for j in range(candidates)), at + 0.03
        yield 'features', features(k, row, stamp=at, schema=schema), at + 0.04
    yield 'status', status(Phase.DONE, number), began + 0.2 + gap * len(feature)


def record(folder, robot, said, label=None, name='episode'):
    """Write what was said with the recorder of the stack; return the file."""
    recorder = Recorder(RecorderParams(out=str(folder), name=name))
    tap = RecordWriter(SimpleNamespace(write=recorder.on_message), robot)
    for stream, item, now in said:
        if stream == 'status':
            recorder.on_status(item, now)
        tap(stream, item, now)
    if label is not None:
        assert recorder.label(label, '') == ''
    return recorder.finish()


def heard(said):
    """The free signals at every inference of what was said, as the detector would have them."""
    signals, rows = Signals(SignalParams()), []
    for stream, item, now in said:
        signals.observe(stream, item, now)
        if stream == 'features':
            rows.append(signals.row(now))
    return np.array(rows)


@pytest.mark.parametrize('success', [True, False])
def test_an_episode_comes_back_as_the_trace_it_was(tmp_path, robot, success):
    feature = values(6)
    said = list(attempt(feature))
    path = record(tmp_path, robot, said, success)
    binding, (trace,) = gather(tmp_path, robot, PERIOD)
    assert binding == BINDING
    assert (trace.key, trace.task, trace.cause) == (path.stem, 'put_in cube', 'recorded')
    assert trace.is_failure is not success
    np.testing.assert_array_equal(trace.feature, feature)
    np.testing.assert_allclose(trace.signal, heard(said), atol=1e-6)
    assert trace.signal.any()
    wanted = [[c.values for c in item] for stream, item, _ in said if stream == 'candidates']
    np.testing.assert_allclose(trace.chunk, np.array(wanted), atol=1e-6)


def test_features_may_come_before_their_candidates(tmp_path, robot):
    said = list(attempt(values(4)))
    order = {'features': 0.0, 'candidates': 0.02}
    swapped = [(s, r, now - 0.03 + order[s] if s in order else now) for s, r, now in said]
    record(tmp_path, robot, sorted(swapped, key=lambda item: item[2]), True)
    _, (trace,) = gather(tmp_path, robot, PERIOD)
    np.testing.assert_array_equal(trace.feature, values(4))


def test_the_label_is_of_the_last_attempt(tmp_path, robot):
    said = [*attempt(values(5)), *attempt(values(3, seed=1), 2, began=9.0)]
    record(tmp_path, robot, said, True)
    _, (trace,) = gather(tmp_path, robot, PERIOD)
    np.testing.assert_array_equal(trace.feature, values(3, seed=1))
    np.testing.assert_allclose(trace.signal, heard(said)[5:], atol=1e-6)


def test_what_the_policy_says_when_it_is_no_longer_asked_is_left_out(tmp_path, robot):
    said = list(attempt(values(5)))
    stop = ('status', status(Phase.RETREAT), said[-3][2] - 0.01)
    record(tmp_path, robot, sorted([*said, stop], key=lambda item: item[2]), False)
    _, (trace,) = gather(tmp_path, robot, PERIOD)
    assert len(trace) == 4


def test_where_candidates_are_missing_the_others_have_as_few(tmp_path, robot):
    said = [(s, r[:1] if s == 'candidates' and now > 1.2 else r, now)
            for s, r, now in attempt(values(4))]  # fmt: skip
    record(tmp_path, robot, said, True)
    assert gather(tmp_path, robot, PERIOD)[1][0].chunk.shape[:2] == (4, 1)


def test_what_cannot_be_used_is_skipped_and_counted_in_one_line(tmp_path, robot, capsys):
    record(tmp_path, robot, attempt(values(4)), True, 'a')
    record(tmp_path, robot, attempt(values(4)), None, 'b')
    record(tmp_path, robot, attempt(values(4)), None, 'c')
    mute = [item for item in attempt(values(4)) if item[0] != 'features']
    record(tmp_path, robot, mute, True, 'd')
    _, traces = gather(tmp_path, robot, PERIOD)
    assert [trace.key for trace in traces] == ['a']
    assert capsys.readouterr().out == (
        '4 recorded episodes: 1 used, 2 without a label, 1 without features\n'
    )


def test_a_folder_without_anything_labelled_is_refused_in_words(tmp_path, robot):
    record(tmp_path, robot, attempt(values(4)), None)
    with pytest.raises(UserError, match='1 recorded episodes: 0 used, 1 without a label'):
        gather(tmp_path, robot, PERIOD)


def simulated(folder, binding=BINDING):
    """A folder as ./vla rollouts leaves it, with two rollouts."""
    rows = []
    for trace in rollouts(2):
        trace.save(folder / f'{trace.key}.npz')
        row = {'key': trace.key, 'task': trace.task, 'cause': trace.cause}
        rows.append(row | {'success': not trace.is_failure, 'file': f'{trace.key}.npz'})
    (folder / ABOUT).write_text(json.dumps({'binding': asdict(binding)}))
    (folder / LOG).write_text(''.join(json.dumps(row) + '\n' for row in rows))


def test_rollouts_and_recordings_go_together(tmp_path, robot):
    simulated(tmp_path)
    record(tmp_path, robot, attempt(values(4)), False)
    binding, traces = gather(tmp_path, robot, PERIOD)
    assert binding == BINDING
    assert [trace.key for trace in traces] == ['0000', '0001', 'episode']


def test_rollouts_alone_are_read_as_ever(tmp_path, robot):
    simulated(tmp_path)
    assert len(gather(tmp_path, robot, PERIOD)[1]) == 2
    with pytest.raises(UserError, match='contains no rollouts'):
        gather(tmp_path / 'empty', robot, PERIOD)


@pytest.mark.parametrize('change', [{'checkpoint': 'xyz'}, {'horizon': 8}, {'period': 0.25}])
def test_what_is_bound_to_something_else_is_refused_and_both_are_named(tmp_path, robot, change):
    simulated(tmp_path, replace(BINDING, **change))
    record(tmp_path, robot, attempt(values(4)), True)
    ((name, value),) = change.items()
    wanted = (
        f'episode.mcap is incompatible with .*{ABOUT}: {name} {getattr(BINDING, name)} against'
    )
    with pytest.raises(UserError, match=f'{wanted} {value}'):
        gather(tmp_path, robot, PERIOD)


def test_two_recordings_of_other_checkpoints_are_refused(tmp_path, robot):
    record(tmp_path, robot, attempt(values(4)), True, 'a')
    record(tmp_path, robot, attempt(values(4), schema='flow/norm/mean/6/xyz'), True, 'b')
    with pytest.raises(UserError, match=r'b.mcap is incompatible with .*a.mcap: checkpoint xyz'):
        gather(tmp_path, robot, PERIOD)


def test_a_recording_in_which_the_features_change_is_refused(tmp_path, robot):
    said = list(attempt(values(4)))
    last = replace(said[-2][1], schema='flow/norm/mean/6/xyz')
    record(tmp_path, robot, [*said[:-2], ('features', last, said[-2][2]), said[-1]], True)
    with pytest.raises(UserError, match=r'more than one kind: .*abc .* and .*xyz'):
        gather(tmp_path, robot, PERIOD)


def test_a_recording_at_another_rate_is_refused(tmp_path, robot):
    record(tmp_path, robot, attempt(values(4), gap=0.4), True)
    with pytest.raises(UserError, match=r'median inference period is 0.40 s, not 0.2 s'):
        gather(tmp_path, robot, PERIOD)
    assert gather(tmp_path, robot, 0.4)[0].period == 0.4
