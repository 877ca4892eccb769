"""Which of its inputs the shipped policy uses."""
