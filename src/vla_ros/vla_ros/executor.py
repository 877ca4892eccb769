"""The choice of a node's executor: rclpy's, or the lean one behind a switch."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from rclpy.executors import SingleThreadedExecutor

from vla_core.errors import UserError

SWITCH = (
    'VLA_LEAN_EXECUTOR'  # environment variable: 1 for the lean executor, 0 or unset for rclpy's
)


def make_executor(
    logger: Any, context: Any = None, environment: Mapping[str, str] = os.environ
) -> SingleThreadedExecutor:
    """Return rclpy's executor; the lean one with SWITCH=1, if it fits the installed rclpy.

    A warning names what does not fit (decision 011).
    """
    switch = environment.get(SWITCH) or '0'
    if switch not in ('0', '1'):
        raise UserError(f'{SWITCH} is {switch!r}; known: 0, 1')
    if switch == '1':
        try:
            return lean_executor(context)
        except (ImportError, AttributeError) as error:
            logger.warning(f"{SWITCH}=1 is ignored, rclpy's executor is used: {error}")
    return SingleThreadedExecutor(context=context)


def lean_executor(context: Any = None) -> SingleThreadedExecutor:
    """Return a LeanExecutor; ImportError or AttributeError when rclpy lacks names that it uses."""
    from vla_ros.lean_executor import LeanExecutor, missing_internals  # only with the switch

    executor = LeanExecutor(context=context)
    missing = missing_internals(executor)
    if missing:
        executor.shutdown()
        raise AttributeError(f'this rclpy has no {", ".join(missing)}')
    return executor
