"""An executor that costs little per wake-up.

For every callback rclpy's own collects all entities of a node, enters each handle, makes a wait
set and a task, and wakes itself once more: 0.8 ms of the processor for a cycle that does nothing,
as much as the work of most of our cycles (decision 011). Here what can wake it is collected when
it changes, and a timer that is due is simply called. What comes rarely goes rclpy's long way.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from rclpy._rclpy_pybind11 import WaitSet
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

NO_TIMEOUT = -1  # ns
ENTITY_KINDS = ('subscriptions', 'guard_conditions', 'timers', 'clients', 'services', 'events')
DELEGATED = ('subscription', 'client', 'service')


class NodeWaitSet:
    """A wait set for what the nodes of an executor have at the moment."""

    def __init__(self, executor: LeanExecutor, guards: list[Any]) -> None:
        nodes = executor.get_nodes()

        def all_of(name: str) -> list[Any]:
            there = chain.from_iterable(getattr(node, name) for node in nodes)
            return list(filter(executor.can_execute, there))

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
            (put, entity.handle)
            for put, group in zip(adders, groups, strict=True)
            for entity in group
        ]

    def wait(self) -> None:
        """Until something is ready."""
        self._set.clear_entities()
        for put, handle in self._add:
            put(handle)
        for waitable in self._waitables:
            waitable.add_to_wait_set(self._set)
        self._set.wait(NO_TIMEOUT)

    def due(self) -> list[Any]:
        """The timers that are ready."""
        ready = self._set.get_ready_entities('timer')
        return [timer for timer in self.timers if timer.handle.pointer in ready]

    def is_rare(self) -> bool:
        """Whether anything is ready for which rclpy itself is to be asked."""
        ready = self._set.get_ready_entities
        woken = ready('guard_condition')
        triggered = [guard for guard in self.guards if guard.handle.pointer in woken]
        for guard in triggered:
            guard._executor_triggered = True  # rclpy triggers it again: this wait has taken it
        ours = [waitable.is_ready(self._set) for waitable in self._waitables]
        return bool(triggered) or any(ours) or any(ready(kind) for kind in DELEGATED)


class LeanExecutor(SingleThreadedExecutor):
    """Runs nodes whose timers call plain functions, in one thread."""

    _watch: NodeWaitSet | None = None  # None: what can wake it has changed
    _tasks: list[tuple[Any, Any, Any]]  # rclpy's: coroutines under way

    def add_node(self, node: Node) -> bool:
        """Work for this node, too."""
        self._watch = None
        return bool(super().add_node(node))

    def wake(self) -> None:
        """Called by rclpy when a node made or destroyed something, and when the context ends."""
        self._watch = None
        super().wake()

    def spin(self) -> None:
        """Work until the context ends; raise ExternalShutdownException then."""
        while not self._is_shutdown:
            self.turn()

    def turn(self) -> None:
        """Wait until something is ready, and do it."""
        self._check_context()
        self._watch = watch = self._watch or NodeWaitSet(self, [self._guard, self._sigint_gc])
        watch.wait()
        self._check_context()
        is_rare = watch.is_rare()
        for timer in watch.due():
            if self._watch is watch and timer.handle.is_timer_ready():  # it is still there
                timer.handle.call_timer()
                timer.callback()
        self._resume()
        if is_rare:
            self.spin_once(timeout_sec=0)

    def _check_context(self) -> None:
        if not self.context.ok():
            raise ExternalShutdownException

    def _resume(self) -> None:
        """Let coroutines go on that wait for what a timer may have done, a goal's for its end."""
        if not self._tasks:
            return
        for task, _, _ in list(self._tasks):
            task()
            if task.done() and task.exception() is not None:
                raise task.exception()
        self._tasks = [entry for entry in self._tasks if not entry[0].done()]
