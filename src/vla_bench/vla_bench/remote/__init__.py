"""A policy on a server: what the arm does when the server or the link fails."""
