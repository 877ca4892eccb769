"""Checks each motion, changes it as little as needed, and adds the braking ramp to every command.
No learning, no torch."""
