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
    """The parameters `names` of the node `owner`, as it last answered.

    Each is asked for by itself: rclcpp answers a request with an undeclared name with nothing.
    """

    def __init__(self, node: Node, owner: str, names: tuple[str, ...]) -> None:
        self.owner, self._names = owner, names
        self._values: dict[str, Any] = {}
        self._read_at: dict[str, float] = {}  # s, by name: the newest request that was answered
        self._client = node.create_client(GetParameters, f'{owner}/get_parameters')

    @property
    def values(self) -> Mapping[str, Any]:
        """Without those that the node does not declare."""
        return self._values

    @property
    def read_at(self) -> float | None:
        """s, of the newest request that was answered in full; None: none was."""
        is_complete = len(self._read_at) == len(self._names)
        return min(self._read_at.values(), default=None) if is_complete else None

    @property
    def is_offered(self) -> bool:
        """True when the node has a parameter service."""
        return bool(self._client.service_is_ready())

    def request(self, now: float) -> None:
        """Ask for all of them; the answers arrive later."""
        if self.is_offered:
            for name in self._names:
                future = self._client.call_async(GetParameters.Request(names=[name]))
                future.add_done_callback(partial(self._on_answer, name, now))

    def _on_answer(self, name: str, asked_at: float, future: Any) -> None:
        if future.exception() is not None:
            return
        self._values.pop(name, None)
        found = [parameter_value_to_python(value) for value in future.result().values]
        if found and found[0] is not None:
            self._values[name] = found[0]
        self._read_at[name] = asked_at


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
