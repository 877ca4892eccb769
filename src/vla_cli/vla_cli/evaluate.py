"""Success rates of a policy on episodes that it was not trained on.

--lockstep (the default) runs the modules in one process in simulated time; --graph runs the real
nodes in real time, one episode after the other. An interrupted run resumes where it stopped.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from vla_learning.evaluation import evaluate
from vla_lockstep.row_log import Row, RowLog


def add_arguments(parser: argparse.ArgumentParser) -> None:
    evaluate.add_arguments(parser)


def output_folders(args: argparse.Namespace) -> list[Path]:
    return evaluate.output_folders(args)


def run(args: argparse.Namespace) -> int:
    return evaluate.run(args, on_graph)


def on_graph(jobs: list[tuple[str, evaluate.EvalJob]], log: RowLog) -> list[Row]:
    from vla_learning.evaluation.graph_trials import play_all  # needs ROS, which lockstep does not

    return play_all(jobs, log)
