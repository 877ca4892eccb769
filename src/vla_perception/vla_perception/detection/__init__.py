"""FIXME docstring."""
