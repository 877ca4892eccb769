"""Choice of an unused ROS domain; full names of the nodes on it."""

from __future__ import annotations

import os
import socket

from vla_bringup.checkout.variables import domain_fault
from vla_core.errors import UserError

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


def full_name(namespace: str, name: str) -> str:
    """'/namespace/name' of a node."""
    return '/'.join(['', *filter(None, namespace.split('/')), name])
