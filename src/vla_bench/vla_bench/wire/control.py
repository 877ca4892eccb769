"""Control of `./vla bench wire`: rclpy's messages in place of the bytes must miss the bound."""

from __future__ import annotations

import argparse
from dataclasses import replace

from vla_bench import controls
from vla_bench.wire.bench import BOUND, compared, pairs
from vla_core.result import Figure
from vla_core.robot.config import load_robot


def run(args: argparse.Namespace) -> int:
    """Each operation by bytes against rclpy, then by rclpy against itself."""
    figures: list[Figure] = []
    for what, (by_rclpy, as_bytes) in pairs(load_robot(args.robot)).items():
        figures.append(compared(f'claim: {what}', by_rclpy, as_bytes, args.rounds)[-1])
        ratio = compared(f'rclpy in both: {what}', by_rclpy, by_rclpy, args.rounds)[-1]
        figures.append(replace(ratio, bound=BOUND.replace('<=', '>')))
    return controls.finish('wire', args.out, figures)
