"""What the rules measure: predicates over scene, joints and the chunk in force."""
