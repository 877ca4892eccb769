"""Objects over time: tracks, the held object, and which track is target or destination."""
