"""A policy that LeRobot saved. Its dependencies conflict with ours, so that it runs in an
environment and a process of its own: `server` and `model` run there, everything else here."""
