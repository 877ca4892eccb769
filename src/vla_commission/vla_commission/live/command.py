"""`./vla commission`: processes, client, person and session put together."""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from vla_bringup.graph.client import GraphClient
from vla_bringup.graph.domain import choose_domain
from vla_bringup.graph.launch_file import find_share
from vla_bringup.graph.sessions import join_running_session
from vla_commission.finding import Status
from vla_commission.live.processes import Processes
from vla_commission.live.provoker import LiveProvoker
from vla_commission.live.rig import LiveRig, check_one_arm
from vla_commission.motion.guide import Guide
from vla_commission.motion.person import Person
from vla_commission.motion.rehearsal import CASES, rehearse
from vla_commission.person import ScriptedPerson, TerminalPerson, load_answers
from vla_commission.report import summary, to_change, write_report
from vla_commission.session import Session, SessionOptions
from vla_commission.site_sheet import write_site_sheet
from vla_commission.state import load_state
from vla_core.robot.config import RobotConfig, load_robot
from vla_core.robot.topic_names import resolved

NODE = 'commission'
YES = {
    'gripper.open': True, 'gripper.half': True, 'gripper.closed': True, 'angles': True,
}  # fmt: skip  # and colours.<camera>; not 'hand': nobody turns a joint of the simulator


def commission(args: argparse.Namespace) -> int:
    """Run the steps; 1 when something must be mended."""
    robot = resolved(load_robot(args.robot), args.namespace)
    if not args.passive:
        check_one_arm(robot)
    choose_domain() if args.sim else join_running_session(namespace=args.namespace)
    folder = args.out / robot.name
    folder.mkdir(parents=True, exist_ok=True)
    person = person_of(args, robot)
    with rig_of(args, robot, person, folder) as (rig, client, processes):
        if args.rehearse:
            return rehearsal(args, rig, client, processes)
        options = SessionOptions(
            args.seconds, 'none' if args.sim else args.e_stop, not args.passive, args.again
        )
        session = Session(rig, person, load_state(folder, robot), options, print)
        findings = session.run()
    titles = {name: title for name, (title, _) in session.steps.items()}
    path = write_report(session.state, titles, robot.name, folder / 'report.html')
    print(f'\n{summary(findings)}; report: {path}')
    print('\n'.join(to_change(findings)))
    return 1 if any(f.status == Status.FAIL for f in findings) else 0


def rehearsal(
    args: argparse.Namespace, rig: LiveRig, client: GraphClient, processes: Processes
) -> int:
    """Play the faults and write the site sheet; 1 when a bound is missed."""
    rig.shield_arguments = {'config': str(find_share('vla_bringup') / 'config/rehearsal.yaml')}
    processes.start('perception', 'perception', {'robot': rig.file})
    processes.activate(client, 'perception')
    provoker = LiveProvoker(client, rig, args.sim, print)
    results = rehearse(lambda: Guide(rig), rig.person, provoker, print)
    path = write_site_sheet(results, rig.robot.name, args.out / rig.robot.name)
    print(f'site sheet: {path}')
    return 1 if any(r.outcome == 'missed' for r in results) else 0


def person_of(args: argparse.Namespace, robot: RobotConfig) -> Person:
    """At the terminal, or scripted."""
    if args.answers:
        return ScriptedPerson(load_answers(args.answers))
    if args.yes:
        colours = {f'colours.{camera.name}': True for camera in robot.cameras}
        faults = {f'rehearse.{case.fault}': True for case in CASES}
        return ScriptedPerson({**YES, **colours, **faults})
    if args.passive and not os.isatty(0):
        return ScriptedPerson({})
    return TerminalPerson()


@contextlib.contextmanager
def rig_of(
    args: argparse.Namespace, robot: RobotConfig, person: Person, folder: Path
) -> Iterator[tuple[LiveRig, GraphClient, Processes]]:
    """The live rig, its client and its processes for the length of the block."""
    file = str(Path(args.robot).resolve()) if Path(args.robot).is_file() else args.robot
    processes = Processes(folder / 'nodes.log', args.namespace)
    client = None
    try:
        if args.sim:
            processes.start('simulator', 'sim', {'robot': file})
        rigs: list[LiveRig] = []  # the client needs it before it exists

        def watch() -> None:
            for rig in rigs:
                rig.keep_alive()

        client = GraphClient(watch, NODE, args.namespace, carries_images=True)
        if args.sim:
            processes.activate(client, 'sim')
        rigs.append(LiveRig(robot, file, client, processes, person))
        yield rigs[0], client, processes
    finally:
        if client is not None:
            client.close()
        processes.stop()
