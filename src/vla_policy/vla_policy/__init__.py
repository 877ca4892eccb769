"""From an observation and an instruction to candidate action chunks and the features the
failure detector reads. Loads checkpoints; logic is ROS-free, `node.py` wires it."""
