"""The steps of commissioning in their order, each of which may stop those after it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vla_commission import pictures
from vla_commission.checks.catalogue import static_findings
from vla_commission.finding import Finding, Status, fail, ok, skipped
from vla_commission.motion.camera import camera_findings
from vla_commission.motion.gripper import gripper_findings
from vla_commission.motion.guide import Guide, MotionError
from vla_commission.motion.hand import hand_findings
from vla_commission.motion.person import Person
from vla_commission.motion.rig import Rig
from vla_commission.motion.sine import sine_findings, stopped
from vla_commission.motion.stop import stop_findings
from vla_commission.motion.view import view_findings
from vla_commission.state import State, StepResult

# a failed finding of these kinds must be mended before the arm may move
BEFORE_MOTION = (
    'topics.', 'rival.', 'joints.', 'rate.joints', 'stamps.', 'controller.', 'scaling.unit',
    'scaling.silent', 'e_stop.', 'limits.', 'tip.', 'hand.', 'view.joints',
)  # fmt: skip
CAMERA = ('camera.', 'topics.missing', 'topics.silent')
Say = Callable[[str], None]
Step = Callable[[], StepResult]


@dataclass(frozen=True)
class SessionOptions:
    """How much is done."""

    seconds: float = 4.0  # of the observation
    e_stop: str = 'topic'  # source of the state of the emergency stop
    moves: bool = True  # False: nothing is moved
    again: bool = False  # repeat what was passed before


class Session:
    """Runs the steps; `state` keeps their results."""

    def __init__(
        self, rig: Rig, person: Person, state: State, options: SessionOptions, say: Say
    ) -> None:
        self.rig, self.person, self.state = rig, person, state
        self.options, self._say = options, say
        self.steps: dict[str, tuple[str, Step]] = {
            'observe': ('topics, joint states, controllers, cameras, description', self.observe),
            'colours': ('colours of each camera, asked', self.colours),
            'view': ('the arm in the image, at the joint states', self.view),
            'hand': ('each joint turned by the person', self.hand),
            'sine': ('each joint follows a small sine', self.sine),
            'gripper': ('the gripper at open, half and closed', self.gripper),
            'stop': ('the shield is killed during a slow motion', self.stop),
            'camera': ('pose of the camera, by the shape of the robot', self.camera),
        }

    def run(self) -> list[Finding]:
        """All steps that are not passed yet; the findings of all."""
        for name in self.steps:
            if name != 'observe' and self.state.passed(name) and not self.options.again:
                self._say(f'{name}: passed before')
            else:
                self.do(name)
        return self.findings

    def do(self, name: str) -> StepResult:
        """One step, unless it is blocked; its result is kept."""
        title, step = self.steps[name]
        self._say(f'{name}: {title}')
        reason = self.blocked(name)
        result = StepResult((skipped(name, reason),)) if reason else step()
        self.state.put(name, result)
        for finding in result.findings:
            self._say(f'  {finding.line}')
        return result

    @property
    def findings(self) -> list[Finding]:
        """Of all steps, in their order."""
        done = (self.state.steps[name] for name in self.steps if name in self.state.steps)
        return [finding for result in done for finding in result.findings]

    def blocked(self, name: str) -> str:
        """Why a step cannot be done yet, or ''."""
        steps = list(self.steps)
        earlier = steps[: steps.index(name)]
        failed = [
            finding.check
            for step in earlier
            for finding in self.state.steps.get(step, StepResult(())).findings
            if finding.status == Status.FAIL
        ]
        if name in ('observe', 'colours'):
            return ''
        is_moving = name not in ('view', 'hand')
        if is_moving and not self.options.moves:
            return 'nothing is to be moved'
        kinds = BEFORE_MOTION if is_moving else ('joints.missing', 'joints.unit', 'topics.missing')
        if name in ('view', 'camera'):
            kinds = (*kinds, *CAMERA)
        if name in ('gripper', 'stop', 'camera'):
            kinds = (*kinds, 'sine.s', 'sine.joint')
        found = [check for check in failed if check.startswith(kinds)]
        return f'first mend {", ".join(dict.fromkeys(found))}' if found else ''

    # -- steps ---------------------------------------------------------------------------------

    def observe(self) -> StepResult:
        facts = self.rig.observe(self.options.seconds)
        return StepResult(tuple(static_findings(facts, self.rig.robot, self.options.e_stop)))

    def colours(self) -> StepResult:
        found: list[Finding] = []
        shown: list[tuple[str, str]] = []
        for camera in self.rig.robot.cameras:
            frame = self.rig.frame(camera.name)
            if isinstance(frame, str):
                found.append(skipped('camera.colours', f'camera {camera.name}: {frame}'))
                continue
            path = self.state.folder / f'{camera.name}.png'
            pictures.write_png(frame.rgb, path)
            shown.append((f'camera {camera.name}', pictures.image(frame.rgb)))
            question = f'Are the colours of {path} those of the scene (red is not blue)?'
            if self.person.ask(f'colours.{camera.name}', question, path):
                found.append(ok('camera.colours', f'camera {camera.name}: as the person sees'))
            else:
                found.append(_colours_fail(camera.name))
        return StepResult(tuple(found), tuple(shown))

    def view(self) -> StepResult:
        found: list[Finding] = []
        shown: list[tuple[str, str]] = []
        for camera in (c for c in self.rig.robot.cameras if c.kind == 'scene'):
            try:
                q = self._guide().q
            except MotionError as fault:
                return StepResult((stopped('view.stopped', fault),))
            frame = self.rig.frame(camera.name)
            new, given = view_findings(self.rig.robot, q, frame, camera.name)
            found += new
            if given is not None and not isinstance(frame, str):
                picture = pictures.agreement(frame.rgb, given)
                shown.append((f'the arm as camera {camera.name} sees it', picture))
        return StepResult(tuple(found) or (skipped('view', 'no fixed camera'),), tuple(shown))

    def hand(self) -> StepResult:
        question = 'Can you turn each joint by hand, or with the pendant?'
        if not self.person.ask('hand', question):
            return StepResult((skipped('hand', 'joints are not turned by the person'),))
        try:
            return StepResult(tuple(hand_findings(self._guide(), self.person)))
        except MotionError as fault:
            return StepResult((stopped('hand.stopped', fault),))

    def sine(self) -> StepResult:
        view = self.state.steps.get('view', StepResult(()))
        is_seen = any(f.check == 'view' and f.is_good for f in view.findings)
        is_turned = self.state.passed('hand') and self.state.steps['hand'].findings[0].is_good
        question = (
            'No camera confirms the joint angles. Do they agree with the pendant: '
            f'{pictures.angles(self.rig.robot, self.rig.joints)}?'
        )
        if not (is_seen or is_turned or self.person.ask('angles', question)):
            return StepResult((fail(
                'joints.unconfirmed', 'nobody confirms that joint states are those of the arm',
                'compare them with the pendant, then run ./vla commission again',
            ),))  # fmt: skip
        found, responses = sine_findings(self._guide())
        return StepResult(tuple(found), tuple(pictures.responses(responses)))

    def gripper(self) -> StepResult:
        return StepResult(tuple(gripper_findings(self._guide(), self.person)))

    def stop(self) -> StepResult:
        found, stop = stop_findings(self._guide())
        shown = (
            () if stop is None else (('stop: the shield is killed at 0 s', pictures.stop(stop)),)
        )
        return StepResult(tuple(found), shown)

    def camera(self) -> StepResult:
        found, results = camera_findings(self._guide())
        shown = tuple((f'camera {r.camera}', pictures.registration(r)) for r in results)
        return StepResult(tuple(found), shown)

    def _guide(self) -> Guide:
        guide = Guide(self.rig)
        guide.wait(0.1)
        return guide


def _colours_fail(camera: str) -> Finding:
    return fail(
        'camera.colours', f'camera {camera}: the person sees other colours',
        'publish the encoding that the pixels have: bgr8 when red and blue are exchanged',
    )  # fmt: skip
