"""What the robot is: its configuration, URDF, kinematic model and limits."""
