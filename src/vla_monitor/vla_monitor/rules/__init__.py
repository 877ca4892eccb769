"""Readable safety rules: proven consistent, compiled, evaluated on every action."""
