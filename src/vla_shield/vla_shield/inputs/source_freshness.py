"""What must be fresh before a target may move the arm: a scene for a policy and for a planned
move, the observation behind a chunk, the enabling switch for a person."""

from __future__ import annotations

from math import inf

from vla_core.records.action import Source, Target
from vla_shield.inputs.input_status import InputStatus
from vla_shield.params import ShieldParams


class SourceFreshness:
    """The enabling switch, and the limits of age by source. Times: ROS time, s."""

    def __init__(self, params: ShieldParams) -> None:
        self._params = params
        self.clear()

    def clear(self) -> None:
        """Forget the switch: the clock has jumped back."""
        self._is_held, self._held_at = False, -inf

    def put_dead_man(self, is_held: bool, now: float) -> None:
        """Note the state of the enabling switch."""
        self._is_held, self._held_at = is_held, now

    def fault(
        self, target: Target, source: Source, scene: InputStatus, now: float
    ) -> tuple[str, str]:
        """(why `target` of `source` may not move the arm now, rule); ('', '') when it may."""
        faults = {
            'dead_man': self._dead_man_fault(now) if source == Source.TELEOP else '',
            'scene:stale': self._scene_fault(source, scene, now),
            'chunk:stale': self._chunk_fault(target, now),
        }
        return next(((why, rule) for rule, why in faults.items() if why), ('', ''))

    def _scene_fault(self, source: Source, scene: InputStatus, now: float) -> str:
        if source not in (Source.POLICY, Source.PLANNER):
            return ''
        planner = self._params.planner_scene_timeout
        timeout = planner if source == Source.PLANNER else self._params.scene_timeout
        return scene.fault or scene.staleness('scene', timeout, now)

    def _chunk_fault(self, target: Target, now: float) -> str:
        age, p = now - target.chunk_stamp, self._params
        if target.chunk_seq < 0 or -p.future_tolerance <= age <= p.observation_timeout:
            return ''
        return f'observation of the chunk is {age:.2f} s old'

    def _dead_man_fault(self, now: float) -> str:
        if not abs(now - self._held_at) <= self._params.dead_man_timeout:
            return 'the dead-man switch is silent'
        return '' if self._is_held else 'the dead-man switch is released'
