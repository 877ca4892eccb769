"""The command interfaces of a gripper, topics and actions: the sender and the driver's side."""
