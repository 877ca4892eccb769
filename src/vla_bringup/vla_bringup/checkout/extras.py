"""Packages that only some commands need, installed on demand into a folder of their own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from vla_core.errors import UserError
from vla_core.robot.description.packages import EXTRAS
from vla_core.stack_root import stack_root

ARMS = 'arms'  # public robot descriptions, requirements/arms.txt


def install_extra(name: str) -> Path:
    """Folder with the packages of requirements/<name>.txt, installed unless it has them."""
    folder = stack_root() / EXTRAS / name
    wanted = (stack_root() / f'requirements/{name}.txt').read_text(encoding='utf-8')
    marker = folder / '.installed'
    if marker.is_file() and marker.read_text(encoding='utf-8') == wanted:
        return folder
    print(f'installing requirements/{name}.txt into {folder}')
    done = subprocess.run(
        [
            sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--upgrade',
            '--disable-pip-version-check', '--target', str(folder),
            '-r', str(stack_root() / f'requirements/{name}.txt'),
        ],
        check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise UserError(f'pip could not install requirements/{name}.txt; its output is above')
    marker.write_text(wanted, encoding='utf-8')
    return folder
