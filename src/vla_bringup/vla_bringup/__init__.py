"""Installs the top-level launch files, configuration and robot descriptions, and holds the
command line behind `./vla`."""
