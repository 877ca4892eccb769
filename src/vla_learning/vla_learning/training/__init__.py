"""The trainer and its command."""
