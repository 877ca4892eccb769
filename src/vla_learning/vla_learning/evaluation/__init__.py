"""Success rates of a policy, in lockstep or on the running graph."""
