"""One commissioning of a simulated robot with one mistake, or none."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from vla_bench.commission.driver import SimulatedDriver
from vla_bench.commission.graph import add_graph
from vla_bench.commission.mistakes import CLEAN, Mistake, mistakes, true_contract
from vla_bench.commission.rig import HOLDER, LockstepRig
from vla_commission.collector import Collector
from vla_commission.facts import Facts
from vla_commission.finding import Finding, Status
from vla_commission.motion.rig import PERIOD
from vla_commission.session import Session, SessionOptions
from vla_commission.state import load_state
from vla_core.params import load_params
from vla_core.records.action import Trajectory
from vla_core.robot.config import load_robot
from vla_core.robot.topic_names import resolved
from vla_core.stack_root import stack_root
from vla_shield.params import ShieldParams
from vla_sim.scenes.scene_params import SceneParams
from vla_sim.world import SimWorld

JOG = 1.0  # s, for a joint that the person turns
OBSERVED = 2.0  # s
TASK = 'press'  # a table with little on it
GAP = 0.12  # of the range of the gripper, that a person does not see


@dataclass(frozen=True)
class CommissionTrial:
    """Which trial; 'clean' is no mistake."""

    robot: str
    mistake: str = CLEAN.name
    seed: int = 1


@dataclass(frozen=True)
class CommissionOutcome:
    """What was found."""

    is_named: bool  # a finding that is expected, with the expected words
    others: tuple[str, ...]  # further failed findings and warnings
    named: str = ''  # the text of the finding
    seconds: float = 0.0  # of this process


class LockstepPerson:
    """Answers from the truth of the simulation, and jogs joints with the pendant."""

    def __init__(self, rig: LockstepRig) -> None:
        self._rig, self._world = rig, rig.driver.world

    def ask(self, key: str, question: str, picture: Path | None = None) -> bool:
        kind, _, what = key.partition('.')
        if kind == 'colours':
            return not self._rig.driver.faults.is_bgr
        if kind == 'gripper':
            return self._sees_gripper(what)
        return key == 'hand'

    def _sees_gripper(self, what: str) -> bool:
        """Compares the true opening with what was asked for."""
        true, declared = self._world.robot.gripper, self._rig.robot.gripper
        state = self._world.joint_state()
        gap = true.opening(float(state.position[state.names.index(true.joint)]))
        asked = {
            'open': true.open_width,
            'half': 0.5 * (declared.closed_width + declared.open_width),
            'closed': true.closed_width,
        }[what]
        return abs(gap - asked) <= GAP * (true.open_width - true.closed_width)

    def turn(self, joint: str, angle: float) -> None:
        robot, world = self._world.robot, self._world
        q = world.joint_state().select(robot.joint_names)[0].copy()
        q[robot.joint_names.index(joint)] += angle
        zero = np.zeros_like(q)
        world.command(Trajectory(
            0.0, robot.joint_names, np.array([JOG]), np.array([q]), np.array([zero])
        ))  # fmt: skip
        for _ in range(round(1.2 * JOG / PERIOD)):
            self._rig.cycle()

    def is_holding(self) -> bool:
        return True


class ObservedRig(LockstepRig):
    """The rig, with the graph around the robot."""

    mistake: Mistake

    def observe(self, seconds: float) -> Facts:
        facts = Facts(own=(HOLDER, '/shield'), duration=seconds)
        self.collector = Collector(facts)
        for _ in range(round(seconds / PERIOD)):
            self.cycle()
        self.collector = None
        add_graph(facts, self.robot, self.driver, self.mistake.graph)
        if self.mistake.graph.mistyped:
            facts.joints.clear()
        return facts


def mistake_of(trial: CommissionTrial) -> Mistake:
    """The mistake of a trial."""
    if trial.mistake == CLEAN.name:
        return CLEAN
    return next(m for m in mistakes(resolved(load_robot(trial.robot))) if m.name == trial.mistake)


def rig_of(trial: CommissionTrial, mistake: Mistake) -> ObservedRig:
    """A fresh world with its drivers and a shield."""
    robot = resolved(load_robot(trial.robot))
    true, declared = mistake.true(robot), mistake.declared(robot)
    scene = load_params(SceneParams, stack_root() / 'config/scenes/tabletop.yaml')
    contract = true_contract(true, mistake)
    world = SimWorld(true, dataclasses.replace(scene, **mistake.scene), contract)
    world.reset(TASK, trial.seed)
    driver = SimulatedDriver(world, mistake.driver, contract)
    rig = ObservedRig(declared, driver, ShieldParams(required_voters=('commission',)))
    rig.mistake = mistake
    return rig


def play(trial: CommissionTrial) -> CommissionOutcome:
    """Commission until the mistake is named, or to the end."""
    began, mistake = time.monotonic(), mistake_of(trial)
    rig = rig_of(trial, mistake)
    with tempfile.TemporaryDirectory() as folder:
        options = SessionOptions(OBSERVED)
        state = load_state(Path(folder), rig.robot)
        session = Session(rig, LockstepPerson(rig), state, options, lambda _: None)
        for name in session.steps:
            session.do(name)
            if named(mistake, session.findings):
                break
        found = session.findings
    rig.driver.world.close()
    return judged(mistake, found, time.monotonic() - began)


def named(mistake: Mistake, found: list[Finding]) -> Finding | None:
    """The finding that names the mistake."""
    for finding in bad(found):
        text = f'{finding.text} {finding.change}'
        if finding.check.startswith(mistake.checks) and all(w in text for w in mistake.words):
            return finding
    return None


def bad(found: list[Finding]) -> list[Finding]:
    """Failed findings and warnings."""
    return [f for f in found if f.status in (Status.FAIL, Status.WARNING)]


def judged(mistake: Mistake, found: list[Finding], seconds: float) -> CommissionOutcome:
    """The outcome of the findings."""
    hit = named(mistake, found) if mistake.checks else None
    others = tuple(f.line for f in bad(found) if f is not hit)
    return CommissionOutcome(hit is not None, others, hit.line if hit else '', seconds)
