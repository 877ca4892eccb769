"""Control of `./vla bench latency`: with every second image lost, the delivered share must miss
its bound.

Needs the recordings of `./vla bench latency`. The times have no control: their yardstick is
`python_ms`, measured in the same run.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from vla_bench import controls
from vla_bench.latency.bench import DELIVERED_BOUND, delivered, film_of
from vla_core.errors import UserError
from vla_core.result import Figure
from vla_core.robot.config import load_robot
from vla_report.episode_story import story_of
from vla_report.figures import Film
from vla_teleop.recorder.recording import load_recording

RECORDINGS = Path('out/bench-latency')


def run(args: argparse.Namespace) -> int:
    robot, paths = load_robot(args.robot), sorted(RECORDINGS.glob('*.mcap'))
    if not paths:
        raise UserError(f'{RECORDINGS} holds no recordings (*.mcap): run ./vla bench latency')
    films = [film_of(story_of(load_recording(path, robot))) for path in paths]
    return controls.finish('latency', args.out, figures_of(films))


def figures_of(films: list[Film]) -> list[Figure]:
    """The claim, and the same images with every second one lost."""
    half = [replace(film, stamps=film.stamps[::2]) for film in films]
    must_fail = DELIVERED_BOUND.replace('>=', '<')
    return [
        delivered('claim: images delivered', films),
        delivered('every second image lost: images delivered', half, must_fail),
    ]
