"""Commissioning: what a robot and its drivers do, compared with what the robot file says."""
