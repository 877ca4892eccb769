"""One episode with the command of the controller recorded at every physics step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from functools import cache
from typing import Any

import numpy as np

from vla_bench.controllers.case import PRESENT, ControllerCase
from vla_bench.controllers.first_point_ahead import FirstPointAhead
from vla_core.frozen import Array
from vla_core.records.action import Trajectory
from vla_core.records.task import Phase
from vla_lockstep.episode_plan import EpisodePlan, Setup
from vla_lockstep.lockstep import Run
from vla_lockstep.row_log import Row
from vla_lockstep.stack import load_setup
from vla_policy.registry import load_policy
from vla_shield.monitoring.lag_estimator import LagEstimator
from vla_sim.faults.kinds import Fault, FaultKind
from vla_sim.world import Episode, SimWorld

TIMEOUT = 600.0  # s, of an episode at the lowest speed
PAYLOAD_TIME = 3.0  # s, of simulated time
LOAD, PRESS, TRACKING = 'tracking:load', 'tracking:press', 'tracking'


class RecordedWorld(SimWorld):
    """A world that keeps what its controller sends, and delays what it receives."""

    def __init__(self, case: ControllerCase, setup: Setup) -> None:
        super().__init__(setup.robot, setup.scene, case.actual)
        self.case, self._random = case, np.random.default_rng(case.seed)
        self.sent: list[Array] = []  # (n,) rad, due at the end of each physics step

    def start(self, episode: Episode) -> Episode:
        self.sent = []
        started = super().start(episode)
        if self.case.slider < 100:
            self.inject(Fault(FaultKind.SPEED_SLIDER, 0.01 * self.case.slider))
        return started

    def command(
        self, trajectory: Trajectory, arrival: float | None = None, arm: int | None = None
    ) -> str:
        delay = 1e-3 * self._random.uniform(0.0, self.case.delay_ms)
        return super().command(trajectory, self.time + delay, arm)

    def step(self) -> None:
        super().step()
        self.sent.append(self.commanded)


class CertifiedPath:
    """The certified states, and the path between them, in the time of the robot."""

    def __init__(self, share: float, lead: float) -> None:
        self._share, self._lead = share, lead  # of full speed; s, from a cycle to its state
        self._states: list[tuple[float, Array, Array]] = []  # s, (n,) rad, (n,) rad/s
        self.reports: dict[str, int] = {}  # cycles with each rule

    def tap(self, topic: str, record: Any, now: float) -> None:
        """Take a record of the run."""
        if topic == 'report':
            for rule in record.rules:
                self.reports[rule] = self.reports.get(rule, 0) + 1
        if topic == 'arm_command':
            row = record.next_row
            velocity = record.velocity[row] * self._share
            self._states.append((now + self._lead, record.position[row], velocity))

    def deviation(self, sent: Array, dt: float) -> float:
        """rad, largest distance of `sent` (k, n), due at multiples of `dt`, to the path."""
        if len(self._states) < 2:
            return 0.0  # nothing was commanded
        times = np.array([time for time, _, _ in self._states])
        grid = dt * np.arange(1, len(sent) + 1)
        inside = (times[0] <= grid) & (grid <= times[-1])
        k = np.clip(np.searchsorted(times, grid[inside]) - 1, 0, len(times) - 2)
        q = np.array([position for _, position, _ in self._states])
        v = np.array([velocity for _, _, velocity in self._states])
        h = np.diff(times)[k][:, None]
        s = ((grid[inside] - times[k]) / h[:, 0])[:, None]
        slope = (q[k + 1] - q[k]) / h
        square, cube = 3.0 * slope - 2.0 * v[k] - v[k + 1], v[k] + v[k + 1] - 2.0 * slope
        path = q[k] + h * s * (v[k] + s * (square + s * cube))
        return float(np.abs(sent[inside] - path).max())


@cache
def _setup(robot: str) -> Setup:
    setup = load_setup(robot).without_monitors()
    return replace(setup, host=replace(setup.host, timeout=TIMEOUT))


def play(case: ControllerCase) -> Row:
    """Run one episode in lockstep (in a worker process)."""
    usual = _setup(case.robot)
    scene = replace(
        usual.scene,
        servo_lag=1e-3 * case.lag_ms,
        servo_response=case.response,
        servo_bandwidth=case.bandwidth,
    )
    setup = replace(usual, robot=case.described_robot(), scene=scene)
    lead = setup.host.period + case.contract.latency
    world, certified = RecordedWorld(case, setup), CertifiedPath(0.01 * case.slider, lead)
    policy = load_policy('scripted', setup.robot)
    episode = world.reset(case.task, case.seed)
    run = Run(setup, world, policy, certified.tap)
    if case.rules != PRESENT:
        run.shield = FirstPointAhead(run.shield)  # type: ignore[assignment]
    with _fixed_lag(case.rules != PRESENT):
        run.bring_up()
        run.start_task(episode.instruction, case.seed)
        began = world.time
        while not run.is_over and world.time - began < TIMEOUT:
            _load_payload(world, case, run)
            run.cycle()
    result = run.result(EpisodePlan(case.task, case.seed), episode, began)
    world.close()
    return {
        **asdict(case), 'success': result.success, 'code': result.code.name,
        'text': result.text, 'duration': result.duration, **measured(world, certified),
    }  # fmt: skip


def _load_payload(world: RecordedWorld, case: ControllerCase, run: Run) -> None:
    is_running = run.status is not None and run.status.phase == Phase.RUNNING
    is_due = case.payload > 0.0 and world.time >= PAYLOAD_TIME and is_running
    if is_due and not world.faults.has(FaultKind.PAYLOAD):
        world.inject(Fault(FaultKind.PAYLOAD, case.payload))


@contextmanager
def _fixed_lag(is_fixed: bool) -> Iterator[None]:
    """The rule until 989e7c7: every lag beyond that of a fast servo is a fault."""
    update = LagEstimator.update
    if is_fixed:
        LagEstimator.update = _assume_known  # type: ignore[method-assign]
    try:
        yield
    finally:
        LagEstimator.update = update  # type: ignore[method-assign]


def _assume_known(self: LagEstimator, q: Array, commands: Array) -> None:
    self.is_known = True


def measured(world: RecordedWorld, certified: CertifiedPath) -> Row:
    """What the controller sent, against the limits of the joints and the certified path."""
    limits, dt = world.robot.limits, world.scene.timestep
    sent = np.array(world.sent)
    speed = np.diff(sent, axis=0) / dt
    acceleration = np.diff(speed, axis=0) / dt
    return {
        'commands': len(sent),
        'step_mrad': 1e3 * dt * float(np.abs(speed).max()),
        'velocity': float((np.abs(speed) / limits.velocity).max()),
        'acceleration': float((np.abs(acceleration) / limits.acceleration).max()),
        'deviation_mrad': 1e3 * certified.deviation(sent, dt),
        'travel': float(np.abs(speed).sum(axis=0).max() * dt),
        'load_cycles': certified.reports.get(LOAD, 0),
        'press_cycles': certified.reports.get(PRESS, 0),
        'error_cycles': certified.reports.get(TRACKING, 0),
    }
