"""The checkout on this machine: requirements, set-up, checks."""
