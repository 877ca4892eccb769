"""Steering: selection of the candidate that matches the plan step, and operator corrections."""
