"""`./vla bench latency`: rates and latencies of the full graph at work, from camera to command.

Computation and jitter are bounded as multiples of `python_ms`; latencies that contain camera and
network periods are reported. The control (`control.py`) shows that lost images would be noticed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from vla_bringup.graph.defaults import default_policy, image_period
from vla_bringup.graph.session import GraphSession, SessionPlan
from vla_core.result import Figure, Result, share, time_ratio
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_report.episode_story import Story, story_of
from vla_report.figures import Film, percentile, real_time_factor
from vla_report.terminal import Screen
from vla_teleop.recorder.recording import load_recording

TASKS = ('put_in', 'push', 'stack')
SHIELD_PERIOD_MS = 10.0
CYCLE_BOUND, JITTER_BOUND = '<= 0.6', '<= 1.4'  # python_ms
DELIVERED_BOUND = '>= 0.95'
STAGES = ('camera to scene', 'camera to chunk', 'camera to command')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--policy', default='', help='scripted or a checkpoint folder (default: the shipped one)')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--seed', type=int, default=7, help='of the scenes (default %(default)s)')
    add('--out', type=Path, default=Path('out/bench-latency'), help='folder (default %(default)s)')


def run(args: argparse.Namespace) -> int:
    out = args.out.resolve()
    with Screen() as screen:
        play(args, out, screen)
        screen.now('reading the recordings')
        robot = load_robot(args.robot)
        stories = [story_of(load_recording(path, robot)) for path in sorted(out.glob('*.mcap'))]
        result = Result('bench-latency', command_line(), measure(stories))
        result.write(out)
    screen.table(result)
    return 0 if result.ok else 1


def play(args: argparse.Namespace, out: Path, screen: Screen) -> None:
    """Execute one task of each kind with the recorder running."""
    policy = args.policy or default_policy(screen.line)
    sim = {'robot': args.robot, 'policy': policy}
    record = {
        'robot': args.robot,
        'out': str(out),
        'depth': 'false',
    }  # depth images would load the machine
    plan = SessionPlan((('sim', sim), ('record', record)), out / 'graph.log')
    with GraphSession(plan, screen.now) as graph:
        for old in out.glob(
            '*.mcap'
        ):  # only once the graph is up, so that invalid arguments delete nothing
            old.unlink()
        for task in TASKS:
            instruction = graph.reset_scene(task, args.seed)
            outcome = graph.execute(instruction, args.seed)
            screen.line(f'“{instruction}”: {outcome.code.name}: {outcome.text}')
            graph.pause(2.0)  # until the recorder has closed the file


def measure(stories: list[Story]) -> tuple[Figure, ...]:
    """The figures over all episodes."""
    samples = {stage: joined(stories, stage) for stage in STAGES}
    figures = [
        Figure(f'{stage}, p{p}', percentile(values, p), 'ms', n=len(values))
        for stage, values in samples.items()
        for p in (50, 95, 99)
    ]
    reports = [message.record for story in stories for message in story.recording.of('report')]
    work = np.array([r.loop_ms for r in reports])
    beats = [s.record for story in stories for s in story.recording.of('heartbeats')]
    whole = np.array([b.cycle_ms_last for b in beats if b.node == 'shield'])
    jitter = np.abs(np.array([r.period_ms for r in reports]) - SHIELD_PERIOD_MS)
    n = len(reports)
    films = [film_of(story) for story in stories]
    return (
        Figure('shield, wake-up to command, p50', percentile(work, 50), 'ms', n=n),
        *time_ratio('shield, wake-up to command, p99', percentile(work, 99), CYCLE_BOUND, n),
        Figure('shield, whole cycle, p50', percentile(whole, 50), 'ms', n=len(whole)),
        *time_ratio('shield, whole cycle, p99', percentile(whole, 99), CYCLE_BOUND, len(whole)),
        Figure(
            'shield changed', float(np.mean([s.changed_share() for s in stories])),
            'share of cycles', n=n,
        ),
        *time_ratio('shield period jitter, p99', percentile(jitter, 99), JITTER_BOUND, n),
        *figures,
        delivered('images delivered', films),
        Figure(
            'real-time factor', float(np.median([real_time_factor(s) for s in stories])), '',
            n=len(stories),
        ),
    )  # fmt: skip


def joined(stories: list[Story], stage: str) -> np.ndarray:
    return np.concatenate([story.latencies()[stage] for story in stories] or [np.zeros(0)])


def delivered(name: str, films: list[Film], bound: str = DELIVERED_BOUND) -> Figure:
    """Share of the due images that were delivered."""
    due = [round((f.stamps[-1] - f.stamps[0]) / f.period) + 1 for f in films if f.stamps]
    received = [len(f.stamps) for f in films if f.stamps]
    k = sum(min(own, most) for own, most in zip(received, due, strict=True))
    return share(name, k, sum(due), bound, 'of images')


def film_of(story: Story) -> Film:
    """The images of the scene camera that perception processed."""
    stamps = sorted({message.record.stamp for message in story.recording.of('scene')})
    return Film(tuple(stamps), image_period())
