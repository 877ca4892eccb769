"""Learned and rule-based monitors of the policy: failure detector, conformal calibration,
steering verifier, rule circuits. They can only restrict the motion that the shield passes."""
