"""Runs the task: phases, heartbeats of the other nodes, arming and disarming, and the graded
response (slow, hold, back off, ask a person) when something goes wrong."""
