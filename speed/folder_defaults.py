"""What the defaults for a folder of images learn, and how long they take, on generated photographs.

    python speed/folder_defaults.py [PAPER ...] [--images 12 50 90 300 450 2000] [--without-classes]
                                    [--threads 0] [--seeds 1]

A line a run, as soon as it ends: what was chosen, linear and kNN of the trained encoder, of the same network
untrained and of raw pixels, the spread of the outputs, and CPU seconds of the whole run, which on a machine
that does nothing else are twice the wall time of two busy cores. Exit status 1 if a run takes more than
five minutes of two cores, or, from 90 images on, is not above untrained and pixels in both probes.
"""

import argparse
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import repro
from repro.api import LoadedRun
from tests.support.photos import write_photos

PAPERS = ("simsiam",)
IMAGES = (12, 50, 90, 300, 450, 2000)
JUDGED = 90  # images from which a test split can tell anything
MOST = 300.0  # seconds on two cores
PROBES = ("linear", "knn")


@dataclass(frozen=True)
class Measured:
    """A run on so many images, and the CPU seconds it took."""

    paper: str
    images: int
    run: LoadedRun
    seconds: float

    @property
    def is_good(self) -> bool:
        """True if the run took no longer than it may, and learnt something where that can be seen."""
        base = self.run.summary.baselines
        learnt = all(_is_above(self.run.metrics, scores) for scores in (base.untrained, base.pixels))
        return self.seconds <= 2 * MOST and (learnt or self.images < JUDGED)

    def __str__(self) -> str:
        """The line of the run."""
        base, config = self.run.summary.baselines, self.run.config.config
        columns = (self.run.metrics, base.untrained, base.pixels)
        scores = (
            f"{probe} {' / '.join(_percent(scores.get(probe)) for scores in columns)}" for probe in PROBES
        )
        chosen = f"batch {config['budget']['batch']}, {config['budget']['epochs']} epochs"
        chosen += f", {self.run.summary.steps} steps, k {config['probes']['knn']['k']}"
        return (
            f"{self.paper:17} {self.images:5} images: {chosen:44} {'  '.join(scores)}  "
            f"std {self.run.metrics['std'] or 0:.2f}  {self.seconds:.0f} CPU s{'' if self.is_good else '  !'}"
        )


def main() -> None:
    """Measure what is asked for; status 1 if something is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("papers", nargs="*", metavar="PAPER")
    parser.add_argument("--images", type=int, nargs="+", default=IMAGES)
    parser.add_argument("--without-classes", action="store_true")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=1)
    asked = parser.parse_args()
    bad = 0
    with tempfile.TemporaryDirectory() as top:
        for images in asked.images:
            folder = write_photos(Path(top) / str(images), images, classes=not asked.without_classes)
            for paper in asked.papers or PAPERS:
                for seed in range(asked.seeds):
                    done = measure(paper, folder, images, seed, asked.threads)
                    bad += not done.is_good
                    print(done, flush=True)
    raise SystemExit(bad > 0)


def measure(paper: str, folder: Path, images: int, seed: int, threads: int) -> Measured:
    """One run with nothing set."""
    with tempfile.TemporaryDirectory() as out:
        began = time.process_time()
        run = repro.run(paper, data=folder, seed=seed, threads=threads, out=Path(out) / "run")
        return Measured(paper, images, run, time.process_time() - began)


def _is_above(scores: Mapping[str, float | None], others: Mapping[str, float | None]) -> bool:
    """True if every probe that has a value is higher."""
    pairs = [(scores.get(probe), others.get(probe)) for probe in PROBES]
    return all(ours > theirs for ours, theirs in pairs if ours is not None and theirs is not None)


def _percent(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


if __name__ == "__main__":
    main()
