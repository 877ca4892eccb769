"""The processes that commissioning starts: the shield, and the simulator in a driver's place."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vla_bringup.graph.client import GraphClient
from vla_bringup.graph.launch_runner import LaunchRunner
from vla_bringup.graph.log import Log
from vla_bringup.graph.session import nodes_of
from vla_core.errors import UserError

START = 60.0  # s, for one transition: the first start compiles
TRY = 5.0  # s, until a request is repeated
MATCH = 0.2  # s: DDS may know the path of a request before that of its response
TRANSITIONS = (
    (Transition.TRANSITION_CONFIGURE, 'inactive'), (Transition.TRANSITION_ACTIVATE, 'active'),
)  # fmt: skip


class Processes:
    """Starts and ends launch files of one node each, in one namespace; `client`, in the same,
    waits for them."""

    def __init__(self, log: Path, namespace: str = '') -> None:
        self._log, self._namespace = Log(log), namespace
        self._runners: dict[str, LaunchRunner] = {}
        self._killed: list[LaunchRunner] = []  # whose process was killed

    def start(self, launch: str, node: str, given: dict[str, str]) -> None:
        """Start launch/<launch>.launch.yaml, whose node is `node`."""
        given = {**given, 'namespace': self._namespace}
        runner = LaunchRunner(nodes_of(launch, given), self._log)
        runner.start()
        self._runners[node] = runner

    def activate(self, client: GraphClient, node: str) -> None:
        """Configure and activate a node; UserError with its last lines when that fails.

        Its heartbeat says when a transition is done: the response of a service may be lost just
        after another process with the same name has died.
        """
        client.beats.pop(node, None)
        for transition, state in TRANSITIONS:
            end = time.monotonic() + START
            while not self._is_in(client, node, state):
                if time.monotonic() > end or not self._change(client, node, transition, state):
                    lines = '\n'.join(f'  {line}' for line in self._log.last.get(node, ()))
                    raise UserError(f'{node} does not become {state}:\n{lines}')

    def _change(self, client: GraphClient, node: str, transition: int, state: str) -> bool:
        """Request a transition and wait for it; False when it is refused."""
        if not client.wait(lambda: node in client.beats, TRY):
            return True  # not there yet
        service = client.node.create_client(ChangeState, f'{node}/change_state')
        try:
            if not client.wait(service.service_is_ready, TRY):
                return True
            client.wait(lambda: False, MATCH)
            request = ChangeState.Request(transition=Transition(id=transition))
            future = service.call_async(request)
            client.wait(lambda: future.done() or self._is_in(client, node, state), TRY)
            is_refused = future.done() and not future.result().success
            return not is_refused or self._is_in(client, node, state)
        finally:
            client.node.destroy_client(service)

    @staticmethod
    def _is_in(client: GraphClient, node: str, state: str) -> bool:
        beat = client.beats.get(node)
        return beat is not None and beat.state in (state, 'active')

    def kill(self, node: str) -> None:
        """End a node by SIGKILL, as a crash does."""
        runner = self._runners.pop(node)
        with contextlib.suppress(ProcessLookupError):
            os.kill(runner.pid(node), signal.SIGKILL)
        self._killed.append(runner)

    def is_running(self, node: str) -> bool:
        return node in self._runners

    def stop(self) -> None:
        """End all of them."""
        for runner in [*self._runners.values(), *self._killed]:
            runner.stop()
        self._runners.clear()
        self._killed.clear()
        self._log.close()
