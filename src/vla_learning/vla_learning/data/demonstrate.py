"""`./vla demos`: demonstrations by the scripted expert, recorded through the whole stack as MCAP
files."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_core.arguments import integer
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_core.robot.config import load_robot
from vla_lockstep.campaign import run_jobs
from vla_lockstep.episode_plan import EpisodePlan
from vla_lockstep.lockstep import Lockstep
from vla_lockstep.perturb import PerturbedPolicy, PerturbParams
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_policy.experts.scripted import ScriptedPolicy
from vla_sim.scenes.episode import TEST_SEEDS
from vla_sim.scenes.tasks import TASKS
from vla_teleop.recorder.episode_file import EpisodeWriter
from vla_teleop.recorder.record_codec import RecordWriter
from vla_teleop.recorder.recorder import episode_metadata

KEPT = ('joint_states', 'scene', 'candidates', 'chunk', 'status')
PLAN = 'plan.json'  # the request, in the folder of the demonstrations
PLAN_FIELDS = ('robot', 'tasks', 'episodes', 'seed', 'clean', 'images')
EVERY = {'joint_states': 5}  # of the 100 Hz samples, one in five


@dataclass(frozen=True)
class Demo:
    """One demonstration to record."""

    robot: str
    task: str
    seed: int
    folder: str
    perturb: bool
    with_images: bool


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--robot', default='ur5e', help='name in config/robots (default %(default)s)'
    )
    parser.add_argument(
        '--tasks', default=','.join(TASKS), help='comma-separated (default all: %(default)s)'
    )
    parser.add_argument(
        '--episodes', type=integer(1, 100_000), default=100, help='per task (default %(default)s)'
    )
    parser.add_argument('--seed', type=int, default=0, help='first seed (default %(default)s)')
    parser.add_argument(
        '--out', type=Path, default=Path('out/demos'), help='folder (default %(default)s)'
    )
    parser.add_argument(
        '--workers', type=integer(1, 256), default=2, help='processes (default %(default)s)'
    )
    parser.add_argument('--clean', action='store_true', help='do not perturb the expert')
    parser.add_argument('--images', action='store_true', help='record the images too (large)')


def run(args: argparse.Namespace) -> int:
    rows = demonstrate(args)
    good = sum(row['success'] for row in rows)
    print(f'{good} of {len(rows)} demonstrations succeeded; files in {args.out}')
    return 0 if good else 1


def demonstrate(args: argparse.Namespace) -> list[Row]:
    """Record the missing demonstrations; files of failed ones are not kept."""
    tasks = [task for task in args.tasks.split(',') if task]
    unknown = [task for task in tasks if task not in TASKS]
    if unknown:
        raise UserError(f'no task {unknown[0]!r}; known: {", ".join(TASKS)}')
    if not 0 <= args.seed <= args.seed + args.episodes <= TEST_SEEDS:
        raise UserError(
            f'seeds of demonstrations must be below {TEST_SEEDS}: higher ones are for testing'
        )
    load_robot(args.robot)  # an unknown one is an error before the workers start
    note_plan(args)
    jobs = [
        (
            f'{args.robot}/{task}/{seed}',
            Demo(args.robot, task, seed, str(args.out), not args.clean, args.images),
        )
        for seed in range(args.seed, args.seed + args.episodes)
        for task in tasks
    ]
    log = RowLog(args.out / 'demos.jsonl', made_by('scripted'), keeps_old=True)
    return run_jobs(jobs, record_demo, log, args.workers, 'demonstrations')


def note_plan(args: argparse.Namespace) -> None:
    """Save the request, so that `finish` can resume it."""
    write_atomic(args.out / PLAN, json.dumps({name: getattr(args, name) for name in PLAN_FIELDS}))


def finish(folder: Path, workers: int = 2) -> bool:
    """Complete an interrupted run in `folder`; False when there is none."""
    plan = folder / PLAN
    if not plan.is_file():
        return False
    demonstrate(argparse.Namespace(out=folder, workers=workers, **json.loads(plan.read_text())))
    return True


_HOSTS: dict[str, Lockstep] = {}


def record_demo(demo: Demo) -> Row:
    """Run and record one demonstration (in a worker process)."""
    if demo.robot not in _HOSTS:  # the expert needs no verifier
        _HOSTS[demo.robot] = Lockstep(load_setup(demo.robot).without_verifier())
    host = _HOSTS[demo.robot]
    path = Path(demo.folder) / f'{demo.task}_{demo.seed:06d}.mcap'
    policy: Any = ScriptedPolicy()
    if demo.perturb and demo.seed % 4:  # one in four runs unperturbed
        policy = PerturbedPolicy(policy, PerturbParams())
    with EpisodeWriter(path) as writer:
        host.tap = Thinned(RecordWriter(writer, host.setup.robot), demo.with_images)
        result = host.run(EpisodePlan(demo.task, demo.seed), policy)
        if result.success:
            writer.close(
                **episode_metadata(result.status),
                task=demo.task,
                label='success',
                perturbed=str(demo.perturb),
            )
    return {
        'success': result.success, 'task': demo.task, 'seed': demo.seed, 'code': result.code.name,
        'text': result.text, 'duration': result.duration,
    }  # fmt: skip


class Thinned:
    """Keeps the streams that training reads, at reduced rates."""

    def __init__(self, tap: RecordWriter, with_images: bool) -> None:
        self._tap = tap
        self._kept = (*KEPT, 'frame') if with_images else KEPT
        self._counts: dict[str, int] = {}

    def __call__(self, stream: str, record: Any, now: float) -> None:
        count = self._counts[stream] = self._counts.get(stream, -1) + 1
        if stream in self._kept and count % EVERY.get(stream, 1) == 0:
            self._tap(stream, record, now)
