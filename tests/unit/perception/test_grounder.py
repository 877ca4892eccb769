"""From pictures and words to objects, roles and votes; the pictures are drawn by ray casting."""

import dataclasses

import numpy as np
import pytest
from pictures import (
    ROBOT,
    Solid,
    at_home,
    ball,
    button,
    cube,
    cylinder,
    picture,
    scene_view,
    tray,
)

from vla_core.errors import UserError
from vla_core.records.safety import Level
from vla_core.records.scene import Role, TargetStatus, Verb
from vla_core.records.task import Phase
from vla_perception.camera.pinhole import CameraView
from vla_perception.detection.protocol import Detection
from vla_perception.grounder import Grounder
from vla_perception.params import GrounderParams
from vla_perception.tracking.track import Track

BOX = (0.0, 0.0, 1.0, 1.0)  # px
ASIDE = 1.5  # rad, turns the arm out of the picture
RED_IN_BLUE = 'put the red cube in the blue box'
GONE = 'the target is no longer at its last known position'
TABLE = [
    cube('red', 0.45, 0.10, 0.040, 0.3),
    cube('purple', 0.55, 0.0, 0.045, 0.7),
    cylinder('green', 0.40, -0.10),
    ball('yellow', 0.50, -0.20),
    tray('blue', 0.50, 0.25, yaw=0.2),
    button('red', 0.38, -0.22),
]


def grounder(instruction=RED_IN_BLUE, phase=Phase.RUNNING):
    g = Grounder(GrounderParams(), ROBOT)
    g.set_task('t1', instruction)
    g.set_phase(phase)
    return g


def look(g, solids, times=2, start=0.0, joints=None, **kind):
    scene = None
    for k in range(times):
        now = start + 0.1 * k
        scene = g.update(picture(solids, now, seed=k, **kind), joints or at_home(lift=ASIDE), now)
    return scene


def nearest(scene, x, y):
    return min(scene.objects, key=lambda o: np.hypot(o.position[0] - x, o.position[1] - y))


@pytest.fixture(scope='module')
def full_table():
    return look(grounder(), TABLE, noise=0.001)


@pytest.mark.parametrize(
    ('label', 'position', 'size'),
    [
        ('red cube', (0.45, 0.10, 0.020), (0.040, 0.040, 0.040)),
        ('purple cube', (0.55, 0.0, 0.0225), (0.045, 0.045, 0.045)),
        ('green cylinder', (0.40, -0.10, 0.025), (0.040, 0.040, 0.050)),
        ('yellow ball', (0.50, -0.20, 0.0225), (0.045, 0.045, 0.045)),
        ('blue box', (0.50, 0.25, 0.030), (0.130, 0.130, 0.060)),
    ],
)
def test_each_thing_is_named_placed_and_measured(full_table, label, position, size):
    thing = nearest(full_table, *position[:2])

    assert thing.label == label
    assert np.linalg.norm(thing.position - position) < 0.004
    assert np.abs(thing.size - size).max() < 0.007
    assert thing.is_visible
    assert not thing.is_held


def test_nothing_is_seen_that_is_not_there(full_table):
    assert len(full_table.objects) == len(TABLE)


def test_yaw_of_a_cube_is_known_up_to_a_quarter_turn(full_table):
    for x, y, yaw in ((0.45, 0.10, 0.3), (0.55, 0.0, 0.7)):
        off = (nearest(full_table, x, y).yaw - yaw + np.pi / 4) % (np.pi / 2) - np.pi / 4
        assert abs(np.degrees(off)) < 3.0


def test_a_button_is_placed_by_the_top_of_its_dome(full_table):
    thing = nearest(full_table, 0.38, -0.22)

    assert thing.label == 'red button'
    assert np.linalg.norm(thing.position - (0.38, -0.22, 0.040)) < 0.003


def test_roles_follow_the_words(full_table):
    roles = {o.label: o.role for o in full_table.objects}

    assert full_table.task.verb == Verb.PUT_IN
    assert full_table.target_status == TargetStatus.PRESENT
    assert roles['red cube'] == Role.TARGET
    assert roles['blue box'] == Role.DESTINATION
    assert {r for label, r in roles.items() if label not in ('red cube', 'blue box')} == {
        Role.OBSTACLE
    }


def test_an_absent_target_is_said_after_two_looks_and_holds_the_robot():
    g = grounder('put the purple cylinder in the blue box')

    first = look(g, TABLE, times=1)
    second = look(g, TABLE, times=1, start=0.1)
    vote = g.vote(0.1)

    assert first.target_status == TargetStatus.UNKNOWN
    assert second.target_status == TargetStatus.ABSENT
    assert second.by_role(Role.TARGET) is None
    assert 'no purple cylinder detected' in second.reason
    assert 'a red cube' in second.reason
    assert vote.level == Level.HOLD
    assert 'no purple cylinder' in vote.reasons[0]


def test_two_things_that_fit_are_ambiguous():
    g = grounder('push the red cube to the left')

    scene = look(g, [cube('red', 0.4, 0.1), cube('red', 0.5, -0.1)])

    assert scene.target_status == TargetStatus.AMBIGUOUS
    assert 'matches 2 objects' in scene.reason
    assert g.vote(0.1).level == Level.HOLD


def test_a_size_word_decides_between_two_that_look_alike():
    g = grounder('push the small red cube to the left')

    scene = look(g, [cube('red', 0.4, 0.1, 0.05), cube('red', 0.5, -0.1, 0.036)])

    assert scene.target_status == TargetStatus.PRESENT
    assert scene.by_role(Role.TARGET).position[1] == pytest.approx(-0.1, abs=0.005)


def test_words_that_mean_nothing_are_unknown_with_what_it_can_do():
    g = grounder('sing a song')

    scene = look(g, TABLE)

    assert scene.target_status == TargetStatus.UNKNOWN
    assert 'press a button' in scene.reason
    assert g.vote(0.1).level == Level.HOLD


def test_present_and_fresh_means_run():
    g = grounder()
    look(g, TABLE)

    vote = g.vote(0.3)

    assert (vote.voter, vote.level, vote.speed_scale) == ('grounding', Level.RUN, 1.0)
    assert (vote.ttl, vote.task_id, vote.reasons) == (0.3, 't1', ())


@pytest.mark.parametrize('now', [0.7, -1.0, float('nan')])
def test_an_old_or_future_picture_holds(now):
    g = grounder()
    look(g, TABLE)

    assert g.vote(now).level == Level.HOLD


def test_without_any_picture_it_holds():
    assert grounder().vote(0.0).level == Level.HOLD


def test_without_a_task_healthy_sensing_is_enough():
    g = Grounder(GrounderParams(), ROBOT)
    look(g, TABLE)

    assert g.vote(0.1).level == Level.RUN


@pytest.mark.parametrize(
    ('spoil', 'says'),
    [
        (lambda f: dataclasses.replace(f, rgb=np.zeros_like(f.rgb)), 'dark'),
        (lambda f: dataclasses.replace(f, depth=np.zeros_like(f.depth)), 'depth'),
        (lambda f: dataclasses.replace(f, depth=np.full_like(f.depth, np.nan)), 'depth'),
        (lambda f: dataclasses.replace(f, depth=f.depth + np.float32(0.1)), 'table'),
    ],
)
def test_a_covered_blind_or_moved_camera_holds_and_memory_stays(spoil, says):
    g = grounder()
    look(g, TABLE)

    scene = g.update(spoil(picture(TABLE, 0.2)), at_home(lift=ASIDE), 0.2)
    vote = g.vote(0.2)

    assert vote.level == Level.HOLD
    assert says in vote.reasons[0]
    assert len(scene.objects) == len(TABLE)
    assert not any(o.is_visible for o in scene.objects)


def test_depth_in_another_unit_is_said():
    g = grounder()
    look(g, TABLE)
    frame = picture(TABLE, 0.2)
    scene = g.update(dataclasses.replace(frame, depth=1000 * frame.depth), at_home(), 0.2)
    assert 'is depth_unit of the camera right?' in scene.trouble


@pytest.mark.parametrize(
    'changes',
    [
        {'width': 640, 'height': 480},
        {'width': 1280, 'height': 720},
        {'position': (0.45, 0.0, 0.95), 'look_at': (0.45, 0.0, 0.0)},  # straight down
    ],
    ids=['640x480', '1280x720', 'straight down'],
)
def test_a_camera_of_another_size_or_place_finds_the_same(changes):
    camera = dataclasses.replace(ROBOT.camera('scene'), **changes)
    robot = dataclasses.replace(ROBOT, cameras=(camera, ROBOT.camera('wrist')))
    view = CameraView(camera.model, camera.base_from_camera)
    g = Grounder(GrounderParams(), robot)
    for k in range(2):
        frame = picture(TABLE, 0.1 * k, noise=0.001, seed=k, view=view)
        scene = g.update(frame, at_home(lift=ASIDE), 0.1 * k)
    assert scene.trouble == ''
    assert len(scene.objects) == len(TABLE)


def test_a_camera_that_moves_cannot_be_the_one_of_perception():
    with pytest.raises(UserError, match='camera wrist moves with wrist_camera_optical_frame'):
        Grounder(GrounderParams(camera='wrist'), ROBOT)


def test_holes_in_the_depth_do_not_lose_things():
    g = grounder()
    dice = np.random.default_rng(3)
    for k in range(3):
        frame = picture(TABLE, 0.1 * k, noise=0.001, seed=k)
        depth = frame.depth.copy()
        depth[dice.random(depth.shape) < 0.05] = 0.0
        depth[dice.random(depth.shape) < 0.02] = np.nan
        frame = dataclasses.replace(frame, depth=depth)
        scene = g.update(frame, at_home(lift=ASIDE), 0.1 * k)

    assert scene.target_status == TargetStatus.PRESENT
    assert np.linalg.norm(nearest(scene, 0.45, 0.1).position - (0.45, 0.1, 0.02)) < 0.008


def test_ids_stay_while_a_thing_is_pushed():
    g = grounder('push the red cube to the left')
    ids = set()
    for k in range(6):
        scene = look(g, [cube('red', 0.45, 0.02 * k, 0.04, 0.1 * k)], times=1, start=0.1 * k)
        ids.add(scene.by_role(Role.TARGET).id)

    assert len(ids) == 1
    assert scene.by_role(Role.TARGET).position[1] == pytest.approx(0.10, abs=0.004)


def test_a_hidden_thing_is_remembered_where_it_was():
    g = grounder()
    look(g, TABLE)
    screen = cylinder('gray', 0.62, 0.08, 0.12, 0.25)

    scene = look(g, [*TABLE, screen], times=8, start=0.2)
    thing = scene.by_role(Role.TARGET)

    assert scene.target_status == TargetStatus.PRESENT
    assert not thing.is_visible
    assert np.linalg.norm(thing.position - (0.45, 0.10, 0.020)) < 0.004


@pytest.mark.parametrize(
    ('box', 'begin', 'end', 'hand'),  # hand: diameter, height, underside, m
    [
        ((0.4258, 0.1462, -0.181), (0.069, 0.089), (-0.026, -0.015), (0.0486, 0.093, 0.109)),
        ((0.4983, -0.1017, 0.058), (-0.032, -0.068), (-0.027, -0.017), (0.0606, 0.168, 0.081)),
    ],
)
def test_a_box_that_a_hand_cuts_in_pieces_stays_one_box_where_it_is(box, begin, end, hand):
    x, y, yaw = box
    aside = 0.2 if x < 0.45 else -0.2
    things = [tray('blue', x, y, yaw=yaw), cube('blue', x + aside, y)]
    wide, high, under = hand
    g = grounder('put the blue cube in the blue box')
    look(g, things, times=6)
    scenes = []
    for k, (right, ahead) in enumerate(np.linspace(begin, end, 15)):
        at = (x + right, y + ahead, under + high / 2)
        over = Solid('cylinder', 'gray', at, (wide, wide, high))
        scenes.append(look(g, [*things, over], times=1, start=0.6 + 0.1 * k))

    blues = [[o for o in scene.objects if o.colour == 'blue'] for scene in scenes]
    boxes = [o for found in blues for o in found if o.shape == 'box']

    assert {len(found) for found in blues} == {2}
    assert len(boxes) == len(scenes)
    assert max(np.linalg.norm(b.position - (x, y, 0.03)) for b in boxes) < 0.006


def test_a_box_that_is_pushed_while_partly_hidden_is_followed():
    g = grounder()
    look(g, TABLE, times=6)
    for k, x in enumerate(np.linspace(0.50, 0.44, 13)):
        pushed = [*TABLE[:4], tray('blue', x, 0.25, yaw=0.2), TABLE[5]]
        scene = look(g, [*pushed, cylinder('gray', 0.60, 0.24, 0.05, 0.22)], 1, 0.6 + 0.1 * k)

    (box,) = [o for o in scene.objects if o.colour == 'blue']

    assert np.linalg.norm(box.position - (0.44, 0.25, 0.03)) < 0.015


def test_a_thing_taken_away_is_forgotten_after_five_empty_looks():
    g = grounder()
    look(g, TABLE)

    before = look(g, TABLE[1:], times=4, start=0.2)
    after = look(g, TABLE[1:], times=3, start=0.6)

    assert before.by_role(Role.TARGET) is not None
    assert after.by_role(Role.TARGET) is None
    assert after.target_status != TargetStatus.PRESENT


def test_a_target_taken_away_holds_after_two_empty_looks():
    g = grounder()
    look(g, TABLE)
    rest = TABLE[1:]
    look(g, rest, times=1, start=0.2)
    assert g.vote(0.2).level == Level.RUN  # once may be an error
    look(g, rest, times=1, start=0.3)
    vote = g.vote(0.3)
    assert (vote.level, vote.reasons) == (Level.HOLD, (GONE,))
    look(g, TABLE, times=1, start=0.4)
    assert g.vote(0.4).level == Level.RUN


def test_touching_things_of_two_colours_are_two_things():
    g = grounder('stack the red cube on the green cube')

    scene = look(g, [cube('red', 0.45, 0.02), cube('green', 0.45, -0.02)], noise=0.001)

    assert sorted(o.label for o in scene.objects) == ['green cube', 'red cube']
    assert np.linalg.norm(scene.by_role(Role.TARGET).position - (0.45, 0.02, 0.02)) < 0.005


def test_a_thing_on_another_stands_on_its_top():
    g = grounder('push the red cube to the left')

    scene = look(g, [cube('red', 0.45, 0.0, bottom=0.045), cube('blue', 0.45, 0.0, 0.045)])

    assert scene.by_role(Role.TARGET).position[2] == pytest.approx(0.065, abs=0.0006)
    assert scene.by_role(Role.TARGET).size[2] == pytest.approx(0.040, abs=0.001)


@pytest.mark.parametrize('seen_as', ['cylinder', 'cube'])
def test_a_pile_of_one_colour_that_looks_like_one_thing_is_not_the_upper_thing(seen_as):
    upper = track_of(3, (0.45, 0.0, 0.07), (0.040, 0.040, 0.055), 'cylinder')

    size = np.array([0.042, 0.036, 0.098])
    for _ in range(4):
        upper.see(Detection(seen_as, 'red', np.array([0.45, 0.0, 0.049]), 0.0, size, BOX))

    assert upper.position == pytest.approx([0.45, 0.0, 0.07])
    assert upper.size == pytest.approx([0.040, 0.040, 0.055])


def test_a_cylinder_that_fell_over_is_measured_anew():
    thing = track_of(4, (0.45, 0.0, 0.03), (0.040, 0.040, 0.055), 'cylinder')

    size = np.array([0.055, 0.04, 0.04])
    for _ in range(9):
        thing.see(Detection('cube', 'red', np.array([0.47, 0.0, 0.02]), 0.0, size, BOX))

    assert thing.size == pytest.approx([0.055, 0.04, 0.04], abs=1e-3)


def track_of(sightings, position, size, shape):
    """A red thing seen clearly `sightings` times."""
    track = Track(1, np.array(position), 0.0, np.array(size), BOX)
    for _ in range(sightings):
        track.see(Detection(shape, 'red', np.array(position), 0.0, np.array(size), BOX))
    return track


def test_a_camera_that_is_slightly_turned_is_mended_by_the_table():
    scene = look(grounder(), TABLE, times=3, view=scene_view_turned(0.004))

    assert np.linalg.norm(nearest(scene, 0.45, 0.1).position - (0.45, 0.1, 0.02)) < 0.0025


def scene_view_turned(angle):
    view = scene_view()
    c, s = np.cos(angle), np.sin(angle)
    pitched = view.base_from_optical.copy()
    pitched[:3, :3] = pitched[:3, :3] @ np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return type(view)(view.model, pitched)


def test_a_frozen_picture_shows_no_ghost_of_the_arm_that_moved_on():
    g = grounder()
    look(g, TABLE, times=3)
    arm = cylinder('gray', 0.55, 0.12, 0.06, 0.25)  # where the joints do not say that it is
    for _ in range(3):
        scene = g.update(picture([*TABLE, arm], 0.2, seed=9), at_home(lift=ASIDE), 0.3)

    assert all(o.size[2] < 0.1 for o in scene.objects)
    assert scene.stamp == pytest.approx(0.2)
    assert g.vote(1.0).level == Level.HOLD


@pytest.mark.parametrize('back', [0.005, 0.2])
def test_an_image_older_than_the_last_is_dropped_and_what_is_held_stays_held(back):
    g = grounder()
    look(g, TABLE, start=10.0)
    track = g._tracker.tracks[0]
    track.is_held = True
    before, scene = len(g._tracker.tracks), g.scene

    again = g.update(picture(TABLE[:1], 10.1 - back), at_home(lift=ASIDE), 10.2)

    assert again is scene
    assert len(g._tracker.tracks) == before
    assert track.is_held
    assert g.vote(10.2).level == Level.RUN


def test_a_clock_that_jumps_back_starts_over():
    g = grounder()
    look(g, TABLE, start=10.0)

    scene = look(g, TABLE[:1], times=1, start=0.0)

    assert len(scene.objects) == 1


def test_joint_states_without_a_joint_are_refused_by_name():
    g = grounder()
    joints = at_home()
    poor = dataclasses.replace(joints, names=('elbow_joint',), position=[0.0], velocity=[0.0])

    with pytest.raises(KeyError, match='shoulder_pan_joint'):
        g.update(picture(TABLE), poor, 0.0)


PAPER = {
    'on the table': Solid('box', 'red', (0.45, -0.15, 0.0004), (0.08, 0.08, 0.0005), 0.4),
    'on top of a thing': Solid('box', 'red', (0.45, 0.10, 0.0454), (0.03, 0.03, 0.0005)),
    'on a side of a thing': Solid('box', 'red', (0.4729, 0.10, 0.0225), (0.0005, 0.03, 0.03)),
}


@pytest.mark.parametrize('where', PAPER)
def test_paper_in_the_colour_of_the_target_is_no_target(where):
    table = [cube('green', 0.45, 0.10, 0.045), tray('blue', 0.50, 0.25), PAPER[where]]
    scene = look(grounder(), table, times=4)
    assert scene.target_status == TargetStatus.ABSENT
    assert sorted(thing.label for thing in scene.objects) == ['blue box', 'green cube']
    scene = look(grounder(), [*table, cube('red', 0.40, -0.02)], times=4)
    assert scene.target_status == TargetStatus.PRESENT
    assert np.linalg.norm(scene.by_role(Role.TARGET).position - [0.40, -0.02, 0.02]) < 0.01
