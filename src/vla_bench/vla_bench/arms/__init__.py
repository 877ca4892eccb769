"""Public arms on the tasks that they reach, each from a robot file that was made from its URDF."""
