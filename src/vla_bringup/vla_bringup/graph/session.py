"""The full graph within a `with` block: started, used through a client, stopped completely."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import Any

from vla_bringup.graph.client import GraphClient
from vla_bringup.graph.defaults import CARD
from vla_bringup.graph.domain import choose_domain
from vla_bringup.graph.installed import find_share
from vla_bringup.graph.launch_file import NodeSpec, load_launch
from vla_bringup.graph.launch_runner import LaunchRunner
from vla_bringup.graph.log import Log
from vla_bringup.graph.sessions import registered
from vla_core.errors import UserError
from vla_core.records.task import Phase, ResultCode
from vla_core.robot.config import load_robot
from vla_interfaces.action import ExecuteTask
from vla_interfaces.srv import Disarm, InjectFault, Reset, ResetScene
from vla_policy.registry import REPLAY, find_checkpoint, has_weights, require_fit
from vla_sim.scenes.tasks import TASKS

BUSY = {
    Phase.GROUNDING, Phase.RUNNING, Phase.ROLLBACK, Phase.RETREAT, Phase.HOMING, Phase.ASKING,
    Phase.DONE,
}  # fmt: skip
Say = Callable[[str], None]


@dataclass(frozen=True)
class SessionPlan:
    """Launch files to start; `launches` are names in launch/ with their arguments."""

    launches: tuple[tuple[str, Mapping[str, str]], ...]
    log: Path  # output of all nodes
    startup: float = 60.0  # s, until every node is active
    unmanaged: tuple[str, ...] = ('recorder', 'proxy', 'clock')  # nodes without a lifecycle
    extra: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # arguments by node


@dataclass(frozen=True)
class TaskOutcome:
    """Result of a task, as reported by the stack, and the simulator's ground truth."""

    code: ResultCode
    text: str
    task_id: str
    truth: bool | None  # None: unknown (a real robot)


def check_launch_arguments(given: Mapping[str, str]) -> None:
    """UserError for an unknown robot, task or policy, before anything is started."""
    robot = load_robot(given.get('robot', 'ur5e'))
    if given.get('task', TASKS[0]) not in TASKS:
        raise UserError(f'no task {given["task"]!r}; known: {", ".join(TASKS)}')
    policy = given.get('policy', 'scripted')
    if policy.startswith(REPLAY):
        episode = Path(policy[len(REPLAY) :])
        if not episode.is_file():
            raise UserError(f'{policy}: {episode} is no file')
    require_fit(policy, robot)
    if has_weights(policy) and not (find_checkpoint(policy) / CARD).is_file():
        raise UserError(f'{find_checkpoint(policy)} is no checkpoint: it has no {CARD}')


class GraphSession:
    """`with GraphSession(plan) as graph:` all nodes are active inside and ended afterwards."""

    def __init__(self, plan: SessionPlan, report: Say = print) -> None:
        self.plan, self._report = plan, report
        self.seconds_to_start = self.seconds_to_stop = 0.0
        self.is_up = False
        for _, given in plan.launches:
            check_launch_arguments(given)
        choose_domain()
        specs = [spec for name, given in plan.launches for spec in nodes_of(name, given)]
        more = plan.extra
        specs = [replace(s, arguments=(*s.arguments, *more.get(s.name, ()))) for s in specs]
        self._namespace = specs[0].namespace  # of all nodes
        self.managed = [spec.name for spec in specs if spec.name not in plan.unmanaged]
        self._log = Log(plan.log)
        self._runner = LaunchRunner(specs, self._log)
        self._client: GraphClient | None = None
        self._open = ExitStack()

    def __enter__(self) -> GraphSession:
        began = time.monotonic()
        try:
            self._open.enter_context(registered(self._namespace))
            # before the nodes: it names what ROS lacks
            self._client = GraphClient(self._watch, namespace=self._namespace)
            self._runner.start()
            self._wait_until_active()
        except BaseException:
            self.stop()
            raise
        self.seconds_to_start = time.monotonic() - began
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End every process; a second call does nothing."""
        if self._client is not None:
            self._client.close()
            self._client = None
        began = time.monotonic()
        self._runner.stop()
        self.seconds_to_stop = self.seconds_to_stop or time.monotonic() - began
        self._log.close()
        self._open.close()

    # -- requests ------------------------------------------------------------------------------

    @property
    def client(self) -> GraphClient:
        if self._client is None:
            raise UserError('the graph is not running')
        return self._client

    def reset_scene(self, task: str, seed: int, overrides: Mapping[str, Any] | None = None) -> str:
        """Reset the scene once the arm is at rest; return its instruction."""
        self.settle()
        self.client.call(Disarm, 'shield/disarm', Disarm.Request())
        request = ResetScene.Request(task=task, seed=seed, overrides=json.dumps(overrides or {}))
        response = self.client.call(ResetScene, 'sim/reset_scene', request)
        if not response.success:
            raise UserError(f'cannot reset the scene to {task} {seed}: {response.message}')
        self.client.call(Reset, 'shield/reset', Reset.Request())
        return str(response.instruction)

    def execute(
        self,
        instruction: str,
        seed: int = 0,
        on_feedback: Callable[[Any], None] = lambda _: None,
        timeout: float = 180.0,
    ) -> TaskOutcome:
        """Execute `instruction` and wait for its result."""
        goal = ExecuteTask.Goal(instruction=instruction, seed=seed)
        result = self.client.execute(goal, on_feedback, timeout)
        self.client.truth = None  # wait for a new message
        self.client.wait(lambda: self.client.truth is not None, 1.0)
        return TaskOutcome(ResultCode(result.code), result.text, result.task_id, self.client.truth)

    def inject_fault(self, name: str, value: float = 0.0, seconds: float = 0.0) -> None:
        """Inject a fault into the simulation; 'none' removes all."""
        request = InjectFault.Request(name=name, value=value, seconds=seconds)
        response = self.client.call(InjectFault, 'sim/inject_fault', request)
        if not response.success:
            raise UserError(f'cannot inject {name}: {response.message}')

    def settle(self, timeout: float = 40.0) -> None:
        """Wait until no task is running and the arm is not returning home."""
        if not self.client.wait(self._is_at_rest, timeout):
            status = self.client.status
            raise UserError(
                f'the arm is not at rest: {status.phase.name if status else "no status"}'
            )

    def pause(self, seconds: float) -> None:
        """Let the graph run for `seconds`."""
        self.client.wait(lambda: False, seconds)

    def has(self, node: str) -> bool:
        """True when the node belongs to this graph."""
        return any(spec.name == node for spec in self._runner.nodes)

    def pid(self, node: str) -> int:
        return self._runner.pid(node)

    # -- inside --------------------------------------------------------------------------------

    def _is_at_rest(self) -> bool:
        status = self.client.status
        if status is None:
            return False
        is_returning_home = status.phase == Phase.FAILED and status.code in (
            ResultCode.TIMEOUT, ResultCode.FAILED,
        )  # fmt: skip
        return status.phase not in BUSY and not is_returning_home

    def _wait_until_active(self) -> None:
        summary = ''

        def is_up() -> bool:
            nonlocal summary
            text = self._inactive_nodes()
            if text != summary:
                summary = text
                self._report(text or f'all {len(self.managed)} nodes are active')
            return not text

        if not self.client.wait(is_up, self.plan.startup):
            raise UserError(
                f'not all nodes are active within {self.plan.startup:g} s: {summary}\n'
                f'{self._last_lines(self.managed)}\n{self._log_hint()}'
            )
        self.is_up = True

    def _inactive_nodes(self) -> str:
        """Nodes that are not active yet, with their states; '' when all are active."""
        states = {
            name: beat.state if (beat := self.client.beats.get(name)) else 'starting'
            for name in self.managed
        }
        rest = [f'{name} {state}' for name, state in states.items() if state != 'active']
        up = len(self.managed) - len(rest)
        return f'{up} of {len(self.managed)} active; {", ".join(rest)}' if rest else ''

    def _watch(self) -> None:
        """Check the processes; UserError when the graph has ended or cannot start."""
        is_running = self._runner.poll()
        ended = [failure.split(':')[0] for failure in self._runner.failures]
        failed = [] if self.is_up else [*self._log.fatal, *ended]
        if not is_running or failed:
            why = '; '.join(self._runner.failures) or ', '.join(failed) or 'a node has ended'
            raise UserError(
                f'the graph {"ended" if self.is_up else "does not start"}: {why}\n'
                f'{self._last_lines(failed or ended)}\n{self._log_hint()}'
            )

    def _log_hint(self) -> str:
        return f'full output of the nodes: {self.plan.log}'

    def _last_lines(self, names: list[str]) -> str:
        """The newest lines of the nodes that are not active."""
        beats = self._client.beats if self._client else {}
        silent = [n for n in names if n not in beats or beats[n].state != 'active'] or names
        lines = [f'  {n} | {line}' for n in silent for line in self._log.last.get(n, ())]
        return '\n'.join(dict.fromkeys(lines))


def nodes_of(name: str, given: Mapping[str, str]) -> list[NodeSpec]:
    """The nodes of launch/<name>.launch.yaml."""
    path = find_share('vla_bringup') / 'launch' / f'{name}.launch.yaml'
    return load_launch(path, given).nodes
