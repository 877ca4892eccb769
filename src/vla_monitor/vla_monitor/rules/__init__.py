"""Safety rules that a person reads: proven consistent, compiled, checked against every action."""
