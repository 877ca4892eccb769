"""The lockstep host: the same logic as the graph called in data-flow order inside one process,
and what needs it in bulk: demonstrations, training, calibration, evaluation. No ROS."""
