import os
from glob import glob

from setuptools import find_packages, setup

NAME = 'vla_bringup'
ROOT = os.path.join('..', '..')  # setuptools wants paths relative to this file


def shared(folder):
    """The files of a top-level folder, sub-folders kept, as setuptools wants them."""
    found = {}
    for path in sorted(glob(os.path.join(ROOT, folder, '**', '*'), recursive=True)):
        if os.path.isfile(path):
            inside = os.path.dirname(os.path.relpath(path, ROOT))
            found.setdefault(f'share/{NAME}/{inside}', []).append(path)
    return list(found.items())


setup(
    name=NAME,
    version='0.1.0',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
        *shared('launch'),
        *shared('config'),
        *shared('urdf'),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='VLA stack maintainers',
    maintainer_email='maintainers@vla.invalid',
    description='Launch files, configuration, robot descriptions; set-up, graph sessions.',
    license='Apache-2.0',
)
