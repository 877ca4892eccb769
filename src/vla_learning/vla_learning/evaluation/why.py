"""`./vla why`: failed episodes of an evaluation, played again without one cause at a time.

The episodes are those of `./vla eval` in lockstep, where a seed is the same episode again. A cause
without which the episode succeeds had its part in the failure; there may be several. When none
helps, it was the policy's own choice of motion, or the task cannot be done.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tqdm import tqdm

from vla_core.arguments import integer
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_learning.evaluation.suites import SUITES, EvalTrial
from vla_lockstep.changes import with_true_perception, without_shield
from vla_lockstep.episode_plan import EpisodePlan, Setup
from vla_lockstep.lockstep import Lockstep, Run
from vla_lockstep.row_log import Row, read_rows
from vla_lockstep.stack import load_setup
from vla_policy.checkpoint_policy import CheckpointPolicy
from vla_policy.protocol import Policy
from vla_policy.registry import load_policy

EPISODES = 'episodes.jsonl'
OTHER_NOISE = 1_000  # added to the seed of the policy's noise
SHARP = 0.02  # s, within which one chunk replaces another


@dataclass(frozen=True)
class Cause:
    """Something that may have made an episode fail, and how it is taken away."""

    name: str
    text: str  # what is played
    setup: Callable[[Setup], Setup] = lambda setup: setup
    change: Callable[[Run], None] = lambda _: None
    policy: Callable[[Policy], Policy | None] = lambda policy: policy  # None: does not apply
    noise: int = 0  # added to the seed of the policy's noise


def _prompt(setup: Setup) -> Setup:
    host = replace(setup.host, scene_delay=0, chunk_delay=0, verify_delay=0)
    return replace(setup, host=host)


def _sharp(setup: Setup) -> Setup:
    control = replace(setup.control, blend_window=SHARP, max_blend_window=SHARP)
    return replace(setup, control=control)


def _noiseless(policy: Policy) -> Policy | None:
    return policy.with_noise(0.0) if isinstance(policy, CheckpointPolicy) else None


AS_PLAYED = Cause('', 'as it was')
CAUSES = (
    Cause('latency', 'scenes and chunks arrive at once', setup=_prompt),
    Cause('grounding', 'true objects instead of perceived ones', change=with_true_perception),
    Cause('monitors', 'no rules, failure detector or verifier', setup=Setup.without_monitors),
    Cause('shield', 'every target goes to the robot', change=without_shield),
    Cause('blending', 'a new chunk replaces the old one at once', setup=_sharp),
    Cause('noise', 'the mean of the policy, without noise', policy=_noiseless),
    Cause('seed', 'other noise of the policy', noise=OTHER_NOISE),
)  # fmt: skip


@dataclass(frozen=True)
class FailedEpisode:
    """One of an evaluation."""

    robot: str
    policy: str
    trial: EvalTrial
    seed: int
    text: str  # how it ended

    @property
    def name(self) -> str:
        return f'{self.trial.name} {self.seed}'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('folder', type=Path, help='of an evaluation, such as out/eval-tabletop')
    add('--suite', default='', choices=['', *sorted(SUITES)], help='default: by the folder')
    add('--most', type=integer(1, 10_000), default=5, help='episodes (default %(default)s)')
    add('--trials', default='', help='comma-separated; default all')


def run(args: argparse.Namespace) -> int:
    failed = failures(args.folder, suite_of(args.folder, args.suite), args.trials)
    if not failed:
        print(f'{args.folder}: no episode failed')
        return 0
    chosen = failed[: args.most]
    print(f'{len(failed)} failed, {len(chosen)} are explained (--most)')
    rows = []
    for episode in chosen:
        rows.append(explain(episode))
        print('\n'.join(lines(rows[-1])), flush=True)
    path = args.folder / 'why.json'
    write_atomic(path, json.dumps(rows, indent=1) + '\n')
    print(path)
    return 0


def suite_of(folder: Path, given: str) -> tuple[EvalTrial, ...]:
    """The trials of the suite that was played; UserError when the folder does not say which."""
    name = given or next((s for s in SUITES if f'eval-{s}' in folder.resolve().name), '')
    if not name:
        raise UserError(f'{folder} does not say its suite: --suite {" or ".join(sorted(SUITES))}')
    return SUITES[name]


def failures(folder: Path, suite: Sequence[EvalTrial], wanted: str) -> list[FailedEpisode]:
    """The failed episodes in their order; UserError when there is no evaluation."""
    rows = read_rows(folder / EPISODES)
    if not rows:
        raise UserError(f'{folder} has no {EPISODES} of ./vla eval')
    trials = {trial.name: trial for trial in suite}
    names = [name for name in wanted.split(',') if name] or list(trials)
    made = []
    for key, row in rows.items():
        if row['success'] or row['trial'] not in names:
            continue
        if row['trial'] not in trials:
            raise UserError(f'{key} is not of this suite, which has {", ".join(trials)}')
        robot, _, rest = key.partition('/')
        policy = rest.removesuffix(f'/{row["trial"]}/{row["seed"]}')
        trial = trials[row['trial']]
        if trial.blank:
            continue  # it is meant to fail
        made.append(FailedEpisode(robot, policy, trial, row['seed'], row['text']))
    return made


def explain(episode: FailedEpisode) -> Row:
    """Play the episode as it was, then without each cause."""
    setup = load_setup(episode.robot, policy=episode.policy)
    policy = load_policy(episode.policy, setup.robot)
    made: Row = {'episode': episode.name, 'text': episode.text, 'as played': '', 'without': {}}
    for cause in tqdm((AS_PLAYED, *CAUSES), episode.name, leave=False):
        acting = cause.policy(policy)
        if acting is None:
            continue
        trial, seed = episode.trial, episode.seed
        plan = EpisodePlan(trial.task, seed, trial.overrides, seed + cause.noise)
        result = Lockstep(cause.setup(setup)).run(plan, acting, cause.change)
        outcome = 'done' if result.success else result.text
        if cause is AS_PLAYED:
            made['as played'] = outcome
        else:
            made['without'][cause.name] = outcome
    return made


def lines(row: Row) -> list[str]:
    """What a person reads of one episode."""
    if row['as played'] == 'done':
        said = 'done when played again: another version of the stack, or of the policy, failed'
    else:
        helped = [name for name, outcome in row['without'].items() if outcome == 'done']
        said = f'done without: {", ".join(helped)}' if helped else 'no single cause: the policy'
    found = [f'  {name:10} {outcome[:100]}' for name, outcome in row['without'].items()]
    return [f'{row["episode"]}: {row["text"][:120]}', f'  → {said}', *found]
