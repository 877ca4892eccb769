"""The second host: the modules of the graph called in data-flow order in one process and
simulated time.
"""
