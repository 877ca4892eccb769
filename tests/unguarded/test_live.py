"""The control of `./vla bench faults`: with the guard against it removed from the running graph, a
fault is not answered within twice its bound. `./vla test unguarded`; not part of `./vla test`, it
takes 4 minutes."""

import sys
import time
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

sys.path.insert(0, str(Path(__file__).parent / 'cuts'))
from guards import GUARDS

from vla_bench.faults.bench import plan_of
from vla_bench.faults.bounds import ReactionBounds
from vla_bench.faults.catalogue import FAULTS, FaultSetup
from vla_bench.faults.rig import FaultRig
from vla_bringup.checkout.root import ROOT
from vla_bringup.graph.session import GraphSession
from vla_core.errors import UserError
from vla_core.result import Figure, Result
from vla_core.robot.config import load_robot

CUTS = Path(__file__).parent / 'cuts'
SEED = 7
TWICE = ReactionBounds(2.0)
TRIES = 2
LIKE = {
    FaultSetup.CLOCKED: 'F10',
    FaultSetup.LEARNED: 'F21',
}  # whose graph is used; else the one with the proxy, of F1
ENDED = 'the graph ended'
PATIENCE = 5.0  # s until every process has removed the guard


class Case(NamedTuple):
    """A fault, its figure that must miss the bound, and the guard that is removed."""

    fault: str
    figure: str
    guard: str


CASES = (
    Case('F1', 'F1 target all NaN', 'numbers of a target'),
    Case('F1', 'F1 joint states NaN', 'joint states'),
    Case('F1', 'F1 chunk all NaN: rejected', 'numbers of a chunk'),
    Case('F9', 'F9 chunk too old: rejected', 'age of a chunk'),
    Case('F9', 'F9 chunk twice: rejected', 'order of chunks'),
    Case('F9', 'F9 target out of order', 'order of targets'),
    Case('F9', 'F9 target 5 s old', 'age of a target'),
    Case('F11', 'F11 vote of grounding silent', 'silence of a voter'),
    Case('F5', 'F5 joint states cease', 'joint states'),
    Case('F6', 'F6 joint states frozen', 'frozen joint states'),
    Case('F8', 'F8 95 % of the depth lost', 'sight of a camera'),
    Case('F17', 'F17 obstacle too near to pass', 'things around'),
    Case('F19', 'F19 target removed: scenes until HOLD', 'a target that is gone'),
    Case('F24', 'F24 second publisher', 'rivals'),
    Case('F25', 'F25 second shield names the other publisher', 'rivals'),
    Case('F13', 'F13 cycles > 50 ms without HOLD', 'late cycles'),
    Case('F14', 'F14 shield deactivated: HOLD', 'braking on leaving'),
    Case('F22', 'F22 verifier stopped', 'silence of a node'),
    Case('F18', 'F18 perception killed', 'silence of a node'),
    Case('F2', 'F2 policy killed', 'silence of a node'),
    Case('F4', 'F4 on resuming', 'time that has passed'),
    Case('F4', 'F4 shield stopped: task ended', 'silence of the shield'),
    Case('F15', 'F15 target lacks a joint', 'joints of a target'),
    Case('F3', 'F3 shield killed: task ended', 'silence of the shield'),
    Case('F10', 'F10 ROS clock jumps 5 s ahead: braking', 'the clock'),
    Case('F21', 'F21 features NaN: HOLD, from the second', 'features that cannot be judged'),
    Case('F12', 'F12 graph beside a publisher', 'quality of service'),
    Case('F26', 'F26 robots without a velocity limit', 'limits of a robot'),
    Case('F26', 'F26 graph without limits', 'limits of a robot'),
    Case(
        'F20',
        'F20 decoy on top of another object, target absent: taken, as a share',
        'height of a thing',
    ),
    Case('F16', 'F16 joint driven at its limit', 'range of a joint'),
)


class UnguardedGraphs:
    """Graphs whose guards can be removed one at a time; one that does not recover is replaced."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.orders = folder, folder / 'cuts'
        self.orders.write_text('')
        self.figures: list[Figure] = []
        self._open, self._setup = None, None

    def figures_of(self, fault: str) -> Iterator[Figure]:
        """Play a fault; the caller stops at the figure that it needs."""
        case = FAULTS[fault]
        if case.live is None:
            self.close()
            return case.alone(self._args())
        return case.live(self._rig(fault), TWICE)

    def first(self, case: Case) -> Figure | None:
        """The first of its figures with that name; NaN when a node does not survive the fault."""
        try:
            figures = self.figures_of(case.fault)
            return next((f for f in figures if f.name.startswith(case.figure)), None)
        except UserError as error:
            if ENDED not in str(error):
                raise
            self.close()
            why = str(error).splitlines()[0]
            return Figure(f'{case.figure} ({why})', float('nan'), '', '== 0')

    def prepare(self, fault: str) -> None:
        """Start the graph and wait until the arm moves."""
        if FAULTS[fault].live is not None:
            self._rig(fault).begin()
            self._rig(fault).await_moving()

    def _args(self) -> Namespace:
        return Namespace(robot='ur5e', policy='scripted', seed=SEED, out=self.folder)

    def _rig(self, fault: str) -> FaultRig:
        like = FAULTS[LIKE.get(FAULTS[fault].setup, 'F1')]
        setup = like.setup
        if self._open is None or self._setup != setup:
            self.close()
            graph = GraphSession(plan_of(self._args(), like, fault), lambda _: None)
            graph.__enter__()
            self._open, self._setup = (graph, FaultRig(graph, load_robot('ur5e'), SEED)), setup
        return self._open[1]

    def close(self) -> None:
        if self._open is None:
            return
        graph, rig = self._open
        self._open = None
        rig.observer.close()
        graph.stop()

    @contextmanager
    def without(self, guard: str, patch: pytest.MonkeyPatch) -> Iterator[None]:
        """Remove a guard in every process that has it, this one included, within the block; in a
        graph that has not started, as soon as a node has it."""
        for note in self._notes():
            note.unlink()  # of processes that have ended
        self.orders.write_text(guard)
        for cut in GUARDS[guard]:
            if cut.package == 'lib':
                patch.setattr(cut.place.replace(':', '.'), cut.instead)
        wanted = {cut.place for cut in GUARDS[guard]} if self._open else set()
        try:
            end = time.monotonic() + PATIENCE
            while not wanted <= self._cut():
                assert time.monotonic() < end, f'not cut: {wanted - self._cut()}'
                time.sleep(0.02)
            yield
        finally:
            patch.undo()
            self.orders.write_text('')

    def note(self, figure: Figure, guard: str) -> None:
        """Keep a figure; with the last one, write the result for docs/results.md."""
        name = f'{figure.name} [{figure.bound}], without the guard of {guard}'
        self.figures.append(Figure(name, figure.value, figure.unit))
        if len(self.figures) == len(CASES):
            result = Result('unguarded', './vla test unguarded', tuple(self.figures))
            result.write(ROOT / 'out' / 'unguarded')

    def _notes(self) -> list[Path]:
        return list(self.folder.glob(f'{self.orders.name}.*'))

    def _cut(self) -> set[str]:
        return {place for note in self._notes() for place in note.read_text().splitlines()}


@pytest.fixture(scope='module')
def graphs(tmp_path_factory) -> Iterator[UnguardedGraphs]:
    with pytest.MonkeyPatch.context() as patch:
        made = UnguardedGraphs(tmp_path_factory.mktemp('unguarded'))
        patch.setenv('VLA_TEST_CUTS', str(made.orders))
        patch.setenv('PYTHONPATH', str(CUTS), prepend=':')
        yield made
        made.close()


@pytest.mark.parametrize('case', CASES, ids=lambda case: case.figure)
def test_without_its_guard_a_fault_is_not_answered_in_time(graphs, monkeypatch, case):
    figure = None
    for _ in range(TRIES):
        try:
            graphs.prepare(case.fault)
        except UserError:  # left behind by the previous case
            graphs.close()
            graphs.prepare(case.fault)
        with graphs.without(case.guard, monkeypatch):
            figure = graphs.first(case)
        if figure is not None:
            break  # else the scene did not allow it
    assert figure is not None
    graphs.note(figure, case.guard)
    assert not figure.ok, f'{figure.name}: {figure.value:.4g} {figure.unit} without its guard'
