"""What may keep the robot from moving: heartbeats, camera, shield, e-stop, the computer."""
