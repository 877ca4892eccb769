"""The live graph: observation, the shield as a process, the rig that guided motion uses."""
