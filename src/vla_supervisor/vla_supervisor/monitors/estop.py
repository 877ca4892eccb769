"""The emergency stop as the robot's own controller reports it; the stop itself is hardware."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from vla_core.params import check, param
from vla_supervisor.monitors.vendor_stop import VENDORS

PRESSED = 'the emergency stop is pressed'
NONE, TOPIC = 'none', 'topic'
SOURCES = (NONE, TOPIC, *VENDORS)


@dataclass(frozen=True)
class EStopParams:
    """Where its state comes from, and the maximum age of its message."""

    source: str = param(
        '',
        f'of its state: topic (Bool on e_stop), {", ".join(VENDORS)} (the driver), or none: the '
        'stack cannot read it; must be given',
    )
    max_age: float = param(
        0.5, 's, maximum age of a message that is sent all the time', lo=0.02, hi=5.0
    )

    def __post_init__(self) -> None:
        check(self)
        if self.source not in SOURCES:
            raise ValueError(
                f'e_stop.source is {self.source!r}; set it to one of {", ".join(SOURCES)}'
            )


class EStop:
    """The last state of the emergency stop. A message on e_stop counts whatever the source is."""

    def __init__(self, params: EStopParams) -> None:
        self.params = params
        self._is_pressed = False
        self._received = -inf  # s, steady clock, last message on e_stop
        self._faults: dict[str, str | None] = {}  # by topic of the driver; None: not received yet
        self._streamed: dict[str, float] = {}  # s, steady clock, of what a driver keeps sending
        if params.source in VENDORS:
            topics = VENDORS[params.source]
            self._faults = {topic.name: None for topic in topics}
            self._streamed = {topic.name: -inf for topic in topics if not topic.is_latched}
        self._is_driver_alive = True
        self._unseen = ''  # why, of a press or stop since the last `take_emergency`

    def on_state(self, is_pressed: bool, steady: float) -> None:
        """Store the state received at `steady` s."""
        self._is_pressed, self._received = bool(is_pressed), steady
        if is_pressed:
            self._unseen = PRESSED

    def on_driver(self, topic: str, fault: str, steady: float) -> None:
        """Store why the robot's own controller stands still, received at `steady` s; empty while
        it operates."""
        self._faults[topic] = fault
        if topic in self._streamed:
            self._streamed[topic] = steady
        self._unseen = fault or self._unseen

    def on_driver_alive(self, is_alive: bool) -> None:
        """Store whether the driver's topics still have a publisher; they are sent on change."""
        self._is_driver_alive = is_alive

    def take_emergency(self) -> str:
        """Why the robot was stopped by a person or by its own controller since the last call;
        empty when it was not. The shield latches: a person resets and arms it."""
        unseen, self._unseen = self._unseen, ''
        now = PRESSED if self._is_pressed else next(filter(None, self._faults.values()), '')
        return now or unseen

    def inhibit(self, steady: float) -> str:
        """Return why motion is not permitted without a message; empty when it is."""
        silent = [topic for topic, fault in self._faults.items() if fault is None]
        if silent:
            return f'no message of the driver on {silent[0]}'
        if not self._is_driver_alive:
            return f'nobody publishes {next(iter(self._faults))} any more: the driver has ended'
        for topic, received in self._streamed.items():
            if not steady - received <= self.params.max_age:
                return f'no message of the driver on {topic} for {self.params.max_age:g} s'
        is_fresh = steady - self._received <= self.params.max_age
        return (
            '' if is_fresh or self.params.source != TOPIC else 'no message from the emergency stop'
        )
