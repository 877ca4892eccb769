"""Rates, latencies and delivered images of the running graph."""
