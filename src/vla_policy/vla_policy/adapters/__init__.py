"""Somebody else's policy behind our protocol: a mapping as data, and one file per kind of host."""
