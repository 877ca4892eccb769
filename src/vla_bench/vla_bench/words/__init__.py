"""Whether the stack acts on what a sentence says, and refuses what it does not understand."""
