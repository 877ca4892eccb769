"""The guards that can be cut out of a running graph, and what is there instead."""

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

Undo = Callable[[], Any]
EVERY = 0.02  # s, between two looks at the orders


@dataclass(frozen=True)
class Cut:
    """A name in a module, in the nodes of one package, and what it is without the guard."""

    package: str  # 'lib': of every one
    place: str  # module:name or module:class.name
    instead: Any

    def make(self) -> Undo | None:
        """Cut; return how to put it back, or None while this process has no such thing."""
        module, path = self.place.split(':')
        owner: Any = sys.modules.get(module)
        *way, name = path.split('.')
        for step in way:
            owner = getattr(owner, step, None)
        if not hasattr(owner, name):
            return None
        undo = partial(setattr, owner, name, getattr(owner, name))
        setattr(owner, name, self.instead)
        return undo


@dataclass(frozen=True)
class LastInLine:
    """The node's main thread goes after all other work of the machine instead of before it."""

    package: str
    place: str = 'scheduling'

    def make(self) -> Undo | None:
        main = os.getpid()
        before = os.sched_getscheduler(main), os.sched_getparam(main)
        os.sched_setscheduler(main, os.SCHED_IDLE, os.sched_param(0))
        return partial(os.sched_setscheduler, main, *before)


def no_reason(*_: Any, **__: Any) -> str:
    return ''


def none(*_: Any, **__: Any) -> None:
    return None


def false(*_: Any, **__: Any) -> bool:
    return False


def as_it_is(values: Any, *_: Any) -> Any:
    return values


def nowhere(position: Any, *_: Any) -> Any:
    import numpy as np

    return np.zeros(len(position), bool)


def room_enough(*_: Any) -> tuple[int, float]:
    return 0, 1.0


def allowed(*_: Any) -> Any:
    return sys.modules['vla_shield.inputs.votes'].ALLOWED


def full_speed(*_: Any) -> float:
    return 1.0


def as_if_fine(*_: Any) -> Any:
    return sys.modules['vla_monitor.failure.attempt'].AttemptJudgement(0.0, 1.0)


def let_go(shield: Any, now: float) -> None:
    """Disarmed in the middle of a motion, without a stop."""
    shield.state = type(shield.state).DISARMED


def go_on(shield: Any, now: float, verdict: Any) -> None:
    """A cycle that does not know how much time has passed."""
    timeline, shield._step = shield._timeline, None
    timeline.jump(now)
    shield._move(verdict)
    timeline.put(shield.reference.state)


def by_guess(layout: Any, names: tuple[str, ...]) -> Any:
    """A joint that the names lack is taken for the last of them."""
    import numpy as np

    last = len(names) - 1
    return np.array([names.index(name) if name in names else last for name in layout.joints])


def shield(place: str, instead: Any) -> Cut:
    return Cut('vla_shield', f'vla_shield.{place}', instead)


def supervisor(place: str, instead: Any) -> Cut:
    return Cut('vla_supervisor', f'vla_supervisor.{place}', instead)


VOTERS = (shield('inputs.votes:Votes.missing', no_reason),)
NODES = (
    supervisor('monitors.heartbeats:Heartbeats.reason', no_reason),
    supervisor('monitors.heartbeats:Heartbeats.is_shield_lost', false),
)
AGES = (
    shield('inputs.buffer:InputBuffer.joints_fault', no_reason),
    shield('inputs.buffer:InputBuffer.target_staleness', no_reason),
    shield('shield:Shield._own_hold', none),
)
GUARDS: dict[str, tuple[Cut | LastInLine, ...]] = {
    'numbers of a target': (
        shield('inputs.target_validator:TargetValidator._value_fault', no_reason),
    ),
    'joint states': (shield('inputs.buffer:InputBuffer.joints_fault', no_reason),),
    'numbers of a chunk': (
        Cut('vla_control', 'vla_ros.convert.action:finite', as_it_is),
        Cut('vla_control', 'vla_control.chunks.validity:_wrong_shape', no_reason),
    ),
    'age of a chunk': (Cut('vla_control', 'vla_control.chunks.validity:_wrong_time', no_reason),),
    'order of chunks': (
        Cut('vla_control', 'vla_control.chunks.validity:_wrong_moment', no_reason),
    ),
    'order of targets': (
        shield('inputs.target_validator:TargetValidator._order_fault', no_reason),
    ),
    'age of a target': (
        shield('inputs.target_validator:TargetValidator._order_fault', no_reason),
        *AGES,
    ),
    'silence of a voter': VOTERS,
    'joints of a target': (
        shield('inputs.target_validator:TargetValidator._shape_fault', no_reason),
        shield('inputs.joint_index:JointIndex.of', by_guess),
    ),
    'frozen joint states': (
        shield('monitoring.tracking_faults:TrackingFaultDetector._frozen', none),
    ),
    'sight of a camera': (
        Cut(
            'vla_perception',
            'vla_perception.camera.preprocessing:frame_fault',
            no_reason,
        ),
        Cut(
            'vla_perception',
            'vla_perception.camera.preprocessing:FramePreprocessor._level',
            no_reason,
        ),
        Cut('vla_perception', 'vla_perception.grounding.roles:RoleKeeper.misses_target', false),
    ),
    'things around': (shield('constraints.collision_scene:CollisionScene.update', no_reason),),
    'a target that is gone': (
        Cut('vla_perception', 'vla_perception.grounding.roles:RoleKeeper.misses_target', false),
    ),
    'features that cannot be judged': (
        Cut('vla_monitor', 'vla_monitor.failure.attempt:Attempt.unusable', as_if_fine),
    ),
    'height of a thing': (Cut('lib', 'vla_perception.detection.assembly:_is_flat', false),),
    'rivals': (shield('command.rivals:CommandRivals.text', no_reason),),
    'braking on leaving': (shield('shield:Shield.disarm', let_go),),
    'silence of a node': (*VOTERS, *NODES, *AGES),
    'time that has passed': (
        shield('shield:Shield._advance', go_on),
        shield('shield:Shield.roll_back', none),
    ),
    'silence of the shield': NODES,
    'late cycles': (
        LastInLine('vla_shield'),
        shield('monitoring.loop_timing:LoopTiming.has_long_overrun', false),
        shield('monitoring.loop_timing:LoopTiming.scale', full_speed),
        *NODES,
    ),
    'the clock': (
        *AGES,
        shield('inputs.votes:Votes.permission', allowed),
        shield('shield:Shield._check_clock', none),
    ),
    'quality of service': (Cut('lib', 'vla_ros.endpoints:qos_mismatch', no_reason),),
    'range of a joint': (
        Cut('lib', 'vla_shield.optimiser.step:_exceeds', nowhere),
        Cut('lib', 'vla_shield.constraints.limits:position_slack', room_enough),
    ),
    'limits of a robot': (
        Cut('lib', 'vla_core.robot.arm:check', none),
        Cut('lib', 'vla_core.robot.limits:JointLimits.__post_init__', none),
    ),
}


def follow(orders: str) -> None:
    """Cut what the file says, put back what it does not say any more, and note what was cut."""
    program = sys.orig_argv[1] if len(sys.orig_argv) > 1 else ''
    undo: dict[str, Undo] = {}  # by place
    noted: set[str] = set()
    while True:
        time.sleep(EVERY)
        try:
            asked = Path(orders).read_text().splitlines()
        except OSError:
            continue
        all_cuts = [cut for name in asked for cut in GUARDS[name]]
        cuts = {cut.place: cut for cut in all_cuts if f'/{cut.package}/' in program}
        for place in undo.keys() - cuts.keys():
            undo.pop(place)()
        for place in cuts.keys() - undo.keys():
            made = cuts[place].make()
            if made is not None:
                undo[place] = made
        if undo.keys() != noted:
            noted = set(undo)
            Path(f'{orders}.{os.getpid()}').write_text('\n'.join(sorted(noted)))
