"""Message to record and back, one module per noun; what comes in is checked here, once."""
