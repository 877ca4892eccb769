from setuptools import find_packages, setup

NAME = 'vla_monitor'

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
    description='Failure detector, calibration, steering verifier, rule circuits.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'failure = vla_monitor.failure.node:main',
            'rules = vla_monitor.rules.node:main',
            'verifier = vla_monitor.steering.node:main',
        ],
    },
)
