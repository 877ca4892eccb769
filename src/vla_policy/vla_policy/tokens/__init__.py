"""Observation to groups of tokens with masks."""
