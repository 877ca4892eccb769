"""Set-up, plan and result of an episode in lockstep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from vla_control.params import ControlParams
from vla_core.monitor import Monitor
from vla_core.params import check, param
from vla_core.records.task import ResultCode, TaskStatus
from vla_core.robot.config import RobotConfig
from vla_monitor.steering.verifier import VOTER, Verifier
from vla_perception.params import GrounderParams
from vla_policy.align import BundlerParams
from vla_shield.params import ShieldParams
from vla_sim.scenes.scene_params import SceneParams
from vla_supervisor.params import ExecutiveParams


@dataclass(frozen=True)
class LockstepParams:
    """Rates and modelled latencies of the lockstep host."""

    period: float = param(0.01, 's, one cycle of control and shield', lo=0.002, hi=0.02)
    camera_every: int = param(10, 'cycles between images', lo=1, hi=100)
    policy_every: int = param(20, 'cycles between inferences', lo=1, hi=100)
    vote_every: int = param(10, 'cycles between votes', lo=1, hi=20)
    scene_delay: int = param(4, 'cycles from image to scene', lo=0, hi=50)
    chunk_delay: int = param(5, 'cycles from observation to chunk', lo=0, hi=50)
    candidates: int = param(1, 'chunks per inference', lo=1, hi=32)
    verify_delay: int = param(1, 'cycles that choosing among them takes', lo=0, hi=50)
    timeout: float = param(90.0, 's of simulated time, limit of an episode', lo=1.0, hi=600.0)

    def __post_init__(self) -> None:
        check(self)


@dataclass(frozen=True)
class Setup:
    """Parameters of a host; the same as those of the graph's nodes."""

    robot: RobotConfig
    scene: SceneParams
    perception: GrounderParams
    align: BundlerParams
    control: ControlParams
    shield: ShieldParams
    supervisor: ExecutiveParams
    host: LockstepParams = LockstepParams()
    monitors: tuple[Callable[[], Monitor], ...] = ()  # constructed per episode
    verifier: Callable[[], Verifier] | None = None  # None: the first candidate is executed

    def without_verifier(self) -> Setup:
        """The same without the verifier; the shield does not wait for its vote."""
        voters = tuple(name for name in self.shield.required_voters if name != VOTER)
        shield = replace(self.shield, required_voters=voters)
        return replace(self, shield=shield, verifier=None)

    def without_monitors(self) -> Setup:
        """The same without monitors and verifier; the shield waits for none of their votes."""
        shield = replace(self.shield, required_voters=ShieldParams().required_voters)
        return replace(self, shield=shield, monitors=(), verifier=None)


@dataclass(frozen=True)
class EpisodePlan:
    """Which episode to run; `overrides` go to the simulator's reset."""

    task: str
    seed: int
    overrides: dict[str, Any] = field(default_factory=dict)
    noise: int | None = None  # seed of a policy that samples; None: `seed`


@dataclass(frozen=True)
class EpisodeResult:
    """How an episode ended, by the simulator's truth and as the stack reports it."""

    task: str
    seed: int
    instruction: str
    success: bool  # truth
    code: ResultCode  # as the stack reports it
    text: str
    duration: float  # s simulated, from the instruction to the result
    attempts: int
    status: TaskStatus
