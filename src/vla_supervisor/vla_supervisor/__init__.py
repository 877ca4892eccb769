"""Task executive (a state machine of phases), lifecycle bring-up, heartbeat monitoring, and the
graded response (slow, hold, back off, ask the operator, stop) to faults."""
