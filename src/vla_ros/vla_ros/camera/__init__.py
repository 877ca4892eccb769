"""Camera topics to RGB-D frames: pairing by stamp, and the cause when there are none."""
