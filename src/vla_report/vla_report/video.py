"""Images to an H.264 file that a browser plays; written completely or not at all."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image


def write_video(images: Iterable[Image.Image], path: Path, rate: float) -> int:
    """Encode `images` at `rate` per second; return their number."""
    partial = path.with_name(path.stem + '.partial' + path.suffix)
    count = 0
    with av.open(str(partial), 'w') as container:
        stream = container.add_stream('libx264', rate=Fraction(rate).limit_denominator(1000))
        stream.pix_fmt = 'yuv420p'
        stream.options = {'preset': 'veryfast', 'crf': '21'}
        for image in images:
            if count == 0:
                stream.width, stream.height = image.size
            frame = av.VideoFrame.from_ndarray(np.asarray(image), format='rgb24')
            container.mux(stream.encode(frame))
            count += 1
        if count:
            container.mux(stream.encode())
    if not count:
        partial.unlink(missing_ok=True)
        return 0
    partial.rename(path)
    return count
