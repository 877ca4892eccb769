"""From RGB-D images and an instruction to objects in 3D with roles, and whether the target is
present, absent or ambiguous. Logic is ROS-free; `node.py` wires it."""
