"""Plays the notes of the benchmark ``instrument-notes``: ``python speed/instrument_notes.py FONT [OUT]``.

FONT is FluidR3_GM.sf2 (MIT licence, Debian package fluid-soundfont-gm 3.1). Writes
``repro/learning/data/sounds/instrument_notes.npz``: forty General MIDI instruments, four of each of ten
families, 24 pitches each, with a velocity and a length drawn from a fixed seed. The samples of the font are
recordings, played here at another speed for another pitch and looped where the font says so; envelopes,
filters and effects of the font are left out, and a note ends with a fade of 50 ms.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from repro.learning.data import adpcm

INSTRUMENTS = {  # General MIDI programs, counted from 0
    "piano": {0: "grand piano", 3: "honky-tonk piano", 4: "electric piano", 6: "harpsichord"},
    "bells": {9: "glockenspiel", 11: "vibraphone", 12: "marimba", 14: "tubular bells"},
    "organ": {16: "drawbar organ", 19: "church organ", 21: "accordion", 22: "harmonica"},
    "guitar": {24: "nylon guitar", 26: "jazz guitar", 29: "overdriven guitar", 30: "distorted guitar"},
    "bass": {32: "acoustic bass", 33: "finger bass", 36: "slap bass", 38: "synth bass"},
    "strings": {40: "violin", 42: "cello", 44: "tremolo strings", 45: "pizzicato strings"},
    "brass": {56: "trumpet", 57: "trombone", 60: "french horn", 61: "brass section"},
    "reed": {65: "alto sax", 68: "oboe", 70: "bassoon", 71: "clarinet"},
    "pipe": {73: "flute", 75: "pan flute", 77: "shakuhachi", 79: "ocarina"},
    "plucked": {104: "sitar", 105: "banjo", 107: "koto", 108: "kalimba"},
}
PITCHES = range(38, 86, 2)  # MIDI numbers, where every one of them sounds
SECONDS = (0.3, 0.6)  # of a note
FADE = 0.05
INNER, RATE = 32_000, 8000  # samples a second: while playing, and as kept
SEED, PEAK = 31, 0.9 * 32767
OUT = Path(__file__).resolve().parents[1] / "repro" / "learning" / "data" / "sounds" / "instrument_notes.npz"

# Generators of a zone (SoundFont 2.04, Sec. 8.1.2)
INSTRUMENT, KEYS, VELOCITIES, COARSE, FINE, SAMPLE, MODES, SCALE, ROOT = 41, 43, 44, 51, 52, 53, 54, 56, 58
Zone = dict[int, int]


class Recording(NamedTuple):
    """A sample of the font: points from ``start`` to ``end``, a loop, rate, and the key it was played at."""

    start: int
    end: int
    loop: int
    loop_end: int
    rate: int
    key: int
    cents: int


class Font:
    """A SoundFont 2 file."""

    def __init__(self, path: Path) -> None:
        self.data = path.read_bytes()
        chunks = dict(self._chunks(12, len(self.data)))
        self.points = np.frombuffer(chunks[b"smpl"], "<i2").astype(np.float64) / 32768
        bag, generator = [("at", "<u2"), ("mod", "<u2")], [("what", "<u2"), ("low", "u1"), ("high", "u1")]
        head = [("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("rest", "V12")]
        self.presets = np.frombuffer(chunks[b"phdr"], head)
        self.instruments = np.frombuffer(chunks[b"inst"], [("name", "S20"), ("bag", "<u2")])
        self.bags = {kind: np.frombuffer(chunks[kind + b"bag"], bag) for kind in (b"p", b"i")}
        self.generators = {kind: np.frombuffer(chunks[kind + b"gen"], generator) for kind in (b"p", b"i")}
        fields = [(name, "<u4") for name in ("start", "end", "loop", "loop_end", "rate")]
        about = [("name", "S20"), *fields, ("key", "u1"), ("cents", "i1"), ("link", "<u2"), ("kind", "<u2")]
        self.samples = np.frombuffer(chunks[b"shdr"], about)

    def _chunks(self, start: int, end: int) -> Iterator[tuple[bytes, bytes]]:
        while start < end:
            size = int.from_bytes(self.data[start + 4 : start + 8], "little")
            name, inner = self.data[start : start + 4], start + 8
            if name == b"LIST":
                yield from self._chunks(inner + 4, inner + size)
            else:
                yield name, self.data[inner : inner + size]
            start = inner + size + size % 2

    def _zones(self, kind: bytes, heads: Any, index: int, key: int, velocity: int) -> Iterator[Zone]:
        """The zones of a preset or an instrument that sound at a key and a velocity."""
        common: Zone = {}
        for bag in range(int(heads[index]["bag"]), int(heads[index + 1]["bag"])):
            first, last = (int(self.bags[kind][place]["at"]) for place in (bag, bag + 1))
            zone, inside = dict(common), True
            for what, low, high in self.generators[kind][first:last].tolist():
                zone[what] = low | high << 8
                inside &= what not in (KEYS, VELOCITIES) or low <= (key, velocity)[what - KEYS] <= high
            if not zone.keys() & {INSTRUMENT, SAMPLE}:
                common = zone  # the first zone may name nothing: it holds for all others
            elif inside:
                yield zone

    def play(self, program: int, key: int, velocity: int, seconds: float) -> NDArray[np.float64]:
        """A note at :data:`INNER` samples a second: (T,)."""
        presets = zip(self.presets["program"].tolist(), self.presets["bank"].tolist(), strict=True)
        preset = list(presets).index((program, 0))
        wave = np.zeros(round(seconds * INNER))
        for outer in self._zones(b"p", self.presets, preset, key, velocity):
            for zone in self._zones(b"i", self.instruments, outer[INSTRUMENT], key, velocity):
                wave += self._sound(zone, key, len(wave))
        fade = round(FADE * INNER)
        wave[-fade:] *= np.linspace(1, 0, fade)
        return wave

    def _sound(self, zone: Zone, key: int, length: int) -> NDArray[np.float64]:
        _, *numbers, _, _ = self.samples[zone[SAMPLE]].tolist()
        sample = Recording(*numbers)
        root = zone.get(ROOT, 65535)
        root = sample.key if root > 127 else root
        cents = (key - root) * zone.get(SCALE, 100) + sample.cents
        cents += 100 * _signed(zone.get(COARSE, 0)) + _signed(zone.get(FINE, 0))
        place = sample.start + np.arange(length) * (2 ** (cents / 1200) * sample.rate / INNER)
        if zone.get(MODES, 0) & 1:
            round_trip = sample.loop_end - sample.loop
            place = np.where(place < sample.loop, place, sample.loop + (place - sample.loop) % round_trip)
        ends = place >= sample.end - 1
        left = np.minimum(place, sample.end - 2).astype(np.int64)
        wave = self.points[left] + (place - left) * (self.points[left + 1] - self.points[left])
        return np.where(ends, 0.0, wave)


def _signed(amount: int) -> int:
    return amount - 65536 if amount > 32767 else amount


def main() -> None:
    """Play every note of every instrument and write the file."""
    font, out = Font(Path(sys.argv[1])), Path(sys.argv[2]) if len(sys.argv) > 2 else OUT
    random = np.random.RandomState(SEED)
    clips, labels, pitches = [], [], []
    programs = [(program, name) for family in INSTRUMENTS.values() for program, name in family.items()]
    for label, (program, _) in enumerate(programs):
        for key in PITCHES:
            seconds, velocity = random.uniform(*SECONDS), int(random.randint(60, 127))
            wave = resample_poly(font.play(program, key, velocity, seconds), 1, INNER // RATE)
            clips.append(wave / np.abs(wave).max())
            labels.append(label)
            pitches.append(key)
    lengths = np.array([len(clip) for clip in clips])
    padded = np.zeros((len(clips), lengths.max()))
    for row, clip in zip(padded, clips, strict=True):
        row[: len(clip)] = clip
    codes = adpcm.encode(np.rint(padded * PEAK).astype(np.int16))
    families = [family for family, members in INSTRUMENTS.items() for _ in members]
    arrays = {"codes": adpcm.pack(codes, lengths), "lengths": lengths.astype(np.int32)}
    arrays |= {"instruments": np.array(labels, np.int16), "pitches": np.array(pitches, np.int16)}
    arrays |= {"instrument_names": np.array([name for _, name in programs]), "families": np.array(families)}
    np.savez(out, **arrays)
    print(f"{out}: {len(clips)} notes, {lengths.sum() / RATE:.0f} s, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
