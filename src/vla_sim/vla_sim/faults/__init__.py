"""Faults on purpose: in messages, in the simulated world, and what must not happen."""
