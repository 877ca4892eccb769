"""Shared by every package: records, geometry, robot model, limits, parameters, freshness, results.
Plain Python and numpy; no ROS, no torch."""
