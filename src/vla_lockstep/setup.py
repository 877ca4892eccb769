from setuptools import find_packages, setup

NAME = 'vla_lockstep'

setup(
    name=NAME,
    version='0.1.0',
    packages=find_packages(include=[NAME, f'{NAME}.*']),
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{NAME}']),
        (f'share/{NAME}', ['package.xml']),
    ],
    install_requires=['setuptools'],
    zip_safe=True,
    maintainer='VLA stack maintainers',
    maintainer_email='maintainers@vla.invalid',
    description='The second host: the modules of the graph in one process and simulated time.',
    license='Apache-2.0',
)
