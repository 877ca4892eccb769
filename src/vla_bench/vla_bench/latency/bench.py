"""Rates and latencies of the full graph at work: every stage from the camera to the command."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from vla_bringup.graph.defaults import default_policy, image_period
from vla_bringup.graph.session import GraphSession, SessionPlan
from vla_core.result import Figure, Result
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_report.episode_story import Story, tell
from vla_report.figures import Film, percentile, real_time_factor
from vla_report.terminal import Screen
from vla_teleop.recorder.recording import load_recording

TASKS = ('put_in', 'push', 'stack')
SHIELD_PERIOD_MS = 10.0
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
        stories = [tell(load_recording(path, robot)) for path in sorted(out.glob('*.mcap'))]
        result = Result('bench-latency', command_line(), measure(stories))
        result.write(out)
    screen.table(result)
    return 0 if result.ok else 1


def play(args: argparse.Namespace, out: Path, screen: Screen) -> None:
    """Do one task of each kind with the recorder listening."""
    policy = args.policy or default_policy(screen.line)
    sim = {'robot': args.robot, 'policy': policy}
    record = {'robot': args.robot, 'out': str(out), 'depth': 'false'}  # who measures treads softly
    plan = SessionPlan((('sim', sim), ('record', record)), out / 'graph.log')
    with GraphSession(plan, screen.now) as graph:
        for old in out.glob('*.mcap'):  # not before the graph is up: bad input leaves them
            old.unlink()
        for task in TASKS:
            words = graph.reset_scene(task, args.seed)
            outcome = graph.execute(words, args.seed)
            screen.line(f'“{words}”: {outcome.code.name}: {outcome.text}')
            graph.pause(2.0)  # for the recorder's tail


def measure(stories: list[Story]) -> tuple[Figure, ...]:
    """Every stage over all episodes."""
    samples = {stage: joined(stories, stage) for stage in STAGES}
    figures = [
        Figure(f'{stage}, p{p}', percentile(values, p), 'ms', n=len(values))
        for stage, values in samples.items()
        for p in (50, 95, 99)
    ]
    reports = [said.record for story in stories for said in story.recording.of('report')]
    work = np.array([r.loop_ms for r in reports])
    beats = [s.record for story in stories for s in story.recording.of('heartbeats')]
    whole = np.array([b.cycle_ms_last for b in beats if b.node == 'shield'])
    jitter = np.abs(np.array([r.period_ms for r in reports]) - SHIELD_PERIOD_MS)
    n = len(reports)
    films = [film_of(story) for story in stories]
    return (
        Figure('shield, wake-up to command, p50', percentile(work, 50), 'ms', n=n),
        Figure('shield, wake-up to command, p99', percentile(work, 99), 'ms', '<= 2', n=n),
        Figure('shield, whole cycle, p50', percentile(whole, 50), 'ms', n=len(whole)),
        Figure('shield, whole cycle, p99', percentile(whole, 99), 'ms', '<= 2', n=len(whole)),
        Figure(
            'shield changed', float(np.mean([s.changed_share() for s in stories])),
            'share of cycles', n=n,
        ),
        Figure('shield period jitter, p99', percentile(jitter, 99), 'ms', '<= 5', n=n),
        *figures,
        Figure(
            'images delivered',
            float(np.mean([film.delivered for film in films])) if films else 0.0,
            'share', '>= 0.95', n=sum(len(film.stamps) for film in films),
        ),
        Figure(
            'real-time factor', float(np.median([real_time_factor(s) for s in stories])), '',
            n=len(stories),
        ),
    )  # fmt: skip


def joined(stories: list[Story], stage: str) -> np.ndarray:
    return np.concatenate([story.latencies()[stage] for story in stories] or [np.zeros(0)])


def film_of(story: Story) -> Film:
    """The pictures of the scene camera that perception answered with a scene."""
    stamps = sorted({said.record.stamp for said in story.recording.of('scene')})
    return Film(tuple(stamps), image_period())
