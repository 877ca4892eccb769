"""Fault injection in messages and in the simulated world; detection of incidents."""
