"""A person's own folder of WAV files as a data set.

    class folders   cats/*.wav, dogs/*.wav               labelled, split by a hash of each file's name
    splits          train/cats/*.wav, test/cats/*.wav    labelled, split as given
    no classes      *.wav, or all in one sub-folder      not labelled

``reading`` counts what is left out, by reason, and says how many files end before their heads say so.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from repro.catalog.records.bounds import AboveZero, Positive, ProperShare
from repro.errors import DataError, UsageError
from repro.evidence.run import FolderReading
from repro.learning.clip import HOP, Clip
from repro.learning.data.listing import shown
from repro.learning.data.packed_sounds import PackedSounds
from repro.learning.data.splits import role_of
from repro.learning.data.wav import Reading, read_wav
from repro.learning.settings import bounded

LIMIT = 4 * 10**9  # bytes of packed samples
FEWEST = 2  # files of a class: one to train on, one to evaluate on


class SoundFile(NamedTuple):
    """A WAV file, its place below the folder, and the clip in it."""

    path: Path
    name: tuple[str, ...]
    clip: Any


class SoundFolder(PackedSounds):
    """The WAV files in a folder, each as one clip."""

    @classmethod
    def example_of(cls, params: Mapping[str, Any]) -> Clip:
        """A clip of the length, rate and bands that are set."""
        return clip_of(params["seconds"], params["rate"], params["mels"])

    @bounded("data")
    def __init__(
        self,
        device: torch.device,
        *,
        path: str = "",  # the folder
        seconds: AboveZero = 1.0,  # of a clip: longer files lose both ends, shorter ones are filled up
        rate: Positive = 8000,  # samples a second, to which every file is brought
        mels: Positive = 40,  # bands of the spectrogram that networks hear
        evaluate_share: ProperShare = 0.2,  # held out for evaluation if there is no test folder
    ) -> None:
        example, folder = clip_of(seconds, rate, mels), _existing(path)
        files, unused, truncated = _read(folder, example)
        train, test, splits = _split(files, evaluate_share, folder)
        classes = _classes(train, test, folder)
        notes = (f"{truncated:,} end before their heads say so",) if truncated else ()
        self.reading = FolderReading(len(train), len(test), splits, notes, dict(unused), "sounds")
        self.label = f"folder {shown(folder.name)}"
        super().__init__(_packed(train, classes), _packed(test, classes), classes, example, device)


def clip_of(seconds: float, rate: int, mels: int) -> Clip:
    """A clip of whole hops, at least eight."""
    hop = max(1, round(HOP * rate))
    return Clip(max(8, math.ceil(seconds * rate / hop)) * hop, rate, mels)


def _existing(path: str) -> Path:
    """The folder that ``path`` names. UsageError for an empty path, DataError if there is no such folder."""
    if not path:
        raise UsageError("no folder of sounds is named; give one with `--data PATH`")
    folder = Path(path).expanduser().resolve()
    if not folder.is_dir():
        what = "is a file, not a folder" if folder.exists() else "does not exist"
        raise DataError(f"{folder} {what}; `--data PATH` takes a folder of WAV files")
    return folder


def _read(folder: Path, example: Clip) -> tuple[list[SoundFile], Counter[str], int]:
    """Every clip below the folder by name; files not used, by reason; how many files are truncated."""
    unused: Counter[str] = Counter()
    files, truncated = [], 0
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).parts
        if any(part.startswith(".") for part in name) or not path.is_file():
            unused["hidden"] += path.is_file()
        elif path.suffix.lower() not in (".wav", ".wave"):
            unused[path.suffix.lower() or "without an extension"] += 1
        else:
            reading: Reading = read_wav(path, example.rate, example.samples)
            truncated += reading.is_truncated
            if reading.clip is None:
                unused[reading.fault] += 1
            else:
                files.append(SoundFile(path, name, reading.clip))
            if len(files) * example.samples * 2 > LIMIT:
                raise DataError(
                    f"{folder} holds more sounds than the {LIMIT / 1e9:.0f} GB that are kept in memory; use "
                    "fewer, or shorter clips: `--set data.seconds=`"
                )
    unused = +unused
    if len(files) < FEWEST:
        there = ", ".join(f"{count} {reason}" for reason, count in unused.items()) or "nothing else"
        raise DataError(
            f"{folder} holds {len(files)} WAV files with sound, and at least 2 are needed; found {there}"
        )
    return files, unused, truncated


def _split(
    files: list[SoundFile], share: float, folder: Path
) -> tuple[list[SoundFile], list[SoundFile], str]:
    """Files to train on and to evaluate on, named below their split, and how they were told apart."""
    while len({file.name[0] for file in files}) == 1 and all(len(file.name) > 1 for file in files):
        files = [file._replace(name=file.name[1:]) for file in files]  # a folder alone says nothing
    roles = {role_of(file.name[0]) if len(file.name) > 1 else None for file in files}
    if "train" in roles:
        if roles - {"train", "test", "val"} or len(roles) == 1:
            raise DataError(
                f"{folder} holds train/ and not test/ beside it, or other folders too; complete the splits, "
                "or give `--data` the folder of the training sounds alone"
            )
        evaluation = "test" if "test" in roles else "val"
        train, test = (_inside(files, role) for role in ("train", evaluation))
        return train, test, f"train/ trains, {evaluation}/ evaluates"
    groups: dict[str, list[SoundFile]] = {}
    for file in files:
        groups.setdefault(file.name[0] if len(file.name) > 1 else "", []).append(file)
    train, test = [], []
    for members in groups.values():
        ranked = sorted(members, key=lambda file: hashlib.sha256("/".join(file.name).encode()).digest())
        held = max(1, round(share * len(ranked)))
        test += ranked[:held]
        train += ranked[held:]
    return train, test, f"{share:.0%} of each class held out by the names of the files"


def _inside(files: Sequence[SoundFile], role: str) -> list[SoundFile]:
    return [file._replace(name=file.name[1:]) for file in files if role_of(file.name[0]) == role]


def _classes(train: Sequence[SoundFile], test: Sequence[SoundFile], folder: Path) -> tuple[str, ...]:
    """The names of the class folders; none if no file lies in one. DataError if only some do."""
    tops = {file.name[0] if len(file.name) > 1 else "" for file in (*train, *test)}
    known = {file.name[0] for file in train if len(file.name) > 1}
    if len(tops) == 1:
        return ()
    if "" in tops:
        raise DataError(
            f"{folder} holds sounds both directly and in sub-folders; move each into the folder of its class"
        )
    if lone := sorted(tops - known):
        raise DataError(
            f"{folder}: of the class {lone[0]} there is no sound to train on; a class needs at least {FEWEST}"
        )
    return tuple(sorted(tops))


def _packed(files: Sequence[SoundFile], classes: Sequence[str]) -> tuple[Tensor, Tensor | None]:
    clips = torch.from_numpy(np.stack([file.clip for file in files]))
    labels = torch.tensor([classes.index(file.name[0]) for file in files]) if classes else None
    return clips, labels
