"""The DDS transports of a process: shared memory and UDP where images pass, else UDP alone.

Reasons: docs/decisions/012-shared-memory-for-images-only.md
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping
from pathlib import Path

PROFILES = ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE')  # Fast DDS 2, 3
MIDDLEWARE = 'RMW_IMPLEMENTATION'
RANGE = 'ROS_AUTOMATIC_DISCOVERY_RANGE'
LOCALHOST_ONLY = 'ROS_LOCALHOST_ONLY'  # deprecated; rcl ignores RANGE and PEERS when it is 1
PEERS = 'ROS_STATIC_PEERS'
DEFAULT = 'fastdds'  # stem of the profile files in config/
IMAGES, LOCAL = '_images', '_local'
STEMS = [DEFAULT + images + local for images in ('', IMAGES) for local in ('', LOCAL)]


def choose_transport(
    carries_images: bool = False, env: MutableMapping[str, str] = os.environ
) -> None:
    """Select the profile of this process, before rclpy.init.

    With the range LOCALHOST rmw_fastrtps adds shared memory to every process, whatever the profile
    says; the local profiles keep to this machine themselves, and the range becomes SYSTEM_DEFAULT.
    Nothing changes with another middleware, with a profile of the user's own in either variable,
    or with LOCALHOST and ROS_STATIC_PEERS: rmw_fastrtps ignores peers under SYSTEM_DEFAULT.
    ROS_LOCALHOST_ONLY=1, under which rcl ignores range and peers, counts as LOCALHOST alone.
    """
    given = profile_of_stack(env)
    middleware = env.get(MIDDLEWARE) or 'rmw_fastrtps_cpp'
    if given is None or not middleware.startswith('rmw_fastrtps'):
        return
    is_only = env.get(LOCALHOST_ONLY) == '1'
    is_range = env.get(RANGE) == 'LOCALHOST'
    if is_range and env.get(PEERS) and not is_only:
        return
    is_local = is_only or is_range or given.stem.endswith(LOCAL)
    stem = DEFAULT + IMAGES * carries_images + LOCAL * is_local
    env.update(dict.fromkeys(PROFILES, str(given.with_name(f'{stem}.xml'))))
    if is_local:
        env.pop(LOCALHOST_ONLY, None)
        env[RANGE] = 'SYSTEM_DEFAULT'


def profile_of_stack(env: MutableMapping[str, str]) -> Path | None:
    """Return the profile that the variables name; None when one of them names another file."""
    given = {Path(env[name]) for name in PROFILES if name in env}
    path = given.pop() if len(given) == 1 else Path()
    files = [path.with_name(f'{stem}.xml') for stem in STEMS] if path.name else []
    return path if path in files and all(file.is_file() for file in files) else None
