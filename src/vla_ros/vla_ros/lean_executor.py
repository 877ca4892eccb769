"""An executor with a lower cost per wake-up than rclpy's SingleThreadedExecutor.

For every callback rclpy's collects all entities of a node, enters each handle, builds a wait set
and a task, and wakes itself once more (decision 011 has the cost). This one collects the entities
when they change and calls a timer that is due directly; everything else is delegated to rclpy's.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from rclpy._rclpy_pybind11 import WaitSet
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.timer import Timer

NO_TIMEOUT = -1  # ns
ENTITY_KINDS = ('subscriptions', 'guard_conditions', 'timers', 'clients', 'services', 'events')
DELEGATED = ('subscription', 'client', 'service')


class NodeWaitSet:
    """A wait set for the entities that an executor's nodes have now."""

    def __init__(self, executor: LeanExecutor, guards: list[Any]) -> None:
        nodes = executor.get_nodes()

        def all_of(name: str) -> list[Any]:
            entities = chain.from_iterable(getattr(node, name) for node in nodes)
            return list(filter(executor.can_execute, entities))

        self.guards, self.timers = all_of('guards'), all_of('timers')
        self._waitables = all_of('waitables')
        groups = (
            all_of('subscriptions'), [*self.guards, *guards], self.timers, all_of('clients'),
            all_of('services'),
        )  # fmt: skip
        sizes = [*map(len, groups), 0]
        for waitable in self._waitables:
            more = waitable.get_num_entities()
            sizes = [
                n + getattr(more, f'num_{kind}')
                for n, kind in zip(sizes, ENTITY_KINDS, strict=True)
            ]
        self._set = made = WaitSet(*sizes, executor.context.handle)
        adders = (
            made.add_subscription, made.add_guard_condition, made.add_timer, made.add_client,
            made.add_service,
        )  # fmt: skip
        self._add = [
            (add, entity.handle)
            for add, group in zip(adders, groups, strict=True)
            for entity in group
        ]

    def wait(self) -> None:
        """Wait until an entity is ready."""
        self._set.clear_entities()
        for add, handle in self._add:
            add(handle)
        for waitable in self._waitables:
            waitable.add_to_wait_set(self._set)
        self._set.wait(NO_TIMEOUT)

    def due(self) -> list[Any]:
        """Return the timers that are ready."""
        ready = self._set.get_ready_entities('timer')
        return [timer for timer in self.timers if timer.handle.pointer in ready]

    def has_delegated(self) -> bool:
        """Return whether an entity is ready that rclpy's executor must handle."""
        ready = self._set.get_ready_entities
        woken = ready('guard_condition')
        triggered = [guard for guard in self.guards if guard.handle.pointer in woken]
        for guard in triggered:
            guard._executor_triggered = True  # rclpy triggers it again: this wait consumed it
        waiting = [waitable.is_ready(self._set) for waitable in self._waitables]
        return bool(triggered) or any(waiting) or any(ready(kind) for kind in DELEGATED)


class LeanExecutor(SingleThreadedExecutor):
    """Runs nodes whose timers call plain functions, in one thread."""

    _wait_set: NodeWaitSet | None = None  # None: the entities have changed
    _tasks: list[tuple[Any, Any, Any]]  # rclpy's: running coroutines

    def add_node(self, node: Node) -> bool:
        """Add a node."""
        self._wait_set = None
        return bool(super().add_node(node))

    def wake(self) -> None:
        """Called by rclpy when a node creates or destroys an entity, and on shutdown."""
        self._wait_set = None
        super().wake()

    def spin(self) -> None:
        """Execute callbacks until the context ends, then raise ExternalShutdownException."""
        while not self._is_shutdown:
            self.spin_once()

    def spin_once(self, timeout_sec: float | None = None) -> None:
        """Wait until an entity is ready and execute its callback; rclpy handles a time-out."""
        if timeout_sec is not None:
            super().spin_once(timeout_sec)
            return
        self._check_context()
        current = self._wait_set or NodeWaitSet(self, [self._guard, self._sigint_gc])
        self._wait_set = current
        current.wait()
        self._check_context()
        has_delegated = current.has_delegated()
        for timer in current.due():
            if self._wait_set is current and timer.handle.is_timer_ready():  # not destroyed since
                timer.handle.call_timer()
                timer.callback()
        self._resume_tasks()
        if has_delegated:
            super().spin_once(timeout_sec=0)

    def _check_context(self) -> None:
        if not self.context.ok():
            raise ExternalShutdownException

    def _resume_tasks(self) -> None:
        """Resume coroutines whose future a timer may have completed, as the end of a goal."""
        if not self._tasks:
            return
        for task, _, _ in list(self._tasks):
            task()
            if task.done() and task.exception() is not None:
                raise task.exception()
        self._tasks = [entry for entry in self._tasks if not entry[0].done()]


def missing_internals(executor: SingleThreadedExecutor) -> list[str]:
    """Return the names inside rclpy that this module uses and the installed rclpy lacks."""
    used = {
        executor: ('_guard', '_sigint_gc', '_tasks', '_is_shutdown', 'can_execute', 'wake'),
        getattr(executor, '_guard', None): ('_executor_triggered', 'handle'),
        WaitSet: ('add_timer', 'add_guard_condition', 'clear_entities', 'get_ready_entities'),
        Node: ('guards', 'timers', 'waitables', 'subscriptions', 'clients', 'services'),
        Timer: ('handle',),
    }
    return [name for owner, names in used.items() for name in names if not hasattr(owner, name)]
