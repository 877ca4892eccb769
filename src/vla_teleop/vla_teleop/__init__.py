"""Teleoperation and recording: devices to targets, takeover and corrections, the episode recorder,
and exporters to data set formats."""
