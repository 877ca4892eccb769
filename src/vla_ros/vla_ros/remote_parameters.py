"""Parameters of a node that is not ours, read and offered through ROS 2's parameter service."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from rcl_interfaces.msg import ParameterValue
from rcl_interfaces.srv import GetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python


class RemoteParameters:
    """Parameters of the node `owner`, as it last answered `requests`, each a group of names.

    rclcpp answers a request with an undeclared name with nothing; a service keeps ten requests.
    """

    def __init__(self, node: Node, owner: str, requests: tuple[tuple[str, ...], ...]) -> None:
        self.owner, self._requests = owner, requests
        self._values: dict[str, Any] = {}
        self._read_at: dict[tuple[str, ...], float] = {}  # s: the newest that was answered
        self._client = node.create_client(GetParameters, f'{owner}/get_parameters')

    @property
    def values(self) -> Mapping[str, Any]:
        """Without those that the node does not declare."""
        return self._values

    @property
    def read_at(self) -> float | None:
        """s, of the newest request that was answered in full; None: none was."""
        is_complete = len(self._read_at) == len(self._requests)
        return min(self._read_at.values(), default=None) if is_complete else None

    @property
    def is_offered(self) -> bool:
        """True when the node has a parameter service."""
        return bool(self._client.service_is_ready())

    def request(self, now: float) -> None:
        """Ask for all of them; the answers arrive later."""
        if self.is_offered:
            for names in self._requests:
                future = self._client.call_async(GetParameters.Request(names=list(names)))
                future.add_done_callback(partial(self._on_answer, names, now))

    def _on_answer(self, names: tuple[str, ...], asked_at: float, future: Any) -> None:
        if future.exception() is not None:
            return
        found = [parameter_value_to_python(value) for value in future.result().values]
        for name in names:
            self._values.pop(name, None)
        known = zip(names, found, strict=False)  # none for an undeclared name
        self._values |= {name: value for name, value in known if value is not None}
        self._read_at[names] = asked_at


def offer_parameters(node: Node, owner: str, values: Mapping[str, Any]) -> None:
    """Answer requests for the parameters of `owner`, as its own parameter service would."""

    def answer(request: Any, response: Any) -> Any:
        response.values = [_value(name, values) for name in request.names]
        return response

    node.create_service(GetParameters, f'{owner}/get_parameters', answer)


def _value(name: str, values: Mapping[str, Any]) -> ParameterValue:
    if name not in values:
        return ParameterValue()
    return Parameter(name, value=values[name]).get_parameter_value()
