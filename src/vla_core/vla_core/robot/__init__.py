"""Robot description: configuration, URDF, kinematic model and limits."""
