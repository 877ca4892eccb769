"""The transformer that every decoder shares: a prefix computed once, a suffix at every step."""
