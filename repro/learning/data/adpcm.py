"""IMA ADPCM: sound in four bits a sample, each the coded step from the sample before.

A decoder holds a prediction (16 bits) and the place in a table of 89 step sizes. A code of four bits says by
how much of the step the sample differs from the prediction, and moves the place for the next one. All clips
start at prediction 0, place 0, and run side by side here: shapes are N clips of T samples.
"""

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.int16]
Codes = NDArray[np.uint8]  # values 0 to 15, one a sample

LOW, HIGH = -32768, 32767
MOVES = np.array([-1, -1, -1, -1, 2, 4, 6, 8] * 2)  # of the place in the table, by code


# The 89 step sizes of the standard, each about a tenth larger than the one before.
TABLE = """
7 8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88 97 107 118 130 143 157
173 190 209 230 253 279 307 337 371 408 449 494 544 598 658 724 796 876 963 1060 1166 1282 1411 1552
1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 4428 4871 5358 5894 6484 7132 7845 8630 9493 10442
11487 12635 13899 15289 16818 18500 20350 22385 24623 27086 29794 32767
"""
STEPS = np.array([int(step) for step in TABLE.split()])


def _change(code: NDArray[np.int64], step: NDArray[np.int64]) -> NDArray[np.int64]:
    """What a code adds to the prediction: an eighth of the step, and its bits' shares of it."""
    size = step >> 3
    size = size + (code >> 2 & 1) * step + (code >> 1 & 1) * (step >> 1) + (code & 1) * (step >> 2)
    change: NDArray[np.int64] = np.where(code & 8, -size, size)
    return change


def decode(codes: Codes) -> Samples:
    """Codes (N, T) -> samples (N, T)."""
    n, length = codes.shape
    prediction, place = np.zeros(n, np.int64), np.zeros(n, np.int64)
    samples = np.empty((length, n), np.int16)
    for moment, code in enumerate(codes.T.astype(np.int64)):
        prediction = (prediction + _change(code, STEPS[place])).clip(LOW, HIGH)
        place = (place + MOVES[code]).clip(0, len(STEPS) - 1)
        samples[moment] = prediction
    return samples.T


def encode(samples: Samples) -> Codes:
    """Samples (N, T) -> codes (N, T): at every moment the code whose prediction comes nearest."""
    n, length = samples.shape
    prediction, place = np.zeros(n, np.int64), np.zeros(n, np.int64)
    codes = np.empty((length, n), np.uint8)
    for moment, wanted in enumerate(samples.T.astype(np.int64)):
        step, away = STEPS[place], wanted - prediction
        size = np.minimum(abs(away) * 4 // step, 7)
        code = np.where(away < 0, 8, 0) + size
        prediction = (prediction + _change(code, step)).clip(LOW, HIGH)
        place = (place + MOVES[code]).clip(0, len(STEPS) - 1)
        codes[moment] = code
    return codes.T


def unpack(packed: NDArray[np.uint8], lengths: NDArray[np.int64]) -> Codes:
    """Clips one after the other, two codes a byte, low half first -> codes (N, longest), 0 after each end."""
    flat = np.stack([packed & 15, packed >> 4], axis=1).reshape(-1)
    codes = np.zeros((len(lengths), int(lengths.max())), np.uint8)
    for row, end in enumerate(np.cumsum(lengths)):
        codes[row, : lengths[row]] = flat[end - lengths[row] : end]
    return codes


def pack(codes: Codes, lengths: NDArray[np.int64]) -> NDArray[np.uint8]:
    """The reverse of :func:`unpack`."""
    flat = np.concatenate([row[:length] for row, length in zip(codes, lengths, strict=True)])
    flat = np.append(flat, [0] * (len(flat) % 2)).astype(np.uint8)
    packed: NDArray[np.uint8] = flat[::2] | flat[1::2] << 4
    return packed
