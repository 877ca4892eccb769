"""What every other package shares: records, geometry, the robot model, limits, parameters,
freshness, results. Plain Python and numpy; no ROS, no torch, no clock."""
