"""Messages that are not ours: what the stack does with each form of each kind."""
