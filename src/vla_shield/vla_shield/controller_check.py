"""Before arming: do the parameters of the live controllers agree with the robot file?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from vla_core.robot.arm import ArmConfig
from vla_core.robot.config import RobotConfig
from vla_core.robot.controller import ControllerContract
from vla_core.robot.controller_parameters import mismatches

REQUEST_EVERY = 2.0  # s, between two requests while the shield is disarmed
MAX_AGE = 10.0  # s, of the parameters when it is armed


class ParameterReader(Protocol):
    """Reads the parameters of one controller."""

    owner: str

    @property
    def read_at(self) -> float | None: ...

    @property
    def values(self) -> Mapping[str, Any]: ...

    @property
    def is_offered(self) -> bool: ...

    def request(self, now: float) -> None: ...


class ControllerCheck:
    """Keeps the parameters fresh while disarmed, and compares them. Times: steady clock, s."""

    def __init__(self, robot: RobotConfig, readers: Sequence[ParameterReader]) -> None:
        self._arms = list(zip(robot.arms, readers, strict=True))
        self._requested = -MAX_AGE  # s, when the parameters were requested last
        self.warning = ''  # controllers whose parameters cannot be read; '' when all were

    def tick(self, now: float) -> None:
        """Request the parameters when it is time; only while the shield is disarmed."""
        if now - self._requested >= REQUEST_EVERY:
            self._requested = now
            for _, reader in self._arms:
                reader.request(now)

    def refusal(self, now: float) -> str:
        """Why the shield may not be armed, or ''; sets `warning`."""
        self.warning = ''
        refusals = (self._refusal_of(arm, reader, now) for arm, reader in self._arms)
        return next(filter(None, refusals), '')

    def _refusal_of(self, arm: ArmConfig, reader: ParameterReader, now: float) -> str:
        contract, owner = arm.controller, reader.owner
        is_read = reader.read_at is not None and now - reader.read_at <= MAX_AGE
        if is_read and reader.values:
            return '; '.join(mismatches(contract, arm.joint_names, owner, reader.values))
        if is_read:
            return self._unread(contract, f'{owner} has no parameter of a trajectory controller')
        if reader.is_offered:
            return f'parameters of {owner} are being read'
        return self._unread(contract, f'{owner} has no parameter service')

    def _unread(self, contract: ControllerContract, why: str) -> str:
        """Refuse, warn or accept, as the robot file says."""
        if contract.unread_parameters == 'refuse':
            return f'{why}: its restart rule is not known'
        if contract.unread_parameters == 'warn':
            self.warning = f'{why}: not checked'
        return ''
