"""The whole graph on the simulated robot, told what to do; what happened goes to out/demo/.

Open out/demo/report.html afterwards. Exits 0 only when the task was done, both by what the stack
says and by what the simulator knows.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL.Image import Image

from vla_bringup.checkout import elapsed_time
from vla_bringup.graph.defaults import POLICY, default_policy, image_period
from vla_bringup.graph.session import GraphSession, SessionPlan, TaskOutcome
from vla_core.errors import UserError
from vla_core.records.task import Phase
from vla_core.result import Figure, Result
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_report.figures import Film, Played, measure
from vla_report.terminal import Screen

MADE = ('report.html', 'episode.mp4', 'episode.mcap', 'result.json')
FINISH = 8.0  # s, from the end of the task to a finished recording
TIMEOUT = 150.0  # s for the task
LATE = 500.0  # ms from a picture to its command in the median; 200 on two free cores


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--task', default='put_in', help='put_in, stack, push, press, open or close')
    add('--seed', type=int, default=7, help='of the scene (default %(default)s)')
    add('--instruction', default='', help='say this instead of what the scene suggests')
    add('--policy', default='', help=f'scripted or a checkpoint folder (default {POLICY})')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--out', type=Path, default=Path('out/demo'), help='folder (default %(default)s)')
    add('--keep-images', action='store_true', help='keep the pictures in episode.mcap (large)')


def run(args: argparse.Namespace) -> int:
    args.out = args.out.resolve()
    with Screen() as screen:
        played = play(args, screen)
        result = tell_all(args, played, screen)
    screen.table(result)
    screen.console.print(pace(result.figures), style='yellow', end='')
    screen.console.print(f'\n{shown(args.out)}/report.html shows it, episode.mcap holds it all.')
    return 0 if result.ok else 1


def pace(figures: tuple[Figure, ...]) -> str:
    """A line when the machine did not keep up: the graph then fails for no other reason."""
    found = [f.value for f in figures if f.name == 'camera to command, p50']
    if not found or not found[0] > LATE:
        return ''
    return (
        f'\nThis machine did not keep up: a command followed its picture after {found[0]:.0f} ms, '
        f'{LATE:.0f} is too late.\nThe graph needs two free cores, better four (nproc: '
        f'{os.cpu_count()}); what failed may be due to that alone.\n'
    )


def play(args: argparse.Namespace, screen: Screen) -> Played:
    """Start everything, do the task, end everything."""
    policy = args.policy or default_policy(screen.line)
    session = GraphSession(session_plan(args, policy), screen.now)
    screen.line(f'starting the graph: {", ".join(session.managed)}, recorder')
    with session as graph:
        screen.line(f'every node is active after {graph.seconds_to_start:.1f} s')
        for name in MADE:  # not before: what keeps the graph down takes no older result away
            (args.out / name).unlink(missing_ok=True)
        outcome = attempt(graph, args, screen)
        screen.now('recording the end')
        if not graph.client.wait((args.out / 'episode.mcap').is_file, FINISH):
            raise UserError(f'the recorder wrote no file: see {shown(args.out)}/graph.log')
        screen.now('ending every process')
    screen.line(f'every process is gone after {session.seconds_to_stop:.1f} s')
    return Played(outcome, session.seconds_to_start, session.seconds_to_stop)


def attempt(graph: GraphSession, args: argparse.Namespace, screen: Screen) -> TaskOutcome:
    """Say it to the robot and show what comes of it."""
    own = graph.reset_scene(args.task, args.seed)
    words = args.instruction or own
    screen.line(f'“{words}”', 'bold cyan')

    def show(said: Any) -> None:
        screen.feedback(said)
        status = graph.client.status
        if status is not None and status.phase == Phase.ASKING:
            screen.ask(status.text)

    outcome = graph.execute(words, args.seed, show, TIMEOUT)
    is_done = outcome.code == 0
    screen.line(f'{outcome.code.name}: {outcome.text}', 'bold green' if is_done else 'bold red')
    if words == own:
        return outcome
    screen.line(f'the simulator judges only “{own}”: there is no truth about these words', 'dim')
    return TaskOutcome(outcome.code, outcome.text, outcome.task_id, None)


def session_plan(args: argparse.Namespace, policy: str) -> SessionPlan:
    sim = {'robot': args.robot, 'policy': policy, 'task': args.task, 'seed': str(args.seed)}
    record = {
        'robot': args.robot, 'out': str(args.out), 'name': 'episode',
        'depth': 'true' if args.keep_images else 'false',
    }  # fmt: skip
    return SessionPlan((('sim', sim), ('record', record)), args.out / 'graph.log')


def tell_all(args: argparse.Namespace, played: Played, screen: Screen) -> Result:
    """Turn the recording into numbers, a video and a report."""
    screen.now('reading the recording')
    from vla_report.episode_story import story_of
    from vla_report.report import write_report
    from vla_report.video import write_video
    from vla_report.video_overlay import draw  # drawing takes a second to load
    from vla_teleop.recorder.episode_file import remove_topics
    from vla_teleop.recorder.record_codec import image_topics
    from vla_teleop.recorder.recording import load_recording

    path, robot = args.out / 'episode.mcap', load_robot(args.robot)
    story = story_of(load_recording(path, robot))
    video, marks = args.out / 'episode.mp4', story.marks()
    stamps: list[float] = []

    def pictures() -> Iterator[Image]:
        for moment in story.moments():
            stamps.append(moment.frame.stamp)
            screen.now(f'drawing the video: {moment.elapsed:.0f} s of it')
            yield draw(moment, marks, story.length)

    period = image_period()
    count = write_video(pictures(), video, 1.0 / period)
    screen.line(f'{count} pictures in {shown(video)}')
    figures = measure(story, played, Film(tuple(stamps), period))
    name = 'demo-first' if elapsed_time.is_first() else 'demo'
    result = Result(name, command_line(), figures)
    screen.now('writing the report')
    write_report(story, result, args.out / 'report.html', video.name if count else '')
    if not args.keep_images:
        screen.now('taking the pictures out of the recording')
        remove_topics(path, image_topics(robot))
    result = replace(result, figures=(*figures, elapsed_time.figure()))
    result.write(args.out)
    return result


def shown(path: Path) -> str:
    """A path as short as it can be written from here."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
