"""Choice of an unused ROS domain; full names of the nodes on one."""

from __future__ import annotations

import os
import socket
import time
from argparse import ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager

from vla_bringup.checkout.variables import domain_fault
from vla_core.arguments import ros_namespace
from vla_core.errors import UserError
from vla_core.robot.ros_names import absolute_name
from vla_ros.transport import choose_transport

DISCOVERY = 1.0  # s, wait for the nodes that are already on the domain
BUSY_DISCOVERY = 6.0  # s, the same when the domain is in use: busy nodes answer late
DOMAINS = range(20, 100)  # to choose from; low numbers are commonly in use


def choose_domain() -> None:
    """Set an unused ROS domain, unless one is set; restrict discovery to this machine."""
    check_domain_number()
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    if 'ROS_DOMAIN_ID' not in os.environ:
        os.environ['ROS_DOMAIN_ID'] = str(free_domain())


def free_domain() -> int:
    """A domain that is unused on this machine; the first one tried depends on the process id."""
    start = os.getpid() % len(DOMAINS)
    order = [*DOMAINS[start:], *DOMAINS[:start]]
    return next(filter(is_free, order), order[0])


def check_domain_number() -> None:
    """UserError when ROS_DOMAIN_ID is not a valid domain."""
    if reason := domain_fault():
        raise UserError(reason)


def is_free(domain: int) -> bool:
    """True when no participant uses the first unicast port of the domain (RTPS 9.6.2.3)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind(('', 7410 + 250 * domain))
        except OSError:
            return False
    return True


def check_namespace(given: str) -> None:
    """UserError when ROS does not take it as a namespace."""
    try:
        ros_namespace(given)
    except ArgumentTypeError as error:
        raise UserError(str(error)) from error


def nodes_on(domain: int) -> set[str]:
    """Return the full names, namespace included, of the nodes on a ROS domain."""
    import rclpy  # imported late: choosing a domain needs no ROS
    from rclpy.signals import SignalHandlerOptions

    patience = DISCOVERY if is_free(domain) else BUSY_DISCOVERY
    context = rclpy.Context()
    choose_transport()
    with ros_errors():
        no_handlers = SignalHandlerOptions.NO
        rclpy.init(context=context, domain_id=domain, signal_handler_options=no_handlers)
        probe = rclpy.create_node(f'vla_probe_{os.getpid()}', context=context)
    began, there = time.monotonic(), set[str]()
    while time.monotonic() - began < (DISCOVERY if there else patience):
        time.sleep(0.1)
        found = probe.get_node_names_and_namespaces()
        there = {absolute_name(name, namespace) for name, namespace in found}
        there.discard(probe.get_fully_qualified_name())
    probe.destroy_node()
    rclpy.shutdown(context=context)
    return there


@contextmanager
def ros_errors() -> Iterator[None]:
    """Turn an error of ROS at its start, which the environment causes, into a UserError."""
    from rclpy._rclpy_pybind11 import RCLError

    try:
        yield
    except RCLError as error:
        reason = ' '.join(str(error).split())
        given = ', '.join(f'{n}={os.environ[n]}' for n in sorted(os.environ) if n[:4] == 'ROS_')
        raise UserError(f'ROS 2 does not start: {reason} (with {given})') from error
