"""From an instruction to a parsed task or the reason why not; requests to stop."""
