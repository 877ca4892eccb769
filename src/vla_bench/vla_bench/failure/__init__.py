"""Failure detector against baselines, by task."""
