"""Constraints on a candidate: joint limits, speeds, workspace and clearances."""
