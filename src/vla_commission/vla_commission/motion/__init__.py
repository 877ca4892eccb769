"""Guided motion of the arm and the gripper under the shield, and what it shows."""
