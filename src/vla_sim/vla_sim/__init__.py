"""The robot, its scene and cameras in MuJoCo behind the same topics as the real ones, with
tasks, scripted experts and faults that can be injected."""
