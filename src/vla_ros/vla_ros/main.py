"""Run one node until it is told to stop; SIGINT and SIGTERM end it within a second."""

from __future__ import annotations

import os
import sys
import threading
import time

import rclpy
from rclpy._rclpy_pybind11 import RCLError
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vla_ros.executor import LeanExecutor
from vla_ros.realtime import realtime_dds_threads, set_realtime_priority

EXIT_GRACE = 0.7  # s from the signal until the process is ended the hard way
FORCED_EXIT_CODE = 143  # exit code then
_code = 0  # of a process that ends by itself


def run(node_class: type[Node], args: list[str] | None = None) -> None:
    """Spin a `node_class`, then end the process; an exception ends it with a trace."""
    refusal = set_realtime_priority(getattr(node_class, 'realtime_priority', 0))
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.ALL)
    threading.Thread(target=_exit_after_grace, name='last_resort', daemon=True).start()
    try:
        with realtime_dds_threads():
            node = node_class()
        if refusal:
            node.get_logger().warning(refusal)
        executor = LeanExecutor()
        executor.add_node(node)
    except (RCLError, KeyboardInterrupt) as told:
        if isinstance(told, RCLError) and rclpy.ok():
            raise
        os._exit(_code)  # told to end before it was there
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:  # RCLError is one, too
        if rclpy.ok():
            raise  # else something was still to be sent, or taken, when the end had come
    finally:
        executor.shutdown()
        destroy_with_actions(node)
        rclpy.try_shutdown()
    # With the last handle DDS gives its shared memory back. To have it found by the collector,
    # among all that a model has loaded, takes 0.2 s, on a busy core 1 s.
    vars(node).clear()
    del node, executor
    sys.stdout.flush()
    os._exit(_code)  # native libraries and worker threads do not always end well


def request_exit(code: int) -> None:
    """End this process soon, with this exit code."""
    global _code
    _code = code
    rclpy.try_shutdown()


def _exit_after_grace() -> None:
    """End the process when a callback does not come back after a shutdown."""
    while rclpy.ok():
        time.sleep(0.2)
    time.sleep(EXIT_GRACE)
    os._exit(_code or FORCED_EXIT_CODE)
