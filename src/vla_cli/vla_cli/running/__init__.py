"""Commands to a running graph: arm, do, stop, answer, correct."""
