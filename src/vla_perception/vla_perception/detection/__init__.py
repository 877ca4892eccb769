"""Objects in one frame: segments, fitted solids, colours, or an open-vocabulary model."""
