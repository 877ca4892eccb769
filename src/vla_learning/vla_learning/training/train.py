"""Train the policy from demonstrations; record them first when there are none.

The defaults are those of the shipped checkpoint (two CPU cores, or a GPU when there is one).
An interrupted run resumes where it stopped; --fresh starts over.
"""

from __future__ import annotations

import argparse
from dataclasses import fields, replace
from pathlib import Path

import torch

from vla_core.arguments import integer, number, path, text
from vla_core.errors import UserError
from vla_core.params import load_params
from vla_core.result import Result
from vla_core.robot.config import load_robot
from vla_core.stack_root import stack_root
from vla_learning.data.augment import AugmentParams
from vla_learning.data.dataset import load_dataset
from vla_learning.training.object_training import Args, train
from vla_learning.training.progress import choose_device

FOLDERS = ('demos', 'out', 'checkpoint')
WITH_CONFIG = ('out', 'checkpoint', 'seed', 'device', 'threads', 'fresh')  # options


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One option per field of Args, and a configuration file in their place."""
    parser.add_argument(
        '--config', default='',
        help='name in config/training, or a file: a policy that looks (vision)',
    )  # fmt: skip
    parser.add_argument(
        '--workers', type=integer(1, 256), default=2,
        help='processes that collect episodes, with --config (default %(default)s)',
    )  # fmt: skip
    for f in fields(Args):
        spec, name = f.metadata['spec'], '--' + f.name.replace('_', '-')
        if f.default is False:
            parser.add_argument(name, action='store_true', help=spec.text)
            continue
        kind = {int: integer, float: number}.get(type(f.default))
        convert = kind(spec.lo, spec.hi) if kind else folder if f.name in FOLDERS else text
        choices = spec.choices or None
        meaning = f'{spec.text} (default %(default)s)'
        parser.add_argument(name, type=convert, default=f.default, choices=choices, help=meaning)


def folder(given: str) -> str:
    """A path, as text: it is kept in the card of the checkpoint."""
    return str(path(given))


def output_folders(args: argparse.Namespace) -> list[Path]:
    return list(folders_of(args)) if args.config else [Path(args.out), Path(args.checkpoint)]


def folders_of(args: argparse.Namespace) -> tuple[Path, Path]:
    """Of a run and of its checkpoint, with a configuration file."""
    usual = Args()
    name = Path(args.config).stem
    out = Path(args.out if args.out != usual.out else f'out/train-{name}')
    is_given = args.checkpoint != usual.checkpoint
    return out, Path(args.checkpoint) if is_given else out / 'checkpoint'


def run(namespace: argparse.Namespace) -> int:
    """Record missing demonstrations, train, write the checkpoint and the result."""
    if namespace.config:
        return run_config(namespace)
    try:
        args = Args(**{f.name: getattr(namespace, f.name) for f in fields(Args)})
    except ValueError as error:
        raise UserError(str(error)) from error
    torch.set_num_threads(args.threads)
    device = choose_device(args.device)
    load_robot(args.robot)  # an unknown one is an error before anything is recorded
    make_demonstrations(args)
    samples, data = load_dataset(
        Path(args.demos), args.robot, AugmentParams(copies=args.copies), Path(args.out) / 'cache'
    )
    torch.set_num_threads(args.threads)
    return report(train(args, samples, data, device), args.checkpoint)


def run_config(given: argparse.Namespace) -> int:
    """The training that a configuration file describes; of the options only those that say where
    and on what it runs go with it."""
    from vla_learning.training import image_training
    from vla_learning.training.image_config import ImageTraining

    for f in fields(Args):
        if f.name not in WITH_CONFIG and getattr(given, f.name) != f.default:
            raise UserError(f'--{f.name.replace("_", "-")} is given by the file of --config')
    file = find_config(given.config)
    config = load_params(ImageTraining, file)
    if given.seed:
        config = replace(config, seed=given.seed)
    out, to = folders_of(given)
    if given.fresh:
        image_training.discard(out)
    torch.set_num_threads(given.threads)
    device = choose_device(given.device)
    return report(image_training.run(config, out, to, device, given.workers), str(to))


def find_config(name: str) -> Path:
    """The file of that name in config/training, or at that path; UserError lists the known
    ones."""
    folder = stack_root() / 'config/training'
    for file in (folder / f'{name}.yaml', Path(name)):
        if file.is_file():
            return file
    known = ', '.join(sorted(path.stem for path in folder.glob('*.yaml')))
    raise UserError(f'no training {name!r}; known: {known}, or a file')


def report(result: Result, checkpoint_folder: str) -> int:
    """Print the figures."""
    print('\n'.join(f'{f.name:32}{f.value:10.4g} {f.unit}' for f in result.figures))
    print(f'checkpoint in {checkpoint_folder}')
    return 0 if result.ok else 1


def make_demonstrations(args: Args) -> None:
    """Run `./vla demos` when there are none, or complete an interrupted run of it."""
    from vla_learning.data import demonstrate  # imports the simulator

    if Path(args.demos).exists() and not Path(args.demos).is_dir():
        raise UserError(f'--demos {args.demos} is a file, not a folder of recorded episodes')
    if demonstrate.finish(Path(args.demos)) or any(Path(args.demos).glob('*.mcap')):
        return
    parser = argparse.ArgumentParser()
    demonstrate.add_arguments(parser)
    words = ['--out', args.demos, '--episodes', str(args.episodes), '--robot', args.robot]
    words += ['--tasks', args.tasks]
    demonstrate.run(parser.parse_args(words))
