"""Run one node until it is told to stop; SIGINT and SIGTERM end it within a second."""

from __future__ import annotations

import os
import threading
import time

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

GRACE = 0.7  # s from the signal until the process is ended the hard way
LATE = 143  # exit code then


def run(node_class: type[Node], args: list[str] | None = None) -> int:
    """Spin a `node_class`; an exception out of a callback ends the process."""
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.ALL)
    threading.Thread(target=_last_resort, name='last_resort', daemon=True).start()
    node = node_class()
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    return 0


def _last_resort() -> None:
    """End the process when a callback does not come back after a shutdown."""
    while rclpy.ok():
        time.sleep(0.2)
    time.sleep(GRACE)
    os._exit(LATE)
