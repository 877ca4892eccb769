"""`./vla demos --pictures`: demonstrations for a policy that looks, in the light loop.

The scripted expert on true scenes; three of four episodes with a shifted tool, so that recovery is
in the data. Failed episodes are counted and not kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vla_learning.data.image_episodes import ImageRecorder, save_episode
from vla_lockstep.campaign import run_jobs
from vla_lockstep.episode_plan import EpisodePlan
from vla_lockstep.light_loop import LightLoop
from vla_lockstep.perturb import PerturbedPolicy, PerturbParams
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.protocol import Policy

LOG = 'pictures.jsonl'
CLEAN_EVERY = 4  # one in so many episodes runs unperturbed


@dataclass(frozen=True)
class PictureDemo:
    """One demonstration to collect."""

    robot: str
    task: str
    seed: int
    folder: str
    is_perturbed: bool


def episode_path(folder: Path, task: str, seed: int) -> Path:
    """File of an episode."""
    return folder / f'{task}_{seed:06d}.npz'


def collect(
    robot: str, tasks: list[str], seeds: range, folder: Path, workers: int, *, is_clean: bool
) -> list[Row]:
    """Collect the missing episodes; a run that was interrupted goes on."""
    jobs = [
        (
            f'{robot}/{task}/{seed}',
            PictureDemo(robot, task, seed, str(folder), not is_clean and seed % CLEAN_EVERY != 0),
        )
        for seed in seeds
        for task in tasks
    ]
    log = RowLog(folder / LOG, made_by('scripted'), keeps_old=True)
    return run_jobs(jobs, collect_one, log, workers, 'demonstrations')


_HOSTS: dict[str, tuple[LightLoop, ImageRecorder]] = {}


def collect_one(demo: PictureDemo) -> Row:
    """Play and keep one demonstration (in a worker process)."""
    import torch

    torch.set_num_threads(1)  # resizing pictures; the workers share the cores
    if demo.robot not in _HOSTS:
        setup = load_setup(demo.robot)
        _HOSTS[demo.robot] = LightLoop(setup), ImageRecorder(setup.robot)
    loop, recorder = _HOSTS[demo.robot]
    policy: Policy = ScriptedPolicy()
    if demo.is_perturbed:
        policy = PerturbedPolicy(policy, PerturbParams())
    recorder.begin()
    result = loop.run(EpisodePlan(demo.task, demo.seed), policy, recorder)
    if result.success:
        save_episode(episode_path(Path(demo.folder), demo.task, demo.seed), recorder.episode())
    return {
        'success': result.success, 'task': demo.task, 'seed': demo.seed,
        'duration': result.duration, 'inferences': result.inferences,
    }  # fmt: skip
