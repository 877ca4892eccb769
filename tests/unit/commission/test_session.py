"""Which step blocks which; nothing moves before the joint states are confirmed."""

import numpy as np
import pytest
from clean_robot import ROBOT, clean_facts

from vla_commission.finding import Status, fail, ok
from vla_commission.motion.guide import Guide, MotionError
from vla_commission.session import Session, SessionOptions
from vla_commission.state import StepResult, load_state
from vla_core.records.safety import Decision
from vla_core.records.sensing import JointState


class StillRig:
    """A robot that never moves, unless `jumps`."""

    def __init__(self, jumps=0.0):
        self.robot, self.now, self.finger, self.certified, self.report = (
            ROBOT,
            0.0,
            0.04,
            None,
            None,
        )
        self.jumps, self.is_armed, self.commands = jumps, False, 0
        self.q = np.array(ROBOT.home)

    @property
    def joints(self):
        return JointState(self.now, ROBOT.joint_names, self.q, np.zeros(6))

    def observe(self, seconds):
        return clean_facts()

    def frame(self, camera):
        return 'no camera'

    def arm(self):
        self.is_armed = True
        return ''

    def disarm(self):
        self.is_armed = False

    def silence(self):
        return None

    def command(self, q, velocity, opening):
        self.commands += 1

    def cycle(self):
        self.now += 0.01
        if self.is_armed:
            self.q[2] += self.jumps


class Nobody:
    """Answers no."""

    def ask(self, key, question, picture=None):
        return False

    def turn(self, joint, angle):
        raise AssertionError('nobody turns a joint')

    def is_holding(self):
        return True


def session(tmp_path, rig, **options):
    state = load_state(tmp_path, ROBOT)
    return Session(rig, Nobody(), state, SessionOptions(**options), lambda _: None)


def test_without_confirmed_joint_states_nothing_moves(tmp_path):
    rig = StillRig()
    found = session(tmp_path, rig, e_stop='none').run()
    assert 'joints.unconfirmed' in [f.check for f in found]
    assert rig.commands == 0


def test_passive_moves_nothing(tmp_path):
    rig = StillRig()
    session(tmp_path, rig, e_stop='none', moves=False).run()
    assert rig.commands == 0


@pytest.mark.parametrize(
    'check', ['joints.unit', 'rival.command', 'stamps.offset', 'e_stop.absent']
)
def test_a_failed_check_blocks_motion_and_is_named(tmp_path, check):
    made = session(tmp_path, StillRig())
    made.state.put('observe', StepResult((fail(check, 'a', 'b'), ok('x', 'y'))))
    assert check in made.blocked('sine')
    assert check in made.blocked('camera')


def test_a_failed_camera_blocks_only_the_camera(tmp_path):
    made = session(tmp_path, StillRig())
    made.state.put('observe', StepResult((fail('camera.pairing', 'a', 'b'),)))
    assert made.blocked('sine') == ''
    assert 'camera.pairing' in made.blocked('camera')


def test_an_arm_that_moves_when_it_is_to_stay_is_disarmed():
    rig = StillRig(jumps=0.005)
    with pytest.raises(MotionError, match=ROBOT.joint_names[2]):
        Guide(rig).begin()
    assert not rig.is_armed
    assert rig.now < 1.0


def test_an_arm_that_stays_is_armed():
    rig = StillRig()
    assert np.array_equal(Guide(rig).begin(), ROBOT.home)
    assert rig.is_armed


def test_a_shield_that_holds_ends_the_motion():
    rig = StillRig()
    guide = Guide(rig)
    q = guide.begin()

    class Held:
        decision, reason = Decision.HOLD, 'the dead-man switch is released'

    rig.report = Held()
    with pytest.raises(MotionError, match='dead-man'):
        guide.hold(q, 5.0)
    assert not rig.is_armed


def test_findings_of_skipped_steps_say_why(tmp_path):
    found = session(tmp_path, StillRig(), e_stop='none', moves=False).run()
    skipped = [f for f in found if f.status == Status.SKIPPED]
    assert all(f.text for f in skipped)
