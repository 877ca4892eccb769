"""From a reference to the commanded joint state: servo, inverse kinematics, joint tracker, speed
scaling, and the measured arm."""
