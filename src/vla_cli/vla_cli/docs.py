"""Update docs/results.md and the table in README.md from the results in docs/results/, and
docs/inputs.md from the rows of `./vla bench messages`.

--keep NAME adds out/NAME/result.json; --check only reports whether the pages are up to date.
"""

from __future__ import annotations

import argparse
import json
import shutil

from vla_bringup.checkout.root import ROOT
from vla_core.atomic_file import write_atomic
from vla_core.errors import UserError
from vla_report import headlines
from vla_report.results_page import page

KEPT = ROOT / 'docs' / 'results'
PAGE = ROOT / 'docs' / 'results.md'
README = ROOT / 'README.md'
INPUTS = ROOT / 'docs' / 'inputs.md'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--keep', metavar='NAME', action='append', default=[])
    parser.add_argument('--check', action='store_true', help='exit 1 when the page is stale')


def run(args: argparse.Namespace) -> int:
    for name in args.keep:
        keep(name)
    results = [json.loads(path.read_text()) for path in sorted(KEPT.glob('*.json'))]
    table = headlines.table({result['name']: result for result in results})
    made = {
        PAGE: page(results),
        README: headlines.put_into(README.read_text(), table),
        INPUTS: inputs_page(),
    }
    stale = [p for p, text in made.items() if not p.is_file() or p.read_text() != text]
    for path, text in made.items():
        shown, is_stale = path.relative_to(ROOT), path in stale
        if args.check:
            print(f'{shown} is stale: run ./vla docs' if is_stale else f'{shown} is up to date')
            continue
        write_atomic(path, text)
        print(f'{shown}: {"updated" if is_stale else "unchanged"}')
    return int(args.check and bool(stale))


def inputs_page() -> str:
    from vla_bench.messages import catalogue  # imported late: it loads every node

    return catalogue.page()


def keep(name: str) -> None:
    source = ROOT / 'out' / name / 'result.json'
    if not source.is_file():
        there = sorted(p.parent.name for p in ROOT.glob('out/*/result.json'))
        raise UserError(f'no out/{name}/result.json; existing: {", ".join(there) or "none"}')
    own = json.loads(source.read_text())['name']
    if not own.startswith(name):  # a first call is named after its folder, and more
        raise UserError(
            f'out/{name}/result.json is the result of {own}, and would replace '
            f'docs/results/{own}.json: keep it from out/{own}'
        )
    KEPT.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, KEPT / f'{own}.json')
