"""Plots of the report: joints, tool, safety, latencies."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib

matplotlib.use('Agg')
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from vla_core.records.safety import Decision, Level
from vla_report.timeseries import Series, Spans

WIDTH = 11.0  # inch
NARROWEST = 0.05  # rad, smallest range of a joint's axis
COLOURS = {'target': '#8a94a6', 'command': '#e4572e', 'measured': '#17719b'}
DECISIONS = {
    Decision.DISARMED: '#cccccc',
    Decision.PASS: '#63b77c',
    Decision.CLIPPED: '#efcb4b',
    Decision.SLOWED: '#f2984a',
    Decision.HOLD: '#e2614f',
    Decision.BRAKE: '#c2273f',
    Decision.REJECTED: '#a349a4',
}
LEVELS = {
    Level.RUN: '#63b77c',
    Level.SLOW: '#f2984a',
    Level.HOLD: '#e2614f',
    Level.STOP: '#7a1427',
}
plt.rcParams.update({
    'font.size': 9, 'axes.spines.top': False, 'axes.spines.right': False, 'axes.grid': True,
    'grid.alpha': 0.25, 'figure.constrained_layout.use': True, 'svg.fonttype': 'none',
})  # fmt: skip


def svg(figure: Figure) -> str:
    """The figure as an <svg> element."""
    text = io.StringIO()
    figure.savefig(text, format='svg')
    plt.close(figure)
    return text.getvalue()[text.getvalue().index('<svg') :]


def joints(series: dict[str, Series], names: Sequence[str], phases: Spans) -> Figure:
    """Joint angles; `series` by 'target', 'command' and 'measured'."""
    rows = (len(names) + 1) // 2
    figure, grid = plt.subplots(rows, 2, figsize=(WIDTH, 1.7 * rows), sharex=True, squeeze=False)
    for axis, (column, name) in zip(grid.flat, enumerate(names), strict=False):
        for kind, line in series.items():
            axis.plot(line.at, line.values[:, column], color=COLOURS[kind], lw=1.2, label=kind)
        axis.set_title(name, loc='left', fontsize=9)
        axis.set_ylabel('rad')
        low, high = axis.get_ylim()
        middle, half = (low + high) / 2, max(high - low, NARROWEST) / 2
        axis.set_ylim(middle - half, middle + half)
        _shade(axis, phases)
    for axis in grid.flat[len(names) :]:
        axis.set_visible(False)
    handles, labels = grid.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc='outside upper right', frameon=False, ncols=3, fontsize=8)
    for axis in grid[-1]:
        axis.set_xlabel('s since the instruction')
    return figure


def tool(series: dict[str, Series], gripper: Series, phases: Spans) -> Figure:
    """TCP position, target and measured, and the gripper opening."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(WIDTH, 3.4), gridspec_kw={'width_ratios': [2, 1]}
    )
    for k, axis_name in enumerate('xyz'):
        for kind, line in series.items():
            style = '-' if kind == 'measured' else '--'
            label = f'{axis_name} {kind}'
            left.plot(line.at, line.values[:, k], style, color=f'C{k}', lw=1.2, label=label)
    left.plot(gripper.at, gripper.values[:, 0], color='#555555', lw=1, label='gripper opening')
    left.set(xlabel='s since the instruction', ylabel='m, base frame')
    left.legend(frameon=False, fontsize=7, ncols=2)
    _shade(left, phases)
    for kind, line in series.items():
        right.plot(line.values[:, 1], line.values[:, 0], color=COLOURS[kind], lw=1.2, label=kind)
    right.set(xlabel='y, m', ylabel='x, m', title='top view')
    right.invert_xaxis()
    right.set_aspect('equal', adjustable='datalim')
    return figure


def safety(permissions: dict[str, Spans], numbers: dict[str, Series], phases: Spans) -> Figure:
    """Levels by voter (the shield last), then clearance, change and speed scale."""
    figure, axes = plt.subplots(
        1 + len(numbers), 1, figsize=(WIDTH, 1.9 + 1.45 * len(numbers)), sharex=True,
    )  # fmt: skip
    for row, (name, spans) in enumerate(permissions.items()):
        colours = DECISIONS if name == 'shield' else LEVELS
        for begin, end, value in spans:
            axes[0].barh(row, end - begin, left=begin, height=0.7, color=colours[value])
    axes[0].set_yticks(range(len(permissions)), list(permissions))
    axes[0].grid(False)
    _name_phases(axes[0], phases)
    used = {value for _, _, value in permissions['shield']}
    handles = [plt.Rectangle((0, 0), 1, 1, color=DECISIONS[value]) for value in sorted(used)]
    axes[0].legend(handles, [value.name.lower() for value in sorted(used)], ncols=7, fontsize=7,
                   frameon=False, loc='lower right', bbox_to_anchor=(1, 1.12))  # fmt: skip
    for axis, (title, line) in zip(axes[1:], numbers.items(), strict=True):
        axis.plot(line.at, line.values[:, 0], color=COLOURS['measured'], lw=1)
        axis.set_ylabel(title)
        axis.set_ylim(bottom=min(0.0, float(np.nanmin(line.values, initial=0.0))))
        _shade(axis, phases)
    axes[-1].set_xlabel('s since the instruction')
    return figure


def latencies(samples: dict[str, np.ndarray]) -> Figure:
    """Cumulative shares of each latency, in ms."""
    figure, axis = plt.subplots(figsize=(WIDTH, 3.0))
    for name, values in samples.items():
        if len(values):
            ordered = np.sort(values)
            share = np.arange(1, len(ordered) + 1) / len(ordered)
            axis.step(ordered, share, where='post', label=name)
    axis.set(xlabel='ms', ylabel='share of samples', xscale='log', ylim=(0, 1.02))
    axis.legend(frameon=False, fontsize=8)
    return figure


def _shade(axis: Axes, phases: Spans) -> None:
    for k, (begin, end, _) in enumerate(phases):
        if k % 2:
            axis.axvspan(begin, end, color=COLOURS['measured'], alpha=0.06, lw=0)


def _name_phases(axis: Axes, phases: Spans) -> None:
    """Phase names above the axis, for phases long enough to hold one."""
    whole = max((end for _, end, _ in phases), default=1.0)
    for begin, end, phase in phases:
        axis.axvline(begin, color='#444444', lw=0.6)
        if end - begin > 0.08 * whole:
            axis.text(begin, 1.02, f' {phase.name.lower()}', fontsize=8, color='#444444',
                      transform=axis.get_xaxis_transform())  # fmt: skip
