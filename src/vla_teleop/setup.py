from setuptools import find_packages, setup

NAME = 'vla_teleop'

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
    description='Devices to targets, takeover, episode recorder, exporters.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'recorder = vla_teleop.recorder.node:main',
        ],
    },
)
