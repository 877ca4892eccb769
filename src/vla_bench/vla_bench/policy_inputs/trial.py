"""One episode of the shipped policy with one of its inputs blanked or replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from vla_core.records.scene import Role
from vla_core.records.sensing import Observation
from vla_lockstep.episode_plan import EpisodePlan, Setup
from vla_lockstep.lockstep import Lockstep
from vla_lockstep.row_log import Row
from vla_lockstep.stack import load_setup
from vla_policy.checkpoint_policy import SamplingParams
from vla_policy.experts.planning import plan_step
from vla_policy.learned import LearnedPolicy
from vla_policy.protocol import Policy, Proposal
from vla_policy.registry import find_checkpoint
from vla_sim.scenes.tasks import sample_episode

TASKS = ('put_in', 'stack', 'push', 'press', 'open', 'close')
ATTEMPT = 25.0  # s, of the only attempt
SHIPPED, BLANKED, SHUFFLED = 'as shipped', 'sentence blanked', "another task's sentence"
NO_NOISE, NO_ROLES = 'one flow step without noise', 'object roles blanked'
VARIANTS = (SHIPPED, BLANKED, SHUFFLED, NO_NOISE, NO_ROLES)

Alter = Callable[[Observation], Observation]


@dataclass(frozen=True)
class InputsJob:
    """One episode, as a worker gets it."""

    robot: str
    policy: str
    variant: str  # one of VARIANTS
    task: str
    seed: int


class AlteredPolicy:
    """A policy that gets other observations than the rest of the stack."""

    def __init__(self, policy: Policy, alter: Alter) -> None:
        self.policy, self.alter = policy, alter
        self.info = policy.info

    def reset(self, task_id: str, instruction: str, seed: int) -> None:
        self.policy.reset(task_id, '', seed)  # encodes no sentence ahead of time

    def act(self, observation: Observation, count: int = 1) -> Proposal:
        return self.policy.act(self.alter(observation), count)


def without_roles(observation: Observation) -> Observation:
    """The observation with the role OTHER for every object."""
    scene = observation.scene
    objects = tuple(replace(found, role=Role.OTHER, score=0.0) for found in scene.objects)
    return replace(observation, scene=replace(scene, objects=objects))


def with_sentence(sentence: str) -> Alter:
    """Replaces the instruction; the verb, side and roles parsed from the right one stay."""
    return lambda observation: replace(observation, instruction=sentence)


def other_sentence(task: str, seed: int, setup: Setup) -> str:
    """The instruction of the next skill's episode of that seed."""
    other = TASKS[(TASKS.index(task) + 1) % len(TASKS)]
    return sample_episode(other, seed, setup.scene, {}).instruction


@cache
def _host(robot: str) -> Lockstep:
    setup = load_setup(robot)
    terms = replace(setup.supervisor, attempts=1, attempt_timeout=ATTEMPT)
    return Lockstep(replace(setup.without_monitors(), supervisor=terms))


@cache
def _policy(folder: str, robot: str, has_noise: bool) -> LearnedPolicy:
    sampling = SamplingParams() if has_noise else SamplingParams(steps=1, noise=0.0)
    found = find_checkpoint(folder)
    return LearnedPolicy.load(found, _host(robot).setup.robot, plan_step, sampling)


def altered(job: InputsJob, setup: Setup) -> Policy:
    """The policy of the job's variant."""
    policy = _policy(job.policy, job.robot, job.variant != NO_NOISE)
    alter = {
        BLANKED: with_sentence(''),
        SHUFFLED: with_sentence(other_sentence(job.task, job.seed, setup)),
        NO_ROLES: without_roles,
    }.get(job.variant)
    return policy if alter is None else AlteredPolicy(policy, alter)


def play(job: InputsJob) -> Row:
    """Run one episode in lockstep (in a worker process)."""
    host = _host(job.robot)
    result = host.run(EpisodePlan(job.task, job.seed), altered(job, host.setup))
    return {
        'variant': job.variant, 'task': job.task, 'seed': job.seed, 'success': result.success,
        'instruction': result.instruction, 'code': result.code.name, 'text': result.text,
        'duration': result.duration,
    }  # fmt: skip
