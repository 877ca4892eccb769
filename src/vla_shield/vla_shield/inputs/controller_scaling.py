"""Speed scaling of the controller: a robot's speed slider, or its reaction to a safety input."""

from __future__ import annotations

from math import inf

from vla_core.robot.controller import ControllerContract


class ControllerScaling:
    """The newest value on the scaling topic of the contract; full speed without such a topic."""

    def __init__(self, contract: ControllerContract) -> None:
        self._contract = contract
        self._received = -inf  # s, ROS time
        self.share = 1.0  # [0, 1], of full speed

    def put(self, value: float, now: float) -> None:
        """Take a value in the unit of the topic."""
        self.share, self._received = self._contract.scaling(value), now

    def clear(self) -> None:
        """Forget the value: the clock jumped back."""
        self._received = -inf

    @property
    def text(self) -> str:
        """The value for people; '' at full speed."""
        return f'speed slider at {100.0 * self.share:.0f} %' if self.share < 1.0 else ''

    def fault(self, now: float) -> str:
        """Why the arm may not move, or ''."""
        contract = self._contract
        if not contract.scaling_topic:
            return ''
        if self._received == -inf:
            return f'no speed scaling received on {contract.scaling_topic}'
        age = now - self._received
        if not age <= contract.scaling_timeout:
            return f'speed scaling on {contract.scaling_topic} is {age:.2f} s old'
        if not self.share >= contract.min_scaling:
            return f'{self.text}, at least {100.0 * contract.min_scaling:.0f} % is needed'
        return ''
