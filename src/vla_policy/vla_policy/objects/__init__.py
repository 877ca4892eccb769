"""Inputs of the policies from grounded objects: relations, memory, feature rows."""
