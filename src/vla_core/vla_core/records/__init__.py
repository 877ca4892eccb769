"""Records exchanged between modules and, as messages, between nodes."""
