"""Turns action chunks into a smooth target stream at 100 Hz: inverse kinematics, blending, planned
moves such as home and retreat, and the gripper. It proposes; the shield decides."""
