"""Demonstrations for a policy that looks: drawn ones of many scenes, and in the light loop the
expert's, or a learner's with the expert's labels.

The scripted expert acts on true scenes. One of four of its episodes is clean, one strongly and two
slightly disturbed, so that recovery is in the data. Its failed episodes are counted and not kept;
a learner's are: that is what their labels are for.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vla_core.errors import UserError
from vla_learning.data.drawn_demos import Draughtsman
from vla_learning.data.image_episodes import ImageRecorder, save_episode
from vla_lockstep.campaign import run_jobs
from vla_lockstep.episode_plan import EpisodePlan
from vla_lockstep.light_loop import LightLoop, LightLoopParams
from vla_lockstep.perturb import PerturbedPolicy, PerturbParams
from vla_lockstep.relabel import RelabelledPolicy, RelabelParams
from vla_lockstep.row_log import Row, RowLog, made_by
from vla_lockstep.stack import load_setup
from vla_policy.experts.scripted import ScriptedPolicy
from vla_policy.protocol import Policy
from vla_policy.registry import load_policy
from vla_sim.scenes.placement import NoRoomError

LOG = 'pictures.jsonl'
RIVALS = (0, 1, 2, 2)  # by seed: objects that only the sentence tells from the target
STRONG = PerturbParams(position=0.03, yaw=0.25, share=0.4, dwell=1.0)
LEARNER = LightLoopParams(timeout=14.0)
TITLES = {'drawn': 'drawn demonstrations', 'expert': 'demonstrations'}


@dataclass(frozen=True)
class PictureDemo:
    """One episode to collect."""

    robot: str
    task: str
    seed: int
    folder: str
    driver: str = 'expert'  # 'drawn', 'expert', or the folder of a learner's checkpoint

    @property
    def overrides(self) -> dict[str, Any]:
        """Of the scene."""
        return {'rivals': RIVALS[self.seed % len(RIVALS)]}


def episode_path(folder: Path, task: str, seed: int) -> Path:
    """File of an episode."""
    return folder / f'{task}_{seed:06d}.npz'


def collect(
    robot: str, tasks: tuple[str, ...], seeds: range, folder: Path, workers: int,
    driver: str = 'expert',
) -> list[Row]:  # fmt: skip
    """Collect the missing episodes; a run that was interrupted goes on. UserError when there are
    none in the end."""
    jobs = [
        (f'{robot}/{task}/{seed}', PictureDemo(robot, task, seed, str(folder), driver))
        for seed in seeds
        for task in tasks
    ]
    log = RowLog(
        folder / LOG,
        made_by('scripted' if driver in ('drawn', 'expert') else driver),
        keeps_old=True,
    )
    title = TITLES.get(driver, 'episodes that the learner drives')
    rows = run_jobs(jobs, collect_one, log, workers, title)
    if not any(folder.glob('*.npz')):
        raise UserError(f'{folder}: none of {len(rows)} demonstrations succeeded')
    return rows


_HOSTS: dict[str, tuple[LightLoop, ImageRecorder, Draughtsman]] = {}
_LEARNERS: dict[tuple[str, str], Policy] = {}


def collect_one(demo: PictureDemo) -> Row:
    """Play and keep one demonstration (in a worker process)."""
    import torch

    torch.set_num_threads(1)  # resizing pictures; the workers share the cores
    if demo.robot not in _HOSTS:
        setup = load_setup(demo.robot)
        loop = LightLoop(setup)
        _HOSTS[demo.robot] = loop, ImageRecorder(setup.robot), Draughtsman(loop.world)
    row: Row = {'success': False, 'task': demo.task, 'seed': demo.seed}
    try:
        return row | (_drawn(demo) if demo.driver == 'drawn' else _played(demo))
    except NoRoomError as error:  # too many objects for the table: this seed has no scene
        return row | {'text': str(error)}


def _drawn(demo: PictureDemo) -> Row:
    made = _HOSTS[demo.robot][2].episode(EpisodePlan(demo.task, demo.seed, demo.overrides))
    if len(made):
        save_episode(episode_path(Path(demo.folder), demo.task, demo.seed), made)
    return {'success': bool(len(made)), 'inferences': len(made)}


def _played(demo: PictureDemo) -> Row:
    loop, recorder, _ = _HOSTS[demo.robot]
    is_learner = demo.driver != 'expert'
    loop.params = LEARNER if is_learner else LightLoopParams()
    recorder.begin()
    result = loop.run(EpisodePlan(demo.task, demo.seed, demo.overrides), _driver(demo), recorder)
    if (result.success or is_learner) and len(recorder):
        save_episode(episode_path(Path(demo.folder), demo.task, demo.seed), recorder.episode())
    return {
        'success': result.success, 'duration': result.duration, 'inferences': result.inferences
    }  # fmt: skip


def _driver(demo: PictureDemo) -> Policy:
    expert = ScriptedPolicy()
    if demo.driver == 'expert':
        kind = demo.seed // len(RIVALS) % 4
        disturbed = PerturbedPolicy(expert, STRONG if kind == 1 else PerturbParams())
        return disturbed if kind else expert
    key = demo.robot, demo.driver
    if key not in _LEARNERS:
        _LEARNERS[key] = load_policy(demo.driver, _HOSTS[demo.robot][0].setup.robot)
    return RelabelledPolicy(_LEARNERS[key], expert, RelabelParams())
