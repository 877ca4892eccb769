"""Objects over time: tracks, and the object that the gripper holds."""
