"""Learned and rule-based watchers of the policy: failure detector, conformal calibration,
steering verifier, rule circuits. They can only tighten what the shield allows."""
