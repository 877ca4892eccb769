"""The running graph: launch files, processes, ROS domain, and a client."""
