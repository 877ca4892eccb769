"""A small sine of each joint: which joint answers, its sign, scale, lag and offset."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, pi

import numpy as np

from vla_commission.finding import Finding, fail, ok, warning
from vla_commission.motion.guide import TIP_SPEED, Guide, MotionError, MotionRecording
from vla_commission.motion.rig import PERIOD
from vla_core.frozen import Array
from vla_core.robot.config import RobotConfig
from vla_core.robot.model import RobotModel

AMPLITUDE = 0.04  # rad, at most
FREQUENCY = 0.4  # Hz
PERIODS = 1.5
LAGS = np.arange(-0.04, 0.30, 0.004)  # s, that are tried
LET_THROUGH = 0.5  # of the reference; less does not show how a joint follows
ANSWERS = 0.3  # gain from which a joint answers
SCALE = (0.85, 1.15)  # gain of a joint that follows
LAG_TOLERANCE = 0.03  # s, of the measured lag against the declared one
OFFSET = 0.01  # rad, of the measured position from the commanded one
VELOCITY = (0.8, 1.25)  # reported velocity over the differentiated position
DEGREES = 180.0 / pi


@dataclass(frozen=True)
class SineResponse:
    """How the joints answer to the sine of one."""

    joint: str
    gains: Array  # (n,) of each joint
    lag: float  # s, of the joint that answers
    share: float  # of the reference, that the shield let through
    offset: float  # rad, measured minus commanded, of the joint itself
    velocity: float  # reported over differentiated; NaN: none is reported
    time: Array  # (k,) s
    commanded: Array  # (k,) rad
    measured: Array  # (k,) rad, of the joint that answers


def excite(guide: Guide, index: int) -> SineResponse:
    """Play one joint's sine; the arm begins and ends at rest at the same q."""
    rig, q = guide.rig, guide.q
    names, omega = rig.robot.joint_names, 2.0 * pi * FREQUENCY
    amplitude = _amplitude(rig.robot, q, index, omega)
    guide.recording = recording = MotionRecording()
    length = PERIODS / FREQUENCY
    for k in range(ceil(length / PERIOD)):
        t = k * PERIOD
        ramp = min(1.0, t * FREQUENCY * 2.0, (length - t) * FREQUENCY * 2.0)
        target, velocity = q.copy(), np.zeros(len(q))
        target[index] += amplitude * ramp * np.sin(omega * t)
        velocity[index] = amplitude * ramp * omega * np.cos(omega * t)
        guide.step(target, velocity)
    guide.hold(q, 0.3)
    return analysed(recording, names, index, amplitude)


def _amplitude(robot: RobotConfig, q: Array, index: int, omega: float) -> float:
    """rad, so that the tip is slow."""
    reach = float(np.linalg.norm(RobotModel(robot).jacobian(q)[:3, index]))
    return min(AMPLITUDE, TIP_SPEED / (omega * max(reach, 0.05)))


def analysed(
    recording: MotionRecording, names: tuple[str, ...], index: int, amplitude: float
) -> SineResponse:
    """Fit each measured joint by the commanded one, delayed and scaled."""
    due, stamps = np.array(recording.due), np.array(recording.stamps)
    commanded = np.array(recording.certified)[:, index]
    measured = np.array(recording.measured)
    kept = (stamps > due[0] + 0.3) & (stamps < due[-1])
    stamps, measured = stamps[kept], measured[kept]
    velocity = np.array(recording.velocity)[kept]
    fits = [_fit(due, commanded, stamps, measured[:, j]) for j in range(len(names))]
    gains = np.array([gain for gain, _, _ in fits])
    answering = int(np.argmax(np.abs(gains)))
    offset = fits[index][2] + (fits[index][0] - 1.0) * float(commanded.mean())
    return SineResponse(
        names[index], gains, fits[answering][1], float(np.ptp(commanded)) / (2.0 * amplitude),
        offset,
        _velocity_gain(stamps, measured[:, answering], velocity[:, answering]),
        stamps, np.interp(stamps, due, commanded), measured[:, answering],
    )  # fmt: skip


def _fit(
    due: Array, commanded: Array, stamps: Array, measured: Array
) -> tuple[float, float, float]:
    """Gain, lag (s) and offset (rad) of measured(t) = gain * commanded(t - lag) + offset."""
    best = (np.inf, 0.0, 0.0, 0.0)
    for lag in LAGS:
        x = np.interp(stamps - lag, due, commanded)
        spread = x - x.mean()
        power = float(spread @ spread)
        gain = float(spread @ measured) / power if power > 0.0 else 0.0
        error = float(np.sum((measured - measured.mean() - gain * spread) ** 2))
        if error < best[0]:
            best = (error, gain, float(lag), float(measured.mean() - gain * x.mean()))
    return best[1], best[2], best[3]


def _velocity_gain(stamps: Array, position: Array, velocity: Array) -> float:
    if not np.isfinite(velocity).all() or len(stamps) < 10:
        return np.nan
    rate = np.gradient(position, stamps)
    power = float(rate @ rate)
    return float(rate @ velocity) / power if power > 1e-9 else np.nan


def judged(response: SineResponse, robot: RobotConfig) -> list[Finding]:
    """Findings on one joint."""
    names, name = robot.joint_names, response.joint
    index, gains = names.index(name), response.gains
    answering = int(np.argmax(np.abs(gains)))
    gain = float(gains[answering])
    if not response.share >= LET_THROUGH:
        return [fail(
            'sine.limited', f'the shield lets {100 * response.share:.0f} % of the motion of '
            f'{name} through', 'move the arm away from its limits, the work surface and '
            'obstacles, and check tip_frame and workspace in the robot file',
        )]  # fmt: skip
    if not abs(gain) >= ANSWERS:
        return [fail(
            'sine.silent', f'{name} does not follow its command (gain {gain:.2f})',
            f'check that its controller is active and commands {name}',
        )]  # fmt: skip
    if answering != index:
        return [fail(
            'sine.joint', f'{name} was commanded and {names[answering]} answered',
            f'exchange {name} and {names[answering]} in the joints of the driver or controller',
        )]  # fmt: skip
    found = _scale(name, gain)
    if found:
        return found  # lag and offset mean nothing then
    arm = next(arm for arm in robot.arms if name in arm.joint_names)
    if abs(response.lag - arm.controller.lag) > LAG_TOLERANCE:
        found.append(fail(
            'sine.lag', f'{name} lags by {response.lag * 1e3:.0f} ms, the robot file has '
            f'{arm.controller.lag * 1e3:.0f} ms',
            f'put "lag: {max(response.lag, 0.0):.2f}" into the controller of {arm.name}',
        ))  # fmt: skip
    return [*found, *_rest(response, arm.controller.sag)] or [ok(
        'sine', f'{name}: gain {gain:.2f}, lag {response.lag * 1e3:.0f} ms, offset '
        f'{response.offset * 1e3:+.1f} mrad',
    )]  # fmt: skip


def _scale(name: str, gain: float) -> list[Finding]:
    if gain < 0.0:
        return [fail(
            'sine.sign', f'{name} turns against its command (gain {gain:.2f})',
            f'invert {name} in the driver, in joint states or in commands',
        )]  # fmt: skip
    if SCALE[0] <= gain <= SCALE[1]:
        return []
    is_degrees = abs(gain / DEGREES - 1.0) < 0.2 or abs(gain * DEGREES - 1.0) < 0.2
    return [fail(
        'sine.scale', f'{name} moves {gain:.2f} times its command',
        'use rad in joint states and in commands (REP-103)' if is_degrees
        else f'correct the gear ratio or the counts per turn of {name} in the driver',
    )]  # fmt: skip


def _rest(response: SineResponse, sag: float) -> list[Finding]:
    found, name = [], response.joint
    if abs(response.offset) > sag + OFFSET:
        found.append(warning(
            'sine.offset', f'{name} stays {response.offset * 1e3:+.0f} mrad from its command',
            f'put "sag: {abs(response.offset):.3f}" into the controller, or raise its gain',
        ))  # fmt: skip
    gain = response.velocity
    if np.isfinite(gain) and not VELOCITY[0] <= gain <= VELOCITY[1]:
        found.append(fail(
            'sine.velocity', f'{name} reports {gain:.2f} times the velocity that its position has',
            'correct the velocity in the driver, or set reports_velocity: false',
        ))  # fmt: skip
    return found


def sine_findings(guide: Guide) -> tuple[list[Finding], list[SineResponse]]:
    """All joints in turn; stops at the first that does not follow as it should."""
    responses: list[SineResponse] = []
    found: list[Finding] = []
    try:
        guide.begin()
        for k in range(len(guide.rig.robot.joint_names)):
            responses.append(excite(guide, k))
            new = judged(responses[-1], guide.rig.robot)
            found += new
            if any(f.check in ('sine.silent', 'sine.joint', 'sine.sign') for f in new):
                break
    except MotionError as fault:
        found.append(stopped('sine.stopped', fault))
    guide.finish()
    return found, responses


def stopped(check: str, fault: MotionError) -> Finding:
    """A motion that was given up."""
    return fail(check, str(fault), 'remove the cause, then run ./vla commission again')
