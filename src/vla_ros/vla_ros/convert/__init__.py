"""Message to record and back, one module per noun. What comes in is checked here once, at the edge."""
