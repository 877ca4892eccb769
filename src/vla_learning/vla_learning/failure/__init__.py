"""Rollouts, labels and calibration of the failure detector."""
