"""The predicates of the rules, measured on scene, joint states and the active chunk."""
