"""Monitoring of execution: tracking error, frozen encoders, cycle overruns."""
