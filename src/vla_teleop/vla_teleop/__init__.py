"""A person in the loop and the record of what happened: devices to targets, takeover and
corrections, the episode recorder, and exporters to data set formats."""
