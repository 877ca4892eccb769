"""Success when a verifier chooses among K candidates."""
