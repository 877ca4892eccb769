"""What stands in the simulated scene: robot, furniture, objects, tasks and their truth."""
