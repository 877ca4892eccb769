"""One camera: projection, the support plane, the robot's own pixels, the prepared frame."""
