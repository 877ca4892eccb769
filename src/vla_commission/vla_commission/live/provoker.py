"""Faults of a rehearsal: injected into the simulator, or made by the person; when they act is read
from the data."""

from __future__ import annotations

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np
from sensor_msgs.msg import Image

from vla_bringup.graph.client import GraphClient
from vla_commission.live.rig import LiveRig
from vla_core.errors import UserError
from vla_interfaces.srv import InjectFault
from vla_ros import topics
from vla_ros.convert.fields import BadMessage, seconds
from vla_ros.convert.image import depth_from_msg

INJECTED = {
    'camera': 'camera_black',
    'joint_states': 'joint_silence',
    'vendor_stop': 'command_loss',
}
DONE = {
    'camera': ('Cover the camera now.', 'Uncover the camera.'),
    'joint_states': (
        'Stop the joint states now (ros2 control switch_controllers --deactivate '
        'joint_state_broadcaster).', 'Start the joint states again.',
    ),
    'vendor_stop': (
        'Press the protective stop on the pendant now.',
        'Release it; the program may be started again.',
    ),
}  # fmt: skip
SILENCE = 0.04  # s without joint states
COVERED = 0.5  # of the usual share of pixels with a depth: the camera is covered
STANDS = 0.02  # rad, between command and arm: the robot stands


class LiveProvoker:
    """`injects`: into the simulator; else the person is told what to do."""

    def __init__(
        self, client: GraphClient, rig: LiveRig, injects: bool, say: Callable[[str], None]
    ) -> None:
        self._client, self._rig, self._injects, self._say = client, rig, injects, say
        self._began = nan
        self._usual, self._covered_at = 0.0, inf  # share of pixels; s, stamp of the image
        self._is_image_watched = False
        self._camera = rig.robot.cameras[0]
        depth = topics.camera(self._camera)[1]
        client.node.create_subscription(Image, depth.name, self._on_depth, depth.qos)

    def begin(self, fault: str) -> None:
        self._began = nan
        self._is_image_watched = fault == 'camera'
        if fault == 'policy':
            self._began = self._rig.now
        elif self._injects:
            self._inject(INJECTED[fault])
        else:
            self._say(DONE[fault][0])

    def end(self, fault: str) -> None:
        if fault == 'policy':
            return
        self._inject('none') if self._injects else self._say(DONE[fault][1])
        self._is_image_watched, self._covered_at = False, inf

    def began_at(self, fault: str) -> float:
        if fault == 'camera' and self._covered_at < inf:
            return self._covered_at
        state, rig = self._rig.joints, self._rig
        if fault == 'joint_states' and state is not None and rig.now - state.stamp > SILENCE:
            self._began = state.stamp if self._began != self._began else self._began
        if fault == 'vendor_stop' and self._stands():
            self._began = rig.now if self._began != self._began else self._began
        return self._began

    def _stands(self) -> bool:
        """True when the arm no longer follows its certified command."""
        rig, state, certified = self._rig, self._rig.joints, self._rig.certified
        if state is None or certified is None:
            return False
        q = state.select(rig.robot.joint_names)[0]
        row = certified.position[certified.next_row]
        return bool(np.abs(q - row).max() > STANDS)

    def _on_depth(self, message: Any) -> None:
        try:
            depth = depth_from_msg(message, self._camera.depth_unit)
        except BadMessage:
            return
        share = float(np.mean(np.isfinite(depth) & (depth > 0.0)))
        if not self._is_image_watched:
            self._usual = share
        elif share < COVERED * self._usual and self._covered_at == inf:
            self._covered_at = seconds(message.header.stamp)

    def _inject(self, name: str) -> None:
        request = InjectFault.Request(name=name)
        response = self._client.call(InjectFault, 'sim/inject_fault', request)
        if not response.success:
            raise UserError(f'cannot inject {name}: {response.message}')
