"""The processes that commissioning starts: the shield, and the simulator in a driver's place."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState

from vla_bringup.graph.client import GraphClient
from vla_bringup.graph.launch_runner import LaunchRunner
from vla_bringup.graph.log import Log
from vla_bringup.graph.session import nodes_of
from vla_core.errors import UserError

START = 60.0  # s, until a node answers: the first start compiles
TRANSITION = 30.0  # s, for one transition
Say = Callable[[str], None]


class Processes:
    """Starts and ends launch files of one node each; `client` waits for them."""

    def __init__(self, log: Path) -> None:
        self._log = Log(log)
        self._runners: dict[str, LaunchRunner] = {}

    def start(self, launch: str, node: str, given: dict[str, str]) -> None:
        """Start launch/<launch>.launch.yaml, whose node is `node`."""
        runner = LaunchRunner(nodes_of(launch, given), self._log)
        runner.start()
        self._runners[node] = runner

    def activate(self, client: GraphClient, node: str) -> None:
        """Configure and activate a node; UserError with its last lines when that fails."""
        for transition in (Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE):
            request = ChangeState.Request(transition=Transition(id=transition))
            client.reach(ChangeState, f'/{node}/change_state', START)
            response: Any = client.call(ChangeState, f'/{node}/change_state', request, TRANSITION)
            if not response.success:
                lines = '\n'.join(f'  {line}' for line in self._log.last.get(node, ()))
                raise UserError(f'{node} does not start:\n{lines}')

    def kill(self, node: str) -> None:
        """End a node by SIGKILL, as a crash does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._runners[node].pid(node), signal.SIGKILL)
        self._runners.pop(node).stop()

    def is_running(self, node: str) -> bool:
        return node in self._runners

    def stop(self) -> None:
        """End all of them."""
        for runner in self._runners.values():
            runner.stop()
        self._runners.clear()
        self._log.close()
