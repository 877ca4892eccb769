"""A toy world for policies: a tool without dynamics, objects that are carried or pushed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from vla_core import geometry
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Phrase,
    Role,
    TargetStatus,
    Verb,
)
from vla_core.records.sensing import Observation
from vla_policy.experts import rollout
from vla_policy.experts.approach import Aim
from vla_policy.objects.memory import Memory
from vla_policy.objects.situation import situation

HOME = (0.45, 0.0, 0.35)


def thing(role, xy, shape='cube', size=(0.04, 0.04, 0.04), yaw=0.0, bottom=0.0, number=None):
    number = int(role) if number is None else number
    position = (xy[0], xy[1], bottom + size[2] / 2)
    return GroundedObject(
        number,
        f'red {shape}',
        'red',
        shape,
        role,
        1.0,
        np.array(position),
        yaw,
        np.array(size),
        0.002,
    )


class Toy:
    """Simulates one task; `noise` is the perception error (m)."""

    def __init__(self, verb, things, side='', seed=0, noise=0.0):
        self.task = ParsedTask(verb, Phrase('the red cube'), Phrase('the blue box'), side)
        self.things = {t.role if t.role != Role.OTHER else t.id: t for t in things}
        self.pose = geometry.tool_down(HOME)
        self.velocity = np.zeros(6)
        self.opening, self.time = 0.08, 0.0
        self.random = np.random.default_rng(seed)
        self.noise = noise
        self.memory = Memory()
        self.first = self.things[Role.TARGET].position
        self.was_pressed = False

    def observe(self):
        objects = tuple(self._seen(t) for t in self.things.values())
        scene = GroundedScene(self.time, 't', self.task, objects, TargetStatus.PRESENT)
        return Observation(
            self.time, 't', 'put it', scene, np.zeros(7), np.zeros(7), self.pose,
            self.opening, 0.0,
            tcp_velocity=self.velocity,
        )  # fmt: skip

    def _seen(self, t):
        held = t.role == Role.TARGET and self._holds()
        shift = np.r_[self.random.normal(0, self.noise, 2), 0.0] if self.noise else 0.0
        return replace(t, position=t.position + shift, is_held=held)

    def _holds(self):
        s = self._state()
        return s.is_holding and s.tcp[2] > 0.03 and abs(s.rate) < 1e-6

    def _state(self):
        t = self.things[Role.TARGET]
        things = tuple(self.things.values())
        scene = GroundedScene(self.time, 't', self.task, things, TargetStatus.PRESENT)
        o = Observation(
            self.time, 't', '', scene, np.zeros(7), np.zeros(7), self.pose, self.opening, 0.0,
            tcp_velocity=self.velocity,
        )  # fmt: skip
        s = situation(o, self.memory.update(o))
        return replace(s, target=t)

    def follow(self, chunk, seconds=0.2, dt=0.02):
        """Execute `seconds` of the chunk: the tool follows its rows exactly."""
        begin = self.pose
        for k in range(round(seconds / dt)):
            row = ((k + 1) * dt + self.time - chunk.start - k * dt) / chunk.step
            i = min(int(row), chunk.horizon - 2)
            value = chunk.values[i] + min(row - i, 1.0) * (chunk.values[i + 1] - chunk.values[i])
            self._move(geometry.apply_error(begin, value[:6]), chunk.values[i, 6], dt)
            self.time += dt

    def _move(self, pose, opening, dt):
        s = self._state()
        aim = Aim(s.tcp, s.yaw, opening, 0.1, '')
        step = pose[:3, 3] - self.pose[:3, 3]
        after = replace(
            s,
            target=rollout._carried(s, pose[:3, 3]),
            opening=rollout._grip(s, aim, dt),
        )
        self.things[Role.TARGET] = self._settled(after)
        self.velocity = np.r_[step, geometry.log_rotation(pose[:3, :3] @ self.pose[:3, :3].T)] / dt
        self.pose, self.opening = pose, after.opening

    def _settled(self, s):
        """Let a released object fall onto the support below it."""
        t = s.target
        if s.is_holding:
            return t
        floor = 0.0
        lower = self.things.get(Role.DESTINATION)
        away = np.inf if lower is None else np.hypot(*(t.position[:2] - lower.position[:2]))
        if lower is not None and away < lower.size[0] / 2:
            floor = 0.005 if lower.shape == 'box' else lower.size[2]
        return replace(t, position=np.r_[t.position[:2], floor + t.size[2] / 2])


def play(toy, policy, stop, seconds=20.0):
    """Let the policy act five times a second; return the time when `stop(toy)` became true."""
    policy.reset('t', 'put it', 0)
    while toy.time < seconds:
        toy.follow(policy.act(toy.observe()).chunks[0])
        if stop(toy):
            return toy.time
    return None


def scene_of(verb, seed, noise=0.002):
    """A random toy world for a verb."""
    rng = np.random.default_rng(seed)
    edge = rng.uniform(0.035, 0.045)
    a = rng.uniform((0.36, -0.25), (0.58, 0.25))
    b = a
    while np.hypot(*(a - b)) < 0.15:
        b = rng.uniform((0.38, -0.22), (0.56, 0.22))
    target = thing(Role.TARGET, a, size=(edge,) * 3, yaw=rng.uniform(-0.78, 0.78))
    if verb == Verb.PUT_IN:
        box = thing(Role.DESTINATION, b, 'box', (0.135, 0.135, 0.055), rng.uniform(-0.25, 0.25))
        return Toy(verb, [target, box], seed=seed, noise=noise)
    if verb == Verb.STACK:
        lower = thing(Role.DESTINATION, b, size=(0.046,) * 3, yaw=rng.uniform(-0.78, 0.78))
        return Toy(verb, [target, lower], seed=seed, noise=noise)
    if verb == Verb.PUSH:
        return Toy(verb, [target], side=('left', 'right')[seed % 2], seed=seed, noise=noise)
    return Toy(verb, [button(a)], seed=seed, noise=noise)


def button(xy):
    """A button, placed by its top as perception does."""
    flat = thing(Role.TARGET, xy, 'button', (0.05, 0.05, 0.03))
    return replace(flat, position=np.array([xy[0], xy[1], 0.042]))


def is_done(toy):
    """The goal of the task, by the toy's truth."""
    target, tcp = toy.things[Role.TARGET], toy.pose[:3, 3]
    verb = toy.task.verb
    if verb == Verb.PRESS:
        away = np.hypot(*(tcp[:2] - target.position[:2]))
        toy.was_pressed |= bool(away < 0.02 and tcp[2] <= 0.042)
        return toy.was_pressed and tcp[2] > 0.12
    if verb == Verb.PUSH:
        way = 1.0 if toy.task.side == 'left' else -1.0
        return way * (target.position[1] - toy.first[1]) >= 0.1 and tcp[2] > 0.12
    below = toy.things[Role.DESTINATION]
    off = np.hypot(*(target.position[:2] - below.position[:2]))
    return off < (0.05 if below.shape == 'box' else 0.015) and toy.opening > 0.06 and tcp[2] > 0.15
