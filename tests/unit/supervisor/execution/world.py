"""A fake of everything around the executive: it sends what a healthy stack would send."""

from dataclasses import dataclass, field

from vla_core.records.action import Contact, ControlState
from vla_core.records.safety import ArmState, Decision, ShieldReport
from vla_core.records.scene import (
    GroundedObject,
    GroundedScene,
    ParsedTask,
    Phrase,
    Role,
    TargetStatus,
    Verb,
)
from vla_core.records.task import Phase
from vla_supervisor.execution.commands import HostAction
from vla_supervisor.execution.executive import Executive
from vla_supervisor.params import ExecutiveParams

STEP = 0.02  # s
AWAY = (0.45, 0.0, 0.35)  # m, where the tool waits


def scene_object(role, position, size=(0.04, 0.04, 0.04), **more):
    label = more.pop('label', 'red cube')
    colour, shape = label.split()
    return GroundedObject(
        more.pop('id', 1), label, colour, shape, role, 0.9, position, 0.0, size, 0.002, **more
    )


def cube_and_box(cube=(0.4, 0.2, 0.02), **more):
    box = scene_object(
        Role.DESTINATION, (0.5, -0.1, 0.03), (0.13, 0.13, 0.06), label='blue box', id=2
    )
    return (scene_object(Role.TARGET, cube, **more), box)


PUT_IN = ParsedTask(Verb.PUT_IN, Phrase('the red cube'), Phrase('the blue box'))


@dataclass
class World:
    """Advances time; fields are what the other nodes report and may be changed between turns."""

    params: ExecutiveParams = field(default_factory=ExecutiveParams)
    objects: tuple = field(default_factory=cube_and_box)
    task: ParsedTask = PUT_IN
    target: TargetStatus = TargetStatus.PRESENT
    why: str = ''  # of the scene
    trouble: str = ''  # with the image
    decision: Decision = Decision.PASS
    arm: ArmState = ArmState.DISARMED
    arms: bool = True  # the shield follows requests to arm
    tool: tuple = AWAY
    gripper: float = 0.08
    at_home: bool = True
    moves_done: bool = True  # planned moves arrive at once
    sees: bool = True  # perception runs
    reports: bool = True  # the shield runs
    contact: Contact = Contact.NONE
    rolls_back: bool = True  # a roll-back arrives at once and frees the gripper
    stuck: str = ''  # why a planned move cannot continue
    now: float = 1000.0

    def __post_init__(self):
        self.executive = Executive(self.params)
        self.phases = [Phase.IDLE]
        self.requests = []

    def start(self, instruction='put the red cube in the blue box', seed=0):
        self.turn()
        return self.executive.start(instruction, seed, self.now)

    def run(self, seconds):
        for _ in range(round(seconds / STEP)):
            self.turn()
        return self

    def until(self, phase, seconds=200.0):
        for _ in range(round(seconds / STEP)):
            if self.phase == phase:
                return self
            self.turn()
        raise AssertionError(
            f'never {phase.name}; was {[p.name for p in self.phases]}: {self.status.text}'
        )

    def turn(self):
        self.now = round(self.now + STEP, 6)
        status = self.status
        if self.sees and round(self.now / STEP) % 5 == 0:
            self.executive.on_scene(
                GroundedScene(
                    self.now, status.task_id, self.task, self.objects, self.target,
                    self.why, self.trouble,
                ),
                self.now,
            )  # fmt: skip
        self.executive.on_control_state(
            ControlState(
                self.now, False, self._is_done(status.phase), self.at_home, self.tool,
                self.gripper, phase=status.phase, task_id=status.task_id,
                contact=self.contact, move_problem=self.stuck,
            ),
            self.now,
        )  # fmt: skip
        if self.reports:
            why = '' if self.decision == Decision.PASS else 'clearance'
            report = ShieldReport(self.now, 0, self.arm, self.decision, why)
            self.executive.on_report(report, self.now)
        for request in self.executive.tick(self.now):
            self.requests.append(request)
            if request == HostAction.ARM and self.arms:
                self.arm = ArmState.ARMED
            if request == HostAction.DISARM:
                self.arm = ArmState.DISARMED
        if self.phase != self.phases[-1]:
            self.phases.append(self.phase)

    def _is_done(self, phase):
        if phase != Phase.ROLLBACK:
            return self.moves_done
        if self.rolls_back:
            self.contact = Contact.NONE
        return self.rolls_back

    @property
    def status(self):
        return self.executive.status

    @property
    def phase(self):
        return self.status.phase

    def drop_in_box(self):
        """The cube lies in the box, the gripper is open and clear."""
        self.objects = cube_and_box((0.51, -0.09, 0.03))
        self.tool = AWAY
