"""Checks of what was observed on the graph: pure functions of Facts and the robot file."""
