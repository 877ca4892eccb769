"""Success and unsafe ends with the whole trust chain on and off."""
