"""Sounds on a page: short clips as WAV files inside data URIs, so that a report stays one file."""

import base64
import io
import wave

import numpy as np
from numpy.typing import NDArray

LONGEST = 10.0  # seconds of a clip that are put on a page


def wav_uri(samples: NDArray[np.int16], rate: int) -> str:
    """A clip (T,) at ``rate`` a second as a data URI: WAV, one channel, 8 bits a sample, set to full scale.

    Eight bits halve the page; the hiss they add is far below that of the clips.
    """
    samples = samples[: round(LONGEST * rate)].astype(np.float64)
    peak = max(float(np.abs(samples).max(initial=0)), 1.0)
    small = np.rint(samples / peak * 127 + 128).astype(np.uint8)
    with io.BytesIO() as stream:
        with wave.open(stream, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(1)
            file.setframerate(rate)
            file.writeframes(small.tobytes())
        return "data:audio/wav;base64," + base64.b64encode(stream.getvalue()).decode()
