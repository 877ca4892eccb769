"""The simulated scene: robot, furniture, objects, tasks and their ground truth."""
