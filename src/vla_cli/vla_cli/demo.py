"""Run one instruction on the full graph with the simulated robot; results are in out/demo/.

Open out/demo/report.html afterwards. Exit code 0 only when both the stack and the ground truth of
the simulator report success.
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
from vla_core.arguments import ros_namespace
from vla_core.errors import UserError
from vla_core.records.task import Phase
from vla_core.result import Figure, Result
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import command_line
from vla_report.figures import Film, Played, measure
from vla_report.terminal import Screen

OUTPUTS = ('report.html', 'episode.mp4', 'episode.mcap', 'result.json')
RECORDING_TIMEOUT = 8.0  # s after the end of the task
TIMEOUT = 150.0  # s for the task
MAX_LATENCY = 500.0  # ms, median from image to command; 200 on two free cores


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--task', default='put_in', help='put_in, stack, push, press, open or close')
    add('--seed', type=int, default=7, help='of the scene (default %(default)s)')
    add('--instruction', default='', help='instruction (default: the one of the scene)')
    add('--policy', default='', help=f'scripted or a checkpoint folder (default {POLICY})')
    add('--robot', default='ur5e', help='name in config/robots (default %(default)s)')
    add('--out', type=Path, default=Path('out/demo'), help='folder (default %(default)s)')
    add('--namespace', type=ros_namespace, default='', metavar='NAME', help='of the graph')
    add('--keep-images', action='store_true', help='keep the images in episode.mcap (large)')


def run(args: argparse.Namespace) -> int:
    args.out = args.out.resolve()
    with Screen() as screen:
        played = run_session(args, screen)
        result = evaluate(args, played, screen)
    screen.table(result)
    screen.console.print(latency_warning(result.figures), style='yellow', end='')
    screen.console.print(
        f'\n{short_path(args.out)}/report.html is the report, episode.mcap the recording.'
    )
    return 0 if result.ok else 1


def latency_warning(figures: tuple[Figure, ...]) -> str:
    """A warning when the machine is too slow, which alone can make the task fail; else ''."""
    found = [f.value for f in figures if f.name == 'camera to command, p50']
    if not found or not found[0] > MAX_LATENCY:
        return ''
    return (
        f'\nThis machine is too slow: the median from image to command is {found[0]:.0f} ms, '
        f'the limit {MAX_LATENCY:.0f}.\nThe graph needs two free cores, better four (nproc: '
        f'{os.cpu_count()}); this alone can cause failures.\n'
    )


def run_session(args: argparse.Namespace, screen: Screen) -> Played:
    """Start the graph, execute the task, stop the graph."""
    policy = args.policy or default_policy(screen.line)
    session = GraphSession(session_plan(args, policy), screen.now)
    screen.line(f'starting the graph: {", ".join(session.managed)}, recorder')
    with session as graph:
        screen.line(f'all nodes are active after {graph.seconds_to_start:.1f} s')
        for name in OUTPUTS:  # not before: a graph that does not start keeps older results
            (args.out / name).unlink(missing_ok=True)
        outcome = run_task(graph, args, screen)
        screen.now('finishing the recording')
        if not graph.client.wait((args.out / 'episode.mcap').is_file, RECORDING_TIMEOUT):
            raise UserError(f'the recorder wrote no file: see {short_path(args.out)}/graph.log')
        screen.now('stopping all processes')
    screen.line(f'all processes have ended after {session.seconds_to_stop:.1f} s')
    return Played(outcome, session.seconds_to_start, session.seconds_to_stop)


def run_task(graph: GraphSession, args: argparse.Namespace, screen: Screen) -> TaskOutcome:
    """Execute the instruction and show its feedback and outcome."""
    scene_instruction = graph.reset_scene(args.task, args.seed)
    instruction = args.instruction or scene_instruction
    screen.line(f'“{instruction}”', 'bold cyan')

    def show(feedback: Any) -> None:
        screen.feedback(feedback)
        status = graph.client.status
        if status is not None and status.phase == Phase.ASKING:
            screen.ask(status.text)

    outcome = graph.execute(instruction, args.seed, show, TIMEOUT)
    is_done = outcome.code == 0
    screen.line(f'{outcome.code.name}: {outcome.text}', 'bold green' if is_done else 'bold red')
    if instruction == scene_instruction:
        return outcome
    screen.line(f'no ground truth: the simulator evaluates only “{scene_instruction}”', 'dim')
    return TaskOutcome(outcome.code, outcome.text, outcome.task_id, None)


def session_plan(args: argparse.Namespace, policy: str) -> SessionPlan:
    robot = {'robot': args.robot, 'namespace': args.namespace}
    sim = {**robot, 'policy': policy, 'task': args.task, 'seed': str(args.seed)}
    record = {
        **robot, 'out': str(args.out), 'name': 'episode',
        'depth': 'true' if args.keep_images else 'false',
    }  # fmt: skip
    return SessionPlan((('sim', sim), ('record', record)), args.out / 'graph.log')


def evaluate(args: argparse.Namespace, played: Played, screen: Screen) -> Result:
    """Make figures, a video and a report from the recording."""
    screen.now('reading the recording')
    from vla_report.episode_story import story_of
    from vla_report.report import write_report
    from vla_report.video import write_video
    from vla_report.video_overlay import draw  # takes 1 s to import
    from vla_teleop.recorder.episode_file import remove_topics
    from vla_teleop.recorder.record_codec import image_topics
    from vla_teleop.recorder.recording import load_recording

    path, robot = args.out / 'episode.mcap', load_robot(args.robot)
    story = story_of(load_recording(path, robot))
    video, marks = args.out / 'episode.mp4', story.marks()
    stamps: list[float] = []

    def images() -> Iterator[Image]:
        for overlay in story.overlay_frames():
            stamps.append(overlay.frame.stamp)
            screen.now(f'drawing the video: at {overlay.elapsed:.0f} s')
            yield draw(overlay, marks, story.length)

    period = image_period()
    count = write_video(images(), video, 1.0 / period)
    screen.line(f'{count} images in {short_path(video)}')
    figures = measure(story, played, Film(tuple(stamps), period))
    name = 'demo-first' if elapsed_time.is_first() else 'demo'
    result = Result(name, command_line(), figures)
    screen.now('writing the report')
    write_report(story, result, args.out / 'report.html', video.name if count else '')
    if not args.keep_images:
        screen.now('removing the images from the recording')
        remove_topics(path, image_topics(robot, args.namespace))
    result = replace(result, figures=(*figures, elapsed_time.figure()))
    result.write(args.out)
    return result


def short_path(path: Path) -> str:
    """A path relative to the working directory where possible."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
