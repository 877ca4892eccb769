"""Episodes as MCAP files: the recorder node, writing, reading, and conversion to records."""
