"""Which object a phrase means: match, role, status, and the vote that follows from it."""
