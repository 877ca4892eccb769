from setuptools import find_packages, setup

NAME = 'vla_sim'

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
    description="MuJoCo robot, scene and cameras behind the robot's own topics.",
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'node = vla_sim.node:main',
            'proxy = vla_sim.faults.proxy_node:main',
            'clock = vla_sim.clock_node:main',
        ],
    },
)
