"""What an episode may contain; no physics."""

import numpy as np
import pytest

from vla_core.errors import UserError
from vla_core.records.scene import Role, Verb
from vla_sim.scenes import instructions, palette
from vla_sim.scenes.episode import TEST_SEEDS
from vla_sim.scenes.placement import clearance, discs
from vla_sim.scenes.tasks import TASKS, sample_episode

SEEDS = range(40)


def episodes(task, scene, seeds=SEEDS, **wishes):
    return [sample_episode(task, seed, scene, wishes) for seed in seeds]


def described(episode):
    return [(t.label, t.position.tolist(), t.yaw, t.size.tolist(), t.role) for t in episode.things]


@pytest.mark.parametrize('task', TASKS)
def test_the_seed_decides_everything(task, scene):
    first, again = sample_episode(task, 11, scene, {}), sample_episode(task, 11, scene, {})
    assert described(first) == described(again)
    assert (first.instruction, first.appearance) == (again.instruction, again.appearance)
    assert described(first) != described(sample_episode(task, 12, scene, {}))


@pytest.mark.parametrize('task', TASKS)
def test_there_is_room_for_the_fingers_around_what_is_touched(task, scene):
    for episode in episodes(task, scene, distractors=4):
        areas = [(discs(thing), thing.role) for thing in episode.things]
        for i, (area, role) in enumerate(areas):
            for other, other_role in areas[:i]:
                named = Role.OTHER not in (role, other_role) or role != other_role
                assert clearance(area, other) >= (0.035 if named else 0.0)


@pytest.mark.parametrize('task', TASKS)
def test_everything_stands_on_the_table_within_reach(task, scene):
    for thing in (t for episode in episodes(task, scene) for t in episode.things):
        assert thing.position[2] == pytest.approx(thing.size[2] / 2)
        assert 0.30 <= thing.position[0] <= 0.70
        assert abs(thing.position[1]) <= 0.40


@pytest.mark.parametrize('task', TASKS)
def test_exactly_one_thing_fits_the_words(task, scene):
    for episode in episodes(task, scene, distractors=4):
        for phrase in (episode.parsed.target, episode.parsed.destination):
            fits = [
                t
                for t in episode.things
                if t.shape == phrase.shape and phrase.colour in ('', t.colour)
            ]
            assert len(fits) == (1 if phrase.shape else 0)


@pytest.mark.parametrize('task', TASKS)
def test_an_absent_target_is_named_and_not_there(task, scene):
    for episode in episodes(task, scene, absent=True):
        named = episode.parsed.target
        assert episode.absent
        assert episode.by_role(Role.TARGET) is None
        assert not [
            t for t in episode.things if t.shape == named.shape and named.colour in ('', t.colour)
        ]
        assert named.shape in episode.instruction


def test_beside_an_absent_target_stand_things_that_are_nearly_it(scene):
    for episode in episodes('put_in', scene, absent=True):
        named = episode.parsed.target
        others = [t for t in episode.things if t.role == Role.OTHER]
        assert any(t.colour == named.colour for t in others)
        assert any(t.shape == named.shape for t in others)


def test_an_ambiguous_target_is_there_twice(scene):
    for episode in episodes('stack', scene, ambiguous=True):
        named = episode.parsed.target
        assert (
            len([t for t in episode.things if (t.colour, t.shape) == (named.colour, named.shape)])
            == 2
        )


def test_training_never_sees_a_held_out_pair(scene):
    for task in TASKS:
        for episode in episodes(task, scene, distractors=4):
            assert not any(palette.is_held_out(t.colour, t.shape) for t in episode.things)
            assert not episode.held_out


def test_unseen_targets_are_held_out_pairs(scene):
    found = {
        (e.parsed.target.colour, e.parsed.target.shape)
        for e in episodes('put_in', scene, unseen=True)
    }
    assert found == set(palette.HELD_OUT_PAIRS)
    assert all(e.held_out for e in episodes('push', scene, unseen=True))


def test_no_template_is_in_both_splits():
    for verb in Verb:
        assert not set(instructions.TRAIN.get(verb, ())) & set(instructions.TEST.get(verb, ()))


def test_test_seeds_speak_with_test_words(scene):
    train, test = (
        sample_episode('open', 1, scene, {}),
        sample_episode('open', TEST_SEEDS, scene, {}),
    )
    assert (train.split, test.split) == ('train', 'test')
    assert train.instruction in instructions.TRAIN[Verb.OPEN]
    assert test.instruction in instructions.TEST[Verb.OPEN]
    assert sample_episode('open', 1, scene, {'paraphrase': 'test', 'template': 0}).split == 'test'


def test_words_name_target_destination_and_side(scene):
    said = sample_episode(
        'put_in',
        3,
        scene,
        {'template': 0, 'colour': 'red', 'shape': 'cube', 'destination_colour': 'blue'},
    )
    assert said.instruction == 'put the red cube in the blue box'
    pushed = sample_episode(
        'push', 3, scene, {'template': 0, 'colour': 'green', 'shape': 'cylinder', 'side': 'right'}
    )
    assert pushed.instruction == 'push the green cylinder to the right'
    assert pushed.parsed.side == 'right'


def test_things_are_put_where_they_are_wished(scene):
    episode = sample_episode(
        'put_in',
        3,
        scene,
        {'target_at': (0.5, 0.1), 'destination_at': (0.4, -0.2), 'target_yaw': 0.3},
    )
    assert episode.by_role(Role.TARGET).position[:2].tolist() == [0.5, 0.1]
    assert episode.by_role(Role.TARGET).yaw == 0.3
    assert episode.by_role(Role.DESTINATION).position[:2].tolist() == [0.4, -0.2]


def test_the_number_of_other_things_is_as_asked(scene):
    for count in (0, 3, 6):
        for episode in episodes('push', scene, seeds=range(30), distractors=count):
            assert sum(t.role == Role.OTHER for t in episode.things) == count


def test_both_sides_colours_and_tables_occur(scene):
    pushed = episodes('push', scene)
    assert {e.parsed.side for e in pushed} == {'left', 'right'}
    assert {e.parsed.target.colour for e in pushed} == set(palette.COLOURS)
    assert {e.appearance.table for e in pushed} == set(palette.TABLES)


def test_a_plain_scene_has_an_exact_camera(scene):
    appearance = sample_episode('push', 3, scene, {'plain': True}).appearance
    assert appearance.depth_noise == 0.0
    assert np.linalg.norm(appearance.camera_shift) == np.linalg.norm(appearance.camera_turn) == 0.0


def test_the_camera_is_off_by_little(scene):
    looks = [e.appearance for e in episodes('push', scene)]
    assert max(np.linalg.norm(appearance.camera_shift) for appearance in looks) <= 0.004
    assert max(np.linalg.norm(appearance.camera_turn) for appearance in looks) <= np.radians(0.3)
    assert len({appearance.camera_shift for appearance in looks}) == len(looks)


@pytest.mark.parametrize('task', ['put_in', 'stack', 'push', 'press'])
def test_rivals_differ_from_the_target_in_what_the_sentence_says(task, scene):
    for episode in episodes(task, scene, rivals=2):
        target, kinds = episode.parsed.target, {'button'} if task == 'press' else palette.SHAPES
        assert target.colour in episode.instruction
        rivals = [t for t in episode.things if t.shape in kinds and t.role == Role.OTHER]
        assert len(rivals) >= 2
        assert not any((t.colour, t.shape) == (target.colour, target.shape) for t in rivals)


@pytest.mark.parametrize('task', TASKS)
def test_the_other_sentence_is_about_the_same_scene(task, scene):
    for seed in SEEDS:
        one, other = (
            sample_episode(task, seed, scene, {'rivals': 2, 'other': flag})
            for flag in (False, True)
        )
        assert one.instruction != other.instruction
        places = [[(t.label, t.position.tolist()) for t in e.things] for e in (one, other)]
        assert places[0] == places[1]
        if task not in ('open', 'close'):
            target = other.by_role(Role.TARGET)
            assert (target.colour, target.shape) == (
                other.parsed.target.colour, other.parsed.target.shape,
            )  # fmt: skip
            assert target.label != one.by_role(Role.TARGET).label
            assert sum(t.role == Role.TARGET for t in other.things) == 1
        else:
            assert {one.verb, other.verb} == {Verb.OPEN, Verb.CLOSE}
            assert 0.3 < one.by_role(Role.TARGET).opening < 0.7


def test_rivals_of_training_are_not_held_out(scene):
    for episode in episodes('put_in', scene, rivals=2):
        assert not any(palette.is_held_out(t.colour, t.shape) for t in episode.things)


@pytest.mark.parametrize(
    ('task', 'wishes', 'text'),
    [
        ('juggle', {}, "unknown task 'juggle'; known: put_in, stack, push"),
        ('push', {'colr': 'red'}, "unknown override 'colr'; known: distractors, rivals, other"),
        ('push', {'side': 'up'}, "unknown side 'up'; known: left"),
        ('push', {'distractors': 11}, 'must be between 0 and 10'),
        ('push', {'rivals': 4}, 'must be between 0 and 3'),
        ('push', {'other': True}, 'other needs rivals'),
        ('push', {'shape': 'box'}, 'of push is a cube or cylinder'),
        ('push', {'colour': 'pink'}, 'no pink'),
        ('push', {'table': 'lava'}, "unknown table 'lava'; known: oak"),
        ('open', {'ambiguous': True}, 'one drawer only'),
    ],
)
def test_what_cannot_be_is_refused_with_what_can(task, wishes, text, scene):
    with pytest.raises(UserError, match=text):
        sample_episode(task, 1, scene, wishes)
