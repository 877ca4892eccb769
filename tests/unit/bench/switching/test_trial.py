"""What the bench of switching asks for, and what it counts as right."""

from dataclasses import replace

import numpy as np
import pytest

from vla_bench.switching.bench import figures
from vla_bench.switching.trial import SwitchResult, has_room, second_task
from vla_core.params import load_params
from vla_core.records.scene import Role, Verb
from vla_core.records.task import ResultCode
from vla_core.stack_root import stack_root
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.scenes.tasks import sample_episode

SCENE = load_params(SceneParams, stack_root() / 'config/scenes/tabletop.yaml')
RIGHT = SwitchResult('a', 'b', ResultCode.SUCCEEDED, '', True, True, True, 0.0, {}, 9.0)


@pytest.mark.parametrize('seed', range(8))
def test_the_second_task_is_about_another_thing_on_the_same_table(seed):
    first = sample_episode('put_in', 1_000_000 + seed, SCENE, {'distractors': 3})
    second = second_task(first, False, np.random.default_rng(seed))
    assert second is not None
    target = second.by_role(Role.TARGET)
    assert target.name != first.by_role(Role.TARGET).name
    assert target.label in second.instruction
    assert [t.name for t in second.things] == [t.name for t in first.things]
    assert np.all(
        [a.position == b.position for a, b in zip(first.things, second.things, strict=True)]
    )


def test_a_full_box_is_not_asked_to_take_more():
    first = sample_episode('put_in', 1_000_000, SCENE, {'distractors': 3})
    seen = [second_task(first, True, np.random.default_rng(k)) for k in range(20)]
    assert {s.verb for s in seen if s is not None} <= {Verb.PUSH}


def test_a_thing_with_something_in_its_way_is_not_pushed():
    episode = sample_episode('push', 1_000_000, SCENE, {'side': 'left', 'distractors': 0})
    thing = episode.things[0]
    assert has_room(replace(episode, things=(thing,)), thing, 'left')
    other = replace(thing, name='other', position=thing.position + [0.0, 0.1, 0.0])
    assert not has_room(replace(episode, things=(thing, other)), thing, 'left')


@pytest.mark.parametrize(
    'wrong',
    [
        {'is_done': False},
        {'rolled_back': False},
        {'was_held': False},
        {'mishaps': {'drop': 'it fell'}},
    ],
)
def test_right_is_done_undone_in_contact_and_nothing_dropped(wrong):
    assert RIGHT.is_right
    assert not replace(RIGHT, **wrong).is_right


def test_while_the_fingers_let_go_either_way_is_right():
    assert replace(RIGHT, was_held=None, rolled_back=True).is_right
    assert replace(RIGHT, was_held=None, rolled_back=False).is_right


def test_a_drop_fails_the_bench():
    row = {
        'moment': 'mid', 'success': True, 'rolled_back': True, 'was_held': True, 'mishaps': {},
        'fall': 0.003, 'seconds': 9.0,
    }  # fmt: skip
    assert all(figure.ok for figure in figures([row] * 80))
    dropped = {**row, 'success': False, 'mishaps': {'drop': 'it fell'}}
    missed = [f.name for f in figures([row] * 80 + [dropped] * 2) if not f.ok]
    assert missed == ['right behaviour, mid', 'drops']


def test_the_bound_reads_the_lower_end_of_the_interval():
    row = {
        'moment': 'mid', 'success': True, 'rolled_back': False, 'was_held': False, 'mishaps': {},
        'fall': 0.0, 'seconds': 9.0,
    }  # fmt: skip
    assert not next(iter(figures([row] * 72))).ok
    assert next(iter(figures([row] * 73))).ok
