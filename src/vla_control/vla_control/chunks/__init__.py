"""Action chunks: which are accepted, their trajectories, and the blend of overlapping ones."""
