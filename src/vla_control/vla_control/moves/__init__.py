"""Planned moves: home, retreat, and roll-back along the executed path."""
