"""Speaks the words of the benchmark ``spoken-words``: ``python speed/spoken_words.py [OUT]``.

Needs the package espeakng-loader 0.2.4, which carries eSpeak NG 1.52 and its voices. Writes
``repro/learning/data/sounds/spoken_words.npz``. A program speaks here, not people: each of the 104 voice
variants of eSpeak NG becomes one voice, with an accent, a pitch, a liveliness and a pace of its own, drawn
from a fixed seed. Another release, or another platform, may speak other bytes, so the file is kept and its
checksum pinned (``repro/learning/data/spoken_words.py``).
"""

import ctypes
import sys
from pathlib import Path
from typing import Any

import espeakng_loader
import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from repro.learning.data import adpcm

WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
WORDS += ("yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go")
ACCENTS = ("en", "en-us", "en-gb-scotland", "en-029", "en-gb-x-rp")
RATE = 8000  # samples a second, as kept; eSpeak NG speaks 22,050
SEED = 30
QUIET = 0.02  # of the peak: what is quieter before and after a word is cut off
PEAK = 0.9 * 32767
OUT = Path(__file__).resolve().parents[1] / "repro" / "learning" / "data" / "sounds" / "spoken_words.npz"

SYNCHRONOUS, RATE_SETTING, PITCH_SETTING, RANGE_SETTING, UTF8 = 2, 1, 3, 4, 1
Callback = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


class Speaker:
    """eSpeak NG in this process."""

    def __init__(self) -> None:
        self.parts: list[NDArray[np.int16]] = []
        self.library: Any = ctypes.CDLL(espeakng_loader.get_library_path())
        self.rate = self.library.espeak_Initialize(
            SYNCHRONOUS, 0, str(Path(espeakng_loader.get_data_path()).parent).encode(), 0
        )
        self.callback = Callback(self._hear)  # kept, or it is collected while the library still calls it
        self.library.espeak_SetSynthCallback(self.callback)

    def _hear(self, wave: Any, count: int, _events: Any) -> int:
        if count > 0 and wave:
            self.parts.append(np.ctypeslib.as_array(wave, (count,)).copy())
        return 0

    def become(self, voice: str, rate: int, pitch: int, liveliness: int) -> None:
        """Speak with a voice from now on. RuntimeError if there is none of this name."""
        if self.library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise RuntimeError(f"eSpeak NG has no voice {voice}")
        for setting, value in ((RATE_SETTING, rate), (PITCH_SETTING, pitch), (RANGE_SETTING, liveliness)):
            self.library.espeak_SetParameter(setting, value, 0)

    def say(self, word: str) -> NDArray[np.float64]:
        """The word at :data:`RATE`, without the silence around it, peak 1: (T,)."""
        self.parts.clear()
        text = word.encode() + b"\0"
        self.library.espeak_Synth(text, len(text), 0, 1, 0, UTF8, None, None)
        self.library.espeak_Synchronize()
        wave = np.concatenate(self.parts) / 32768.0
        wave = resample_poly(wave, RATE, self.rate)
        wave = wave / np.abs(wave).max()
        loud = np.flatnonzero(np.abs(wave) > QUIET)
        spoken: NDArray[np.float64] = wave[loud[0] : loud[-1] + 1]
        return spoken


def main() -> None:
    """Speak every word with every voice and write the file."""
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else OUT
    random, speaker = np.random.RandomState(SEED), Speaker()
    variants = sorted(
        path.name for path in (Path(espeakng_loader.get_data_path()) / "voices" / "!v").iterdir()
    )
    clips, words, voices, accents = [], [], [], []
    for voice, variant in enumerate(variants):
        accent = random.randint(len(ACCENTS))
        rate, pitch, liveliness = (
            int(random.randint(*bounds)) for bounds in ((130, 231), (20, 81), (20, 81))
        )
        for word, text in enumerate(WORDS):
            speaker.become(f"{ACCENTS[accent]}+{variant}", rate, pitch, liveliness)
            clips.append(speaker.say(text))
            words.append(word)
            voices.append(voice)
            accents.append(accent)
    lengths = np.array([len(clip) for clip in clips])
    padded = np.zeros((len(clips), lengths.max()))
    for row, clip in zip(padded, clips, strict=True):
        row[: len(clip)] = clip
    codes = adpcm.encode(np.rint(padded * PEAK).astype(np.int16))
    arrays = {"codes": adpcm.pack(codes, lengths), "lengths": lengths.astype(np.int32)}
    arrays |= {"words": np.array(words, np.int16), "voices": np.array(voices, np.int16)}
    arrays |= {"accents": np.array(accents, np.int16), "word_names": np.array(WORDS)}
    arrays |= {"voice_names": np.array(variants), "accent_names": np.array(ACCENTS)}
    np.savez(out, **arrays)
    seconds = lengths.sum() / RATE
    print(f"{out}: {len(clips)} clips, {seconds:.0f} s, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
