"""What the fingers hold stays held; tasks can be done by hand and are then judged done."""

import numpy as np
import pytest

from vla_core.records.scene import Role
from vla_sim.faults.kinds import parse_fault
from vla_sim.scenes.true_scene import true_scene


@pytest.mark.parametrize('shape', ['cube', 'cylinder'])
def test_a_thing_is_lifted_and_held_without_slip(operator, shape):
    episode = operator.reset(
        'put_in', shape=shape, target_at=(0.5, 0.1), destination_at=(0.42, -0.15)
    )
    target = episode.by_role(Role.TARGET)
    operator.go(target.position + [0, 0, 0.1], target.yaw)
    operator.go(target.position, target.yaw)
    operator.grip(0.0)
    held = operator.in_hand(target)
    operator.go(target.position + [0, 0, 0.1], target.yaw)
    lifted = operator.in_hand(target)
    operator.wait(3.0)
    assert operator.place_of(target)[2] - target.position[2] == pytest.approx(0.1, abs=2e-3)
    assert lifted == pytest.approx(held, abs=5e-4)
    assert operator.in_hand(target) == pytest.approx(lifted, abs=1e-4)
    weight = 9.81 * operator.world.model.body(target.name).mass[0]
    assert operator.world.wrench()[2] == pytest.approx(weight, rel=0.05)
    assert true_scene(operator.world).by_role(Role.TARGET).is_held
    width = 2 * operator.world.joint_state().position[-2]
    assert width == pytest.approx(target.size[0], abs=2e-3)


def test_fingers_that_squeeze_let_go_at_once(ur5e_operator):
    operator = ur5e_operator
    target = operator.reset('put_in', shape='cube', target_at=(0.5, 0.1)).by_role(Role.TARGET)
    operator.go(target.position, target.yaw)
    operator.grip(0.0)
    held = 2 * operator.world.joint_state().position[-2]

    operator.grip(0.08, seconds=0.15)

    let_go = 2 * operator.world.joint_state().position[-2]
    assert let_go - held >= 0.005


def test_a_slippery_thing_is_lost(ur5e_operator):
    operator = ur5e_operator
    target = operator.reset('put_in', shape='cube', target_at=(0.5, 0.1)).by_role(Role.TARGET)
    operator.world.inject(parse_fault('slippery=0.002'))
    operator.go(target.position + [0, 0, 0.1], target.yaw)
    operator.go(target.position, target.yaw)
    operator.grip(0.0)
    operator.go(target.position + [0, 0, 0.1], target.yaw)
    assert operator.place_of(target)[2] < target.position[2] + 0.05


def test_a_gripper_without_force_lifts_nothing(ur5e_operator):
    operator = ur5e_operator
    target = operator.reset('put_in', shape='cube', target_at=(0.5, 0.1)).by_role(Role.TARGET)
    operator.world.inject(parse_fault('weak_gripper'))
    operator.go(target.position, target.yaw)
    operator.grip(0.0)
    operator.go(target.position + [0, 0, 0.1], target.yaw)
    assert operator.place_of(target)[2] < target.position[2] + 0.05


def test_put_in_by_hand(operator):
    episode = operator.reset('put_in')
    target, box = episode.by_role(Role.TARGET), episode.by_role(Role.DESTINATION)
    operator.go(target.position + [0, 0, 0.15], target.yaw)
    operator.go(target.position, target.yaw)
    operator.grip(0.0)
    operator.go(target.position + [0, 0, 0.15], target.yaw)
    operator.go([*box.position[:2], 0.15], box.yaw)
    operator.go([*box.position[:2], 0.05], box.yaw)  # inside, not yet released
    assert not operator.world.success()
    operator.grip(0.08)
    assert operator.world.success()
    operator.go([*box.position[:2], 0.2], box.yaw)
    assert operator.world.success()
    assert np.linalg.norm(operator.place_of(box) - box.position) < 2e-3


def test_stack_by_hand(operator):
    episode = operator.reset('stack', seed=3)
    target, below = episode.by_role(Role.TARGET), episode.by_role(Role.DESTINATION)
    operator.go(target.position + [0, 0, 0.12], target.yaw)
    operator.go(target.position, target.yaw)
    operator.grip(0.0)
    operator.go(target.position + [0, 0, 0.14], target.yaw)
    operator.go(below.position + [0, 0, 0.14], below.yaw)
    operator.go(below.position + [0, 0, 0.5 * (target.size[2] + below.size[2]) + 0.003], below.yaw)
    operator.grip(0.08)
    operator.go(below.position + [0, 0, 0.16], below.yaw)
    assert operator.world.success()


def test_push_by_hand(operator):
    episode = operator.reset('push', seed=3)
    target = episode.by_role(Role.TARGET)
    way = np.array([0.0, 1.0 if episode.parsed.side == 'left' else -1.0, 0.0])
    behind = target.position - (0.75 * target.size[0] + 0.025) * way
    low = np.array([0.0, 0.0, 0.02 - target.position[2]])
    operator.grip(0.0)
    operator.go(behind + [0, 0, 0.12])
    operator.go(behind + low)
    operator.go(target.position + low + 0.085 * way, seconds=1.5)
    assert operator.world.success()


def test_press_by_hand(operator):
    button = operator.reset('press', seed=3).by_role(Role.TARGET)
    operator.grip(0.0)
    operator.go(button.position + [0, 0, 0.1])
    operator.go(button.position + [0, 0, 0.019])
    assert 2.0 < -operator.world.wrench()[2] < 8.0
    operator.go(button.position + [0, 0, 0.1])
    assert operator.world.success()


def handle_of(operator):
    return true_scene(operator.world).by_role(Role.TARGET)


def test_open_by_hand(operator):
    drawer = operator.reset('open', seed=3).by_role(Role.TARGET)
    bar = handle_of(operator).position
    across = drawer.yaw + np.pi / 2  # the fingers close along x
    operator.go(bar + [0, 0, 0.12], across, seconds=1.5)
    operator.grip(0.05)
    operator.go(bar, across)
    operator.grip(0.0)
    way = -np.array([np.cos(drawer.yaw), np.sin(drawer.yaw), 0.0])
    for k in range(1, 5):
        operator.go(bar + 0.025 * k * way, across, seconds=0.4)
    operator.grip(0.05)
    assert operator.world.success()
    assert (handle_of(operator).position - bar) @ way == pytest.approx(0.1, abs=0.005)


def test_close_by_hand(operator):
    drawer = operator.reset('close', seed=3).by_role(Role.TARGET)
    bar = handle_of(operator).position
    way = np.array([np.cos(drawer.yaw), np.sin(drawer.yaw), 0.0])
    operator.grip(0.0)
    operator.go(bar - 0.05 * way + [0, 0, 0.1], drawer.yaw, seconds=1.5)
    operator.go(bar - 0.05 * way, drawer.yaw)
    operator.go(bar + (0.12 * drawer.opening - 0.018) * way, drawer.yaw, seconds=1.5)
    assert operator.world.success()


def test_things_dropped_from_high_stay_in_the_box(ur5e_operator):
    from vla_sim.faults.world_faults import move_object

    operator = ur5e_operator
    for seed in range(10):
        episode = operator.reset('put_in', seed=seed, distractors=0)
        target, box = episode.by_role(Role.TARGET), episode.by_role(Role.DESTINATION)
        high = box.position + [0.02, -0.02, 0.15]
        move_object(operator.world.model, operator.world.data, target, tuple(high))
        operator.wait(1.2)
        assert operator.world.success(), f'seed {seed}'
        assert np.linalg.norm(operator.place_of(box) - box.position) < 5e-3


def test_the_same_seed_and_commands_give_the_same_state(ur5e_operator):
    operator = ur5e_operator

    def play():
        target = operator.reset('push', seed=5).by_role(Role.TARGET)
        operator.go(target.position + [0, 0, 0.02], 0.0)
        return operator.world.data.qpos.copy()

    first = play()
    assert np.array_equal(first, play())
