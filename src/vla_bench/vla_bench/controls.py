"""What the controls of every bench have in common: result, table, notes.

A control is an arm that must fail, or one that shows that the clever part adds nothing. It stands
beside the claim in one table; its bound says which score shows that.
`./vla bench NAME --controls` calls `run(args)` of the bench's control.py, with `DEFAULTS` of that
module in place of the bench's own defaults and out/bench-NAME-controls as the folder.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from vla_core.result import Figure, Result
from vla_lockstep.campaign import command_line
from vla_report import figure_table


def finish(bench: str, out: Path, figures: Iterable[Figure], notes: Sequence[str] = ()) -> int:
    """Write result.json as bench-NAME-controls, print the table and the notes; the exit code."""
    result = Result(f'bench-{bench}-controls', command_line(), tuple(figures))
    result.write(out)
    print('\n'.join([*figure_table.lines(result.figures), *notes]))
    return 0 if result.ok else 1
