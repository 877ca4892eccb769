"""Cost of reading and writing the messages sent at 100 Hz."""
