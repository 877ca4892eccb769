"""Failure detection from the policy's features and from free signals."""
