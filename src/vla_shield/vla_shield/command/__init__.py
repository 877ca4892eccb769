"""What is commanded: the certified reference with its braking ramp, and the gripper's opening."""
