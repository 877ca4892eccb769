"""Run one node as a process; SIGINT and SIGTERM end it within a second."""

from __future__ import annotations

import faulthandler
import os
import signal
import sys
import threading
import time

import rclpy
from rclpy._rclpy_pybind11 import RCLError
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from vla_ros.entities import destroy_with_actions
from vla_ros.executor import make_executor
from vla_ros.realtime import realtime_dds_threads, set_realtime_priority
from vla_ros.transport import choose_transport

EXIT_GRACE = 0.7  # s from a shutdown until the process is ended whatever it does
FORCED_EXIT_CODE = 143
_exit_code = 0  # of a process that ends by itself


def run(node_class: type[Node], args: list[str] | None = None) -> None:
    """Spin a `node_class`, then end the process; an exception ends it with a traceback."""
    faulthandler.register(signal.SIGUSR1)  # `kill -USR1 PID` logs the stacks of all threads
    refusal = set_realtime_priority(getattr(node_class, 'realtime_priority', 0))
    choose_transport(getattr(node_class, 'carries_images', False))
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.ALL)
    threading.Thread(target=_exit_after_grace, name='exit_after_grace', daemon=True).start()
    try:
        with realtime_dds_threads():
            node = node_class()
        if not rclpy.ok():
            os._exit(_exit_code)  # it has requested its end
        if refusal:
            node.get_logger().warning(refusal)
        executor = make_executor(node.get_logger())
        executor.add_node(node)
    except (RCLError, KeyboardInterrupt) as error:
        if isinstance(error, RCLError) and rclpy.ok():
            raise
        os._exit(_exit_code)  # shut down before the node was complete
    try:
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:  # RCLError is one, too
        if rclpy.ok():
            raise  # else a callback published or took a message after the shutdown
    finally:
        executor.shutdown()
        destroy_with_actions(node)
        rclpy.try_shutdown()
    # DDS returns its shared memory with the last handle. Left to the garbage collector, among all
    # that a model has loaded, that takes 0.2 s, on a busy core 1 s.
    vars(node).clear()
    del node, executor
    sys.stdout.flush()
    os._exit(_exit_code)  # native libraries and worker threads do not always end cleanly


def request_exit(code: int) -> None:
    """Shut down, and end this process with `code`."""
    global _exit_code
    _exit_code = code
    rclpy.try_shutdown()


def _exit_after_grace() -> None:
    """End the process when a callback has not returned EXIT_GRACE after a shutdown."""
    while rclpy.ok():
        time.sleep(0.2)
    time.sleep(EXIT_GRACE)
    os._exit(_exit_code or FORCED_EXIT_CODE)
