"""Faults played on the robot during a slow motion, each with the person's consent, and measured
against the bounds that the README states."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, nan, pi, sin
from typing import Protocol

import numpy as np

from vla_commission.motion.guide import HOLDS, TIP_SPEED, Guide, MotionError
from vla_commission.motion.person import Person
from vla_commission.motion.rig import PERIOD
from vla_commission.motion.stop import LATE, StopMeasurement, measure
from vla_core.frozen import Array
from vla_core.robot.model import RobotModel

FREQUENCY = 0.08  # Hz, of the slow motion
WAIT = 30.0  # s, for a fault that the person provokes
SETTLE = 2.0  # s of slow motion before the fault
AFTER = 1.5  # s, in which the arm comes to rest
SHOWN = 4  # reasons at most
MARGIN = 0.05  # s, of a cycle of this process and the path of a message


class Provoker(Protocol):
    """Makes the faults: in simulation by itself, on a real robot by the person."""

    def begin(self, fault: str) -> None:
        """Provoke the fault, or tell the person to do it now."""

    def end(self, fault: str) -> None:
        """Remove it, or tell the person to."""

    def began_at(self, fault: str) -> float:
        """s, ROS time, since when the fault acts as the data shows; NaN before it does."""


@dataclass(frozen=True)
class RehearsalCase:
    """One fault, as the table of the README has it."""

    fault: str
    question: str
    reaction: str  # expected
    bound: float  # s, from the fault to the reaction
    words: tuple[str, ...] = ()  # one of them is in the reason of the shield: this fault, no other


CASES = (
    RehearsalCase('shield', 'Kill the shield during a slow motion?',
                  'the controller plays the certified stop', 0.1),
    RehearsalCase('policy', 'Silence the source of the motion, as a killed policy does?',
                  'the shield holds', 0.5, ('target',)),
    RehearsalCase('camera', 'Cover the camera during a slow motion?', 'the shield holds', 0.5,
                  ('grounding', 'scene', 'image')),
    RehearsalCase('joint_states', 'Cut the joint states during a slow motion?',
                  'the shield brakes', 0.05, ('joint',)),
    RehearsalCase('vendor_stop', 'Press the stop of the robot itself during a slow motion?',
                  'the shield holds before the command is 0.1 rad ahead', 1.0 / FREQUENCY,
                  ('follow', 'track', 'change', 'behind', 'commanded')),
)  # fmt: skip


@dataclass(frozen=True)
class RehearsalResult:
    """One row of the site sheet."""

    case: RehearsalCase
    outcome: str  # 'kept', 'missed', 'not rehearsed'
    seconds: float  # from the fault to the reaction; NaN: none
    distance: float  # m of the tip from the fault to rest
    text: str


def rehearse(
    guide: Callable[[], Guide], person: Person, provoker: Provoker,
    report: Callable[[str], None],
) -> list[RehearsalResult]:  # fmt: skip
    """All faults in turn."""
    results = []
    for case in CASES:
        if not person.ask(f'rehearse.{case.fault}', case.question):
            results.append(RehearsalResult(case, 'not rehearsed', nan, nan, 'without consent'))
        else:
            results.append(_one(case, guide(), provoker))
        report(f'{case.fault}: {results[-1].outcome}: {results[-1].text}')
    return results


def _one(case: RehearsalCase, guide: Guide, provoker: Provoker) -> RehearsalResult:
    try:
        if case.fault == 'shield':
            return _killed(case, guide)
        return _played(case, guide, provoker)
    except MotionError as error:
        return RehearsalResult(case, 'missed', nan, nan, str(error))
    finally:
        guide.finish()
        guide.rig.start_shield()


def _killed(case: RehearsalCase, guide: Guide) -> RehearsalResult:
    stop: StopMeasurement = measure(guide)
    lag = guide.rig.robot.arm.controller.lag
    is_kept = stop.time <= stop.certified_time + lag + LATE and stop.error <= 0.01
    text = (
        f'at rest after {stop.time * 1e3:.0f} ms (certified {stop.certified_time * 1e3:.0f} ms), '
        f'{stop.distance * 1e3:.1f} mm (certified {stop.certified_distance * 1e3:.1f} mm)'
    )
    return RehearsalResult(case, _word(is_kept), stop.time, stop.distance, text)


def _played(case: RehearsalCase, guide: Guide, provoker: Provoker) -> RehearsalResult:
    """Move slowly, provoke the fault, and wait for the shield."""
    motion = _SlowMotion(guide)
    motion.play(SETTLE)
    provoker.begin(case.fault)
    if case.fault == 'policy':
        guide.rig.silence()
    reacted, end, others = nan, guide.rig.now + WAIT, set[str]()
    began = provoker.began_at(case.fault)
    while guide.rig.now < end and not isfinite(reacted):
        motion.cycle(is_sent=case.fault != 'policy')
        began = provoker.began_at(case.fault)
        report = guide.rig.report
        if isfinite(began) and report is not None and report.stamp >= began:
            is_it = any(word in report.reason for word in case.words)
            reacted = report.stamp if report.decision in HOLDS and is_it else nan
            others.add(f'{report.decision.name} {report.reason}'.strip())
    reason = guide.rig.report.reason if guide.rig.report is not None else ''
    distance = motion.rest(began)
    provoker.end(case.fault)
    if not isfinite(began):
        return RehearsalResult(case, 'not rehearsed', nan, nan, 'the fault was not observed')
    if not isfinite(reacted):
        text = (
            f'no reaction within {WAIT:g} s; the shield said: {", ".join(sorted(others)[:SHOWN])}'
        )
        return RehearsalResult(case, 'missed', nan, distance, text)
    seconds = reacted - began
    text = f'{seconds * 1e3:.0f} ms, {distance * 1e3:.1f} mm: {reason}'
    return RehearsalResult(case, _word(seconds <= case.bound + MARGIN), seconds, distance, text)


def _word(is_kept: bool) -> str:
    return 'kept' if is_kept else 'missed'


class _SlowMotion:
    """The first joint to and fro at TIP_SPEED."""

    def __init__(self, guide: Guide) -> None:
        self._guide, self._model = guide, RobotModel(guide.rig.robot)
        self._q = guide.begin()
        reach = max(0.05, float(np.linalg.norm(self._model.jacobian(self._q)[:3, 0])))
        self._amplitude = TIP_SPEED / (2.0 * pi * FREQUENCY * reach)
        self._time = 0.0
        self._path: list[tuple[float, Array]] = []  # s and m of the tip

    def play(self, seconds: float) -> None:
        for _ in range(round(seconds / PERIOD)):
            self.cycle(is_sent=True)

    def cycle(self, is_sent: bool) -> None:
        """One cycle; while the shield holds, the motion stands as well."""
        rig, self._time = self._guide.rig, self._time + PERIOD
        if is_sent:
            omega = 2.0 * pi * FREQUENCY
            target, velocity = self._q.copy(), np.zeros(len(self._q))
            ramp = min(1.0, self._time)
            target[0] += self._amplitude * ramp * sin(omega * self._time)
            velocity[0] = self._amplitude * ramp * omega * np.cos(omega * self._time)
            rig.command(target, velocity, self._guide.opening)
        rig.cycle()
        if rig.joints is not None:
            self._path.append((rig.now, self._model.fk(self._guide.q)[:3, 3]))

    def rest(self, began: float) -> float:
        """Stop commanding; m of the tip from `began` to its rest."""
        rig = self._guide.rig
        rig.silence()
        for _ in range(round(AFTER / PERIOD)):
            self.cycle(is_sent=False)
        before = [place for time, place in self._path if time <= began] or [self._path[0][1]]
        return float(np.linalg.norm(self._path[-1][1] - before[-1]))
