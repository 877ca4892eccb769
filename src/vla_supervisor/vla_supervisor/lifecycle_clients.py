"""Lifecycle service clients: send the requests of the bring-up to the nodes."""

from __future__ import annotations

from collections.abc import Callable

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.node import Node

from vla_supervisor.lifecycle import BringUp, NodeTransition, TransitionRequest

TRANSITIONS = {
    NodeTransition.CONFIGURE: Transition.TRANSITION_CONFIGURE,
    NodeTransition.ACTIVATE: Transition.TRANSITION_ACTIVATE,
}


class LifecycleClients:
    """One ChangeState client for every node of `bring_up`; `clock` gives ROS time, s."""

    def __init__(self, node: Node, bring_up: BringUp, clock: Callable[[], float]) -> None:
        self._bring_up, self._clock = bring_up, clock
        self._clients = {
            name: node.create_client(ChangeState, f'{name}/change_state')
            for name in bring_up.states
        }

    def request_due(self) -> None:
        """Send the requests that are due; the responses arrive later."""
        for request in self._bring_up.due_requests(self._clock()):
            self._send(request)

    def _send(self, wanted: TransitionRequest) -> None:
        request = ChangeState.Request()
        request.transition.id = TRANSITIONS[wanted.transition]
        future = self._clients[wanted.node].call_async(request)
        future.add_done_callback(
            lambda f: self._bring_up.on_response(wanted.node, f.result().success, self._clock())
        )
