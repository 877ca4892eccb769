"""Training loop and command."""
