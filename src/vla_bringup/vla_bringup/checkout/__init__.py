"""The checkout on this machine: what it needs, how it is set up, what is missing."""
