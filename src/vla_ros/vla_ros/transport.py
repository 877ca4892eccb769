"""The DDS transports of a process: shared memory for images, UDP for everything else (decision
012)."""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')  # Fast DDS 2, 3
RANGE = 'ROS_AUTOMATIC_DISCOVERY_RANGE'
DEFAULT = 'fastdds'  # stem of the profile files in config/
IMAGES, LOCAL = '_images', '_local'


def choose_transport(
    carries_images: bool = False, env: MutableMapping[str, str] = os.environ
) -> None:
    """Select the profile of this process, before rclpy.init. A profile of the user's own stays.

    With the range LOCALHOST rmw_fastrtps adds shared memory to every process, whatever the profile
    says; the local profiles keep to this machine themselves.
    """
    given = Path(env.get(PROFILES[0], ''))
    stems = [DEFAULT + images + local for images in ('', IMAGES) for local in ('', LOCAL)]
    if given.suffix != '.xml' or given.stem not in stems:
        return
    is_local = env.get(RANGE) == 'LOCALHOST' or given.stem.endswith(LOCAL)
    stem = DEFAULT + IMAGES * carries_images + LOCAL * is_local
    profile = given.with_name(f'{stem}.xml')
    if not profile.is_file():
        return
    env.update(dict.fromkeys(PROFILES, str(profile)))
    if is_local:
        env[RANGE] = 'SYSTEM_DEFAULT'
