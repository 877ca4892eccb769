"""Scripted experts, which generate demonstrations from object states."""
