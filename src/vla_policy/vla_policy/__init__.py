"""Policies: candidate action chunks, and features for the failure detector, from an observation
and an instruction. Only `node.py` uses ROS."""
