"""The records that travel between modules and, as messages, between nodes."""
