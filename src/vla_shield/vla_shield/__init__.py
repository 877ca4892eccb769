"""The last word before the robot: is this motion allowed, what is the smallest change that makes
it so, and the braking ramp that goes with every command. No learning, no torch."""
