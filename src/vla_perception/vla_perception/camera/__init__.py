"""One camera: projection, support plane, robot mask, prepared frame."""
