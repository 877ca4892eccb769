"""Roll-back: only as far as needed, slowly, and the gripper opens only above a support."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from vla_control.moves.contact_estimator import ContactEstimator, distance, drop_height
from vla_control.moves.executed_path import MAX_POINTS, ExecutedPath, PathPoint
from vla_control.tracking.arm_measurement import ArmMeasurement
from vla_core.records.action import Contact, Source
from vla_core.records.safety import Decision
from vla_core.records.scene import GroundedObject, GroundedScene, ParsedTask, Role, TargetStatus
from vla_core.records.task import Phase
from vla_core.robot.config import load_robot

GRIPPER = load_robot('ur5e').gripper
DT = 0.01  # s, of the bench
WIDTH = 0.04  # m, of the object


def scene_object(position: Any, held: bool = False, **more: Any) -> GroundedObject:
    given = {'id': 1, 'shape': 'cube', 'size': (0.04, 0.04, 0.04), **more}
    return GroundedObject(
        given['id'], 'red cube', 'red', given['shape'], Role.TARGET, 1.0, np.array(position), 0.0,
        np.array(given['size']), 0.001, is_held=held,
    )  # fmt: skip


def scene(stamp: float, *objects: GroundedObject) -> GroundedScene:
    return GroundedScene(stamp, 'task', ParsedTask(), objects, TargetStatus.PRESENT)


class Gripper:
    """Simulated fingers: they close on an object of WIDTH, and stop there while `has_object`."""

    def __init__(self, bench: Any) -> None:
        self.bench, self.opening, self.commanded, self.has_object = bench, 0.08, 0.08, True
        self.sees = True  # perception shows the object in the gripper
        self.lift = 0.0  # m, of the table: the object was picked up from z = 0

    def step(self) -> None:
        bench = self.bench
        least = WIDTH if self.has_object else 0.0
        self.opening += float(np.clip(self.commanded - self.opening, -0.002, 0.002))
        self.opening = max(self.opening, least if self.commanded < WIDTH else 0.0)
        bench.opening = self.opening
        if round(bench.now / DT) % 10 == 0:
            is_held = self.opening <= WIDTH + 1e-6
            z = bench.tool[2] - self.grasped + 0.02 if is_held and self.sees else 0.02
            bench.controller.on_scene(
                scene(bench.now, scene_object((*bench.tool[:2], z), is_held))
            )
        self.commanded = bench.step().gripper

    grasped = 0.0  # m, height of the tool when the gripper closed


@pytest.fixture
def gripper(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Gripper:
    made = Gripper(bench)
    plain = bench.sense

    def sense(**changes: Any) -> None:
        names = (*bench.robot.joint_names, bench.robot.gripper.joint)
        q = np.r_[bench.q, made.opening / 2]
        plain(**{'names': names, 'position': q, **changes})

    monkeypatch.setattr(bench, 'sense', sense)
    return made


def drive(gripper: Gripper, rows: np.ndarray, opening: float, seconds: float) -> None:
    """Play a chunk with the fingers at `opening` to its end."""
    gripper.bench.send(np.hstack([rows, np.full((len(rows), 1), opening)]))
    for _ in range(round(seconds / DT)):
        gripper.step()


def line(x: float = 0.0, z: float = 0.0, rows: int = 16) -> np.ndarray:
    return np.linspace(0, 1, rows)[:, None] * np.array([x, 0, z, 0, 0, 0])


def carry(gripper: Gripper) -> np.ndarray:
    """Down, close, up, aside; return the tool position where the gripper closed."""
    gripper.bench.phase(Phase.RUNNING)
    drive(gripper, line(z=-0.1), 0.08, 1.6)
    gripper.grasped = float(gripper.bench.tool[2])
    at = gripper.bench.tool.copy()
    drive(gripper, line(rows=8), 0.0, 1.0)
    drive(gripper, line(z=0.08), 0.0, 1.6)
    drive(gripper, line(x=0.08), 0.0, 1.6)
    assert gripper.bench.controller.state(gripper.bench.now).contact == Contact.HOLDING
    return at


def back(gripper: Gripper, seconds: float = 30.0) -> list[tuple[np.ndarray, float]]:
    """Roll back; return (tool, opening) of every cycle."""
    bench, trace = gripper.bench, []
    bench.phase(Phase.ROLLBACK)
    for _ in range(round(seconds / DT)):
        gripper.step()
        trace.append((bench.tool.copy(), gripper.opening))
        if bench.controller.state(bench.now).move_done:
            break
    return trace


def test_a_held_object_is_put_back_and_the_gripper_departs_along_its_approach(gripper):
    at = carry(gripper)
    trace = back(gripper)
    state = gripper.bench.controller.state(gripper.bench.now)
    assert state.move_done
    assert state.contact == Contact.NONE
    assert state.move_problem == ''
    opened = next(tool for tool, opening in trace if opening > WIDTH + 0.001)
    assert opened == pytest.approx(at, abs=0.004)
    away = gripper.bench.tool - at
    assert away[2] == pytest.approx(gripper.bench.controller.params.rollback_clearance, abs=0.02)
    assert np.hypot(*away[:2]) < 0.005
    gripper.bench.assert_smooth()


def test_a_rollback_is_at_most_half_as_fast(gripper):
    carry(gripper)
    trace = back(gripper)
    tools = np.array([tool for tool, _ in trace])
    speed = np.linalg.norm(np.diff(tools, axis=0), axis=1) / DT
    assert speed.max() <= 0.5 * gripper.bench.controller.params.tcp_speed * 1.05


def test_a_rollback_is_sent_as_planned_targets(gripper):
    carry(gripper)
    gripper.bench.phase(Phase.ROLLBACK)
    for _ in range(100):
        gripper.step()
    assert gripper.bench.targets[-1].source == Source.PLANNER


def test_a_hold_during_a_rollback_only_delays_it(gripper):
    at = carry(gripper)
    gripper.bench.phase(Phase.ROLLBACK)
    aside = []  # m, from where the gripper closed
    for k in range(600):
        gripper.bench.decision = Decision.HOLD if k % 150 < 60 else Decision.PASS
        gripper.bench.is_stuck = gripper.bench.decision == Decision.HOLD
        gripper.step()
        aside.append(float(np.hypot(*(gripper.bench.tool - at)[:2])))
    regained = np.array(aside) - np.minimum.accumulate(aside)
    assert regained.max() <= 0.01  # never forward again
    gripper.bench.decision, gripper.bench.is_stuck = Decision.PASS, False
    for _ in range(1500):
        gripper.step()
    state = gripper.bench.controller.state(gripper.bench.now)
    assert state.move_done
    assert np.hypot(*(gripper.bench.tool - at)[:2]) < 0.006


def test_without_a_support_the_object_is_lowered_before_the_gripper_opens(gripper):
    carry(gripper)
    gripper.grasped -= 0.06  # perception: the support is gone
    trace = back(gripper)
    state = gripper.bench.controller.state(gripper.bench.now)
    assert state.move_done
    opened = next(tool for tool, opening in trace if opening > WIDTH + 0.001)
    assert opened[2] == pytest.approx(gripper.grasped, abs=0.006)


def test_without_a_scene_the_gripper_does_not_open(gripper):
    carry(gripper)
    bench = gripper.bench
    bench.phase(Phase.ROLLBACK)
    bench.controller.on_scene = lambda _: None  # no scenes from now on
    for _ in range(1500):
        gripper.step()
    state = bench.controller.state(bench.now)
    assert not state.move_done
    assert 'no scene shows' in state.move_problem
    assert gripper.opening == pytest.approx(WIDTH)


def test_a_gripper_that_does_not_open_is_reported(gripper):
    carry(gripper)
    plain = gripper.step

    def jammed() -> None:
        gripper.commanded = 0.0
        plain()

    gripper.bench.phase(Phase.ROLLBACK)
    for _ in range(1800):
        jammed()
    state = gripper.bench.controller.state(gripper.bench.now)
    assert state.move_problem == 'the gripper does not open'
    assert not state.move_done


def test_time_held_by_the_shield_does_not_count_towards_the_opening_timeout(gripper):
    carry(gripper)
    bench = gripper.bench
    bench.phase(Phase.ROLLBACK)
    seen = set()
    while bench.controller.phase_move.opening() is None:
        gripper.step()
    for k in range(500):
        bench.decision = Decision.HOLD if k < 300 else Decision.PASS
        if bench.decision == Decision.HOLD:
            gripper.commanded = 0.0  # the shield keeps the fingers where they are
        gripper.step()
        seen.add(bench.controller.state(bench.now).move_problem)
    assert seen == {''}
    assert gripper.opening > WIDTH + 0.01


def test_without_contact_only_a_short_path_is_rolled_back(gripper):
    gripper.bench.phase(Phase.RUNNING)
    drive(gripper, line(x=0.2), 0.08, 1.6)
    where = gripper.bench.tool.copy()
    back(gripper)
    assert gripper.bench.controller.state(gripper.bench.now).move_done
    assert np.linalg.norm(gripper.bench.tool - where) <= 0.1


# -- memory ------------------------------------------------------------------------------------


def point(k: float, contact: Contact = Contact.NONE, opening: float = 0.08) -> PathPoint:
    return PathPoint(k, np.full(6, 0.01 * k), np.array([0.01 * k, 0.0, 0.3]), opening, contact)


def test_the_gripper_closed_where_the_fingers_stopped_not_where_it_was_detected():
    memory = ExecutedPath()
    for k in range(5):
        memory.put(point(k))
    for k, opening in ((5, 0.05), (6, 0.04), (7, 0.04)):
        memory.put(point(k, opening=opening))
    for k in range(8, 12):
        memory.put(point(k, Contact.HOLDING, 0.04))
    touched, free = memory.back_to_free(1.0)
    assert [p.stamp for p in touched] == [11, 10, 9, 8, 7, 6]
    assert [p.stamp for p in free] == [5, 4, 3, 2, 1, 0]


def test_the_free_path_ends_where_another_object_was_touched():
    memory = ExecutedPath()
    kinds = [Contact.TOUCHING] * 2 + [Contact.NONE] * 3 + [Contact.TOUCHING] * 2
    for k, kind in enumerate(kinds):
        memory.put(point(k, kind, 0.0))
    touched, free = memory.back_to_free(1.0)
    assert [p.stamp for p in touched] == [6, 5]
    assert [p.stamp for p in free] == [4, 3, 2]


def test_the_path_is_bounded_and_keeps_both_ends_of_a_contact():
    memory = ExecutedPath()
    for k in range(50):
        memory.put(point(k))
    for k in range(50, 20_000):
        memory.put(point(k, Contact.HOLDING, 0.04))
    assert len(memory.points) <= MAX_POINTS
    assert memory.points[-1].stamp == 19_999
    touched, free = memory.back_to_free(0.2)
    assert touched[-1].stamp == 50
    assert free


def test_without_contact_little_is_kept():
    memory = ExecutedPath()
    for k in range(5000):
        memory.put(point(k))
    assert len(memory.points) <= 400


def test_a_jump_of_the_arm_discards_the_path_before_it():
    memory = ExecutedPath()
    memory.put(point(1))
    memory.put(point(100))
    assert [p.stamp for p in memory.points] == [100]


# -- contact -----------------------------------------------------------------------------------


def feel(
    openings: list[float], commanded: float, sense: ContactEstimator | None = None
) -> Contact:
    sense = sense or ContactEstimator(GRIPPER)
    for k, opening in enumerate(openings):
        measured = ArmMeasurement(DT * k, np.zeros(6), np.zeros(6), opening)
        sense.update(measured, commanded, np.array([0.4, 0.0, 0.02]))
    return sense.contact


def test_fingers_that_stop_wider_than_commanded_hold_an_object():
    assert feel([0.06, 0.05, 0.04, *[0.04] * 6], 0.0) == Contact.HOLDING


@pytest.mark.parametrize(
    ('openings', 'commanded'),
    [
        ([0.06, 0.055, 0.05, 0.045], 0.0),  # closing
        ([0.0] * 10, 0.0),  # closed on nothing
        ([0.08] * 10, 0.08),  # open
        ([0.04] * 10, 0.04),  # half open, as commanded
        ([0.04] * 10, 0.08),  # about to release
    ],
)
def test_fingers_that_follow_their_command_hold_nothing(openings, commanded):
    assert feel(openings, commanded) == Contact.NONE


def test_a_shaking_arm_does_not_lose_what_it_holds():
    assert feel([*[0.04] * 8, 0.0405, 0.0398, 0.0404], 0.0) == Contact.HOLDING


def test_an_object_that_slips_out_is_not_held():
    assert feel([*[0.04] * 8, 0.02, 0.001, *[0.0] * 6], 0.0) == Contact.NONE


def test_fingers_that_open_slowly_hold_nothing_despite_an_old_scene():
    sense = ContactEstimator(GRIPPER)
    sense.scene = scene(0.1, scene_object((0.4, 0.0, 0.02), held=True))
    assert (
        feel([0.04] * 8, 0.04, sense) == Contact.HOLDING
    )  # seen as held, although commanded as wide
    for k, opening in enumerate([*np.arange(0.041, 0.06, 0.001), *[0.06] * 8]):
        measured = ArmMeasurement(0.2 + DT * k, np.zeros(6), np.zeros(6), float(opening))
        sense.update(measured, float(opening) + 0.001, np.array([0.4, 0.0, 0.02]))
    assert sense.contact == Contact.NONE


def test_a_closed_gripper_at_an_object_touches_it():
    sense = ContactEstimator(GRIPPER)
    sense.scene = scene(0.0, scene_object((0.4, 0.03, 0.02)))
    assert feel([0.0] * 3, 0.0, sense) == Contact.TOUCHING
    sense.scene = scene(0.0, scene_object((0.4, 0.08, 0.02)))
    assert feel([0.0] * 3, 0.0, sense) == Contact.NONE


def test_distance_is_to_the_turned_box():
    box = replace(scene_object((0.0, 0.0, 0.0), size=(0.2, 0.02, 0.02)), yaw=np.pi / 2)
    assert distance(box, np.array([0.0, 0.15, 0.0])) == pytest.approx(0.05)
    assert distance(box, np.array([0.0, 0.05, 0.0])) == 0.0


@pytest.mark.parametrize(
    ('z', 'under', 'gap'),
    [
        (0.02, (), 0.0),  # on the table
        (0.12, (), 0.1),
        (0.06, ((0.0, 0.0, 0.02),), 0.0),  # on another cube
        (0.06, ((0.1, 0.0, 0.02),), 0.04),  # beside it
    ],
)
def test_drop_height(z, under, gap):
    held = scene_object((0.0, 0.0, z), held=True, id=9)
    others = [scene_object(place, id=k) for k, place in enumerate(under)]
    assert drop_height(held, scene(0.0, held, *others)) == pytest.approx(gap)
