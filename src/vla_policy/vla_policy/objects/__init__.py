"""Grounded objects as input of the object policy: relations, memory, feature rows."""
