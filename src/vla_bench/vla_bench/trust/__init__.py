"""Success and unsafe ends with the trust chain on and off."""
