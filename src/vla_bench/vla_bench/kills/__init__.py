"""A node of the running graph is killed again and again: how long until it works again, and what
the other nodes do meanwhile."""
