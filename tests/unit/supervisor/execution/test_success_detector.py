"""Success on handmade scenes; each success has a near miss beside it."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import AWAY, cube_and_box, scene_object

from vla_core.records.action import ControlState
from vla_core.records.scene import GroundedScene, ParsedTask, Phrase, Role, TargetStatus, Verb
from vla_supervisor.execution.success_detector import SuccessDetector, SuccessParams

OPEN = 0.08  # m


def seen(verb, *objects, side=''):
    task = ParsedTask(verb, Phrase('it'), Phrase('there'), side)
    return GroundedScene(1.0, 't', task, objects, TargetStatus.PRESENT)


def tool(at=AWAY, gripper=OPEN):
    return ControlState(1.0, False, False, tcp=at, gripper=gripper)


def is_done(scene, tool_state=None, detector=None):
    return (
        (detector or SuccessDetector(SuccessParams())).check(scene, tool_state or tool()).is_done
    )


IN_BOX = (0.51, -0.09, 0.03)


@pytest.mark.parametrize(
    ('cube', 'tool_state', 'more', 'done'),
    [
        (IN_BOX, tool(), {}, True),
        ((0.4, 0.2, 0.02), tool(), {}, False),  # beside it
        ((0.57, -0.1, 0.03), tool(), {}, False),  # on its wall
        ((0.51, -0.09, 0.12), tool(), {}, False),  # above it
        (IN_BOX, tool(gripper=0.03), {}, False),  # still in the gripper
        (IN_BOX, tool(at=(0.51, -0.09, 0.05)), {}, False),  # the tool is still there
        (IN_BOX, tool(), {'is_held': True}, False),
        ((float('nan'), -0.09, 0.03), tool(), {}, False),
        (IN_BOX, tool(gripper=float('nan')), {}, False),
    ],
)
def test_put_in_is_done_when_the_object_is_in_the_box_and_the_tool_is_clear(
    cube, tool_state, more, done
):
    assert is_done(seen(Verb.PUT_IN, *cube_and_box(cube, **more)), tool_state) is done


def test_put_in_turns_with_the_box():
    box = scene_object(Role.DESTINATION, (0.5, 0.0, 0.03), (0.2, 0.1, 0.06), label='blue box')
    turned = scene_object(Role.DESTINATION, (0.5, 0.0, 0.03), (0.2, 0.1, 0.06), label='blue box')
    object.__setattr__(turned, 'yaw', 1.5707963)
    cube = scene_object(Role.TARGET, (0.5, 0.08, 0.03))
    assert not is_done(seen(Verb.PUT_IN, cube, box))
    assert is_done(seen(Verb.PUT_IN, cube, turned))


@pytest.mark.parametrize(
    ('at', 'done'),
    [
        ((0.4, 0.1, 0.06), True),
        ((0.4, 0.13, 0.06), False),
        ((0.4, 0.1, 0.09), False),  # held above
        ((0.4, 0.1, 0.02), False),  # inside: perception errs
    ],
)
def test_a_stack_is_done_when_the_upper_rests_on_the_lower(at, done):
    lower = scene_object(Role.DESTINATION, (0.4, 0.1, 0.02), label='green cube')
    assert is_done(seen(Verb.STACK, scene_object(Role.TARGET, at), lower)) is done


@pytest.mark.parametrize(
    ('side', 'to', 'done'),
    [
        ('left', (0.4, 0.2, 0.02), True),
        ('left', (0.4, 0.17, 0.02), False),
        ('right', (0.4, 0.2, 0.02), False),
        ('right', (0.4, 0.0, 0.02), True),
        ('forward', (0.5, 0.1, 0.02), True),
        ('back', (0.3, 0.1, 0.02), True),
        ('back', (0.5, 0.1, 0.02), False),
        ('', (0.9, 0.1, 0.02), False),
    ],
)
def test_a_push_is_done_when_it_went_far_enough_in_the_requested_direction(side, to, done):
    detector = SuccessDetector(SuccessParams())
    assert not is_done(
        seen(Verb.PUSH, scene_object(Role.TARGET, (0.4, 0.1, 0.02)), side=side), detector=detector
    )
    assert (
        is_done(seen(Verb.PUSH, scene_object(Role.TARGET, to), side=side), detector=detector)
        is done
    )


@pytest.mark.parametrize(
    ('at', 'done'),
    [((0.4, 0.1, 0.034), True), ((0.4, 0.1, 0.042), False), ((0.45, 0.1, 0.03), False)],
)
def test_a_press_is_done_once_the_tool_was_down_on_the_button(at, done):
    button = scene_object(Role.TARGET, (0.4, 0.1, 0.04), label='red button')  # placed by its top
    detector = SuccessDetector(SuccessParams())
    assert not is_done(seen(Verb.PRESS, button), detector=detector)
    detector.on_tool(tool(at=at))
    detector.on_tool(tool())
    assert is_done(seen(Verb.PRESS, button), detector=detector) is done


def test_a_press_of_the_last_task_does_not_count():
    detector, button = (
        SuccessDetector(SuccessParams()),
        scene_object(Role.TARGET, (0.4, 0.1, 0.04), label='red button'),
    )
    detector.check(seen(Verb.PRESS, button), tool())
    detector.on_tool(tool(at=(0.4, 0.1, 0.03)))
    detector.begin()
    assert not is_done(seen(Verb.PRESS, button), detector=detector)


def drawer(out):
    housing = scene_object(
        Role.OBSTACLE, (0.5, 0.0, 0.04), (0.18, 0.16, 0.08), label='grey housing', id=2
    )
    handle = scene_object(Role.TARGET, (0.5 - 0.09 - 0.047 - out, 0.0, 0.05), label='red drawer')
    return handle, housing


@pytest.mark.parametrize(('verb', 'out', 'done'), [
    (Verb.OPEN, 0.1, True), (Verb.OPEN, 0.07, False),
    (Verb.CLOSE, 0.004, True), (Verb.CLOSE, 0.02, False), (Verb.CLOSE, 0.1, False),
])  # fmt: skip
def test_a_drawer_is_judged_by_how_far_it_stands_out_of_its_housing(verb, out, done):
    assert is_done(seen(verb, *drawer(out))) is done


def test_without_its_housing_in_view_a_drawer_is_not_judged():
    assert not is_done(seen(Verb.OPEN, drawer(0.1)[0]))


@pytest.mark.parametrize('verb', list(Verb))
def test_nothing_is_done_without_the_target_and_what_is_missing_is_reported(verb):
    verdict = SuccessDetector(SuccessParams()).check(seen(verb), tool())
    assert not verdict.is_done
    assert verdict.missing
