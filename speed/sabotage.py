"""Would a wrong loss be noticed? ``python speed/sabotage.py [--jobs N]`` flips 25 things, one at a time.

Each flip is made in a copy of the project. There, `repro verify --exact` and the tests beside the flipped
file run, and the table says which of them noticed. Exit status 1 if fewer than 22 flips are noticed, 2 if
anything fails before the first flip. About six minutes on two cores.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
COPIED = ("repro", "catalog", "site", "tests", "speed", "pyproject.toml", "README.md")
GOAL = 22


class Flip(NamedTuple):
    """One mistake: ``old`` becomes ``new`` wherever it stands in ``file``."""

    what: str
    file: str
    old: str
    new: str
    tests: str  # the test files beside it
    claim: str = ""  # the exact claim that cannot hold any more; empty where none is about it


SIMSIAM, BYOL = "repro/learning/methods/simsiam.py", "repro/learning/methods/byol.py"
BARLOW, SIMCLR = "repro/learning/methods/barlow_twins.py", "repro/learning/methods/simclr.py"
OF_METHODS = "tests/learning/test_losses.py tests/learning/test_methods.py"
OF_TARGETS = "tests/learning/test_optim.py tests/learning/test_methods.py"

FLIPS = [
    Flip(
        "SimSiam: stop-gradient dropped",
        SIMSIAM,
        "z1, z2 = z1.detach(), z2.detach()",
        "pass",
        OF_METHODS,
        "simsiam/half-gradient",
    ),
    Flip(
        "SimSiam: the predictions are held constant, not the targets",
        SIMSIAM,
        "z1, z2 = z1.detach(), z2.detach()",
        "p1, p2 = p1.detach(), p2.detach()",
        OF_METHODS,
        "byol/four-plus-four-simsiam",
    ),
    Flip(
        "SimSiam: both directions summed, not averaged",
        SIMSIAM,
        "(forward + self.similarity(p2, z1)) / 2",
        "(forward + self.similarity(p2, z1))",
        OF_METHODS,
        "simtriplet/two-equal-views",
    ),
    Flip(
        "SimSiam: BN left out of the output",
        SIMSIAM,
        "nn.BatchNorm1d(dim, affine=output_affine)",
        "nn.Identity()",
        OF_METHODS,
        "simsiam/output-norm-forbids-constant",
    ),
    Flip(
        "cosine with the other sign",
        "repro/learning/losses.py",
        "return -F.cosine_similarity",
        "return F.cosine_similarity",
        OF_METHODS,
        "byol/loss-is-cosine",
    ),
    Flip(
        "BYOL: both directions averaged, not summed",
        BYOL,
        "return forward + regression_loss(self.predictor(self.project(v2)), self._targets(v1),",
        "return forward / 2 + 0.5 * regression_loss(self.predictor(self.project(v2)), self._targets(v1),",
        OF_METHODS,
        "byol/four-plus-four-simsiam",
    ),
    Flip(
        "BYOL: the target keeps 1 - tau of itself",
        BYOL,
        "online, 1 - tau)",
        "online, tau)",
        OF_TARGETS,
        "byol/target-decay-ends",
    ),
    Flip(
        "BYOL: the schedule of the target upside down",
        BYOL,
        "(math.cos(math.pi * fraction) + 1) / 2",
        "(1 - math.cos(math.pi * fraction)) / 2",
        OF_TARGETS,
        "byol/target-decay-ends",
    ),
    Flip(
        "BYOL: the target is the online network itself, no copy",
        BYOL,
        "deepcopy(nn.Sequential(self.encoder, self.projector)).requires_grad_(False)",
        "nn.Sequential(self.encoder, self.projector)",
        OF_TARGETS,
        "byol/target-decay-ends",
    ),
    Flip(
        "the clock of schedules off by one step",
        "repro/learning/methods/base.py",
        "return self.step / self.steps",
        "return (self.step + 1) / self.steps",
        OF_TARGETS,
        "byol/target-decay-ends",
    ),
    Flip(
        "the target moves before the step, not after it",
        "repro/learning/train.py",
        "lr = optimisation.step(loss, step)\n            method.after_step(progress)",
        "method.after_step(progress)\n            lr = optimisation.step(loss, step)",
        "tests/learning/test_train.py tests/learning/test_optim.py tests/learning/test_contract.py",
    ),
    Flip(
        "Barlow Twins: unbiased variance",
        BARLOW,
        "correction=0",
        "correction=1",
        OF_METHODS,
        "barlow-twins/correlation-bounded",
    ),
    Flip(
        "Barlow Twins: redundancy averaged, not summed",
        BARLOW,
        "return c.square().sum() - c.diagonal().square().sum()",
        "return (c.square().sum() - c.diagonal().square().sum()) / (c.numel() - len(c))",
        OF_METHODS,
        "barlow-twins/shift-and-scale-invariant",
    ),
    Flip(
        "Barlow Twins: lambda forgotten",
        BARLOW,
        "self.lambda_ * redundancy(c)",
        "redundancy(c)",
        OF_METHODS,
        "bt-hsic/losses-differ-by-linear-term",
    ),
    Flip(
        "SimCLR: temperature forgotten",
        SIMCLR,
        "(z @ z.T / temperature)",
        "(z @ z.T)",
        OF_METHODS,
        "simclr/gradient-weighs-negatives",
    ),
    Flip(
        "SimCLR: each view compared with itself too",
        SIMCLR,
        '.fill_diagonal_(float("-inf"))',
        "",
        OF_METHODS,
        "simclr/collapsed-loss",
    ),
    Flip(
        "SimCLR: embeddings not normalised",
        SIMCLR,
        "z = F.normalize(z, dim=1)",
        "pass",
        OF_METHODS,
        "moco-v2/collapsed-loss",
    ),
    Flip(
        "SimCLR: BN left out of the head",
        SIMCLR,
        "return head.append(scale_only_norm(dim)) if norm else head",
        "return head",
        OF_METHODS,
    ),
    Flip(
        "learning rate: the cosine one step ahead",
        "repro/learning/optim.py",
        "done = (step - warmup) / max",
        "done = (step + 1 - warmup) / max",
        "tests/learning/test_optim.py",
    ),
    Flip(
        "LARS: trust ratio upside down",
        "repro/learning/optim.py",
        "coefficient * w / d, 1.0",
        "coefficient * d / w, 1.0",
        "tests/learning/test_optim.py",
    ),
    Flip(
        "linear probe scored on its training data",
        "repro/learning/probes/linear.py",
        "predicted = (((features.test - mean) / scale).double() @ weight.T + bias).argmax(dim=1)\n"
        "    return (predicted == features.test_labels)",
        "predicted = (((features.train - mean) / scale).double() @ weight.T + bias).argmax(dim=1)\n"
        "    return (predicted == features.train_labels)",
        "tests/learning/test_probes.py",
    ),
    Flip(
        "kNN: all neighbours vote alike",
        "repro/learning/probes/knn.py",
        "weights = ((similarity - 1) / config.temperature).exp()",
        "weights = similarity.new_ones(similarity.shape)",
        "tests/learning/test_probes.py",
    ),
    Flip(
        "probes read altered images",
        "repro/learning/data/in_memory.py",
        "torch.cat([encode(batch).float().cpu() for batch in batches])",
        "torch.cat([encode(batch.flip(-1)).float().cpu() for batch in batches])",
        "tests/learning/test_data_images.py",
    ),
    Flip(
        "probes read a network in training mode",
        "repro/learning/job.py",
        "dataset, method = self.parts.dataset, self.parts.method.eval()",
        "dataset, method = self.parts.dataset, self.parts.method.train()",
        "tests/learning/test_resume.py tests/cli/test_cli.py",
    ),
    Flip(
        "spread: unbiased deviation",
        "repro/learning/probes/spread.py",
        "unit.std(dim=0, correction=0)",
        "unit.std(dim=0, correction=1)",
        "tests/learning/test_probes.py",
        "simsiam/unit-sphere-spread",
    ),
]


def flip(source: Path, change: Flip) -> None:
    """Make the change in the copy at ``source``. ValueError if there is nothing to change."""
    file = source / change.file
    text = file.read_text(encoding="utf-8")
    if change.old not in text:
        raise ValueError(f"{change.file} does not hold {change.old!r}: bring this script up to date")
    file.write_text(text.replace(change.old, change.new), encoding="utf-8")


@contextmanager
def copied() -> Iterator[Path]:
    """A copy of the project in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sabotage-") as name:
        for part in COPIED:
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, Path(name) / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, name)
        yield Path(name)


def python(source: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Python on the copy, which comes before the installed project."""
    environment = {**os.environ, "PYTHONPATH": str(source), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-B", *words]
    return subprocess.run(command, cwd=source, env=environment, capture_output=True, text=True, check=False)


def broken_claims(source: Path) -> list[str]:
    """The exact claims that do not hold in the copy, or why that cannot be told."""
    done = python(source, "-m", "repro", "verify", "--exact", "--json")
    if done.returncode not in (0, 1) or not done.stdout.startswith("{"):
        return [f"repro verify stops: {done.stderr.strip().splitlines()[-1]}"]
    claims = json.loads(done.stdout)["claims"]
    return [f"{claim['paper']}/{claim['claim']}" for claim in claims if not claim["holds"]]


def failed_tests(source: Path, files: str) -> list[str]:
    """The first test that fails in the copy; none if all pass."""
    done = python(source, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *files.split())
    found = re.findall(r"^(?:FAILED|ERROR) (\S+)", done.stdout, flags=re.MULTILINE)
    return found or ([] if done.returncode == 0 else [f"pytest stops with {done.returncode}"])


def attempt(change: Flip | None) -> tuple[list[str], list[str]]:
    """What notices the change: claims, and tests. None changes nothing and runs every test file."""
    every = " ".join(sorted({file for one in FLIPS for file in one.tests.split()}))
    with copied() as source:
        if change is not None:
            flip(source, change)
        return broken_claims(source), failed_tests(source, change.tests if change else every)


def row(change: Flip, claims: list[str], tests: list[str]) -> str:
    more = f" and {len(claims) - 1} more" if len(claims) > 1 else ""
    # The claim that is about this very thing stands first; the others break along with it.
    first = change.claim if change.claim in claims else (claims or ["-"])[0]
    return f"| {change.what} | {first}{more} | {tests[0].removeprefix('tests/') if tests else '-'} |"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--jobs", type=int, default=2, help="copies tried at once")
    jobs = options.parse_args().jobs
    before = attempt(None)
    if any(before):
        print(f"Without any flip there fail: {', '.join(before[0] + before[1])}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(jobs) as pool:
        found = list(pool.map(attempt, FLIPS))
    print("| flip | exact claim that breaks | test that fails |\n| --- | --- | --- |")
    for change, (claims, tests) in zip(FLIPS, found, strict=True):
        print(row(change, claims, tests))
    noticed = sum(bool(claims or tests) for claims, tests in found)
    by_claims = sum(bool(claims) for claims, _ in found)
    print(f"\n{noticed} of {len(FLIPS)} flips noticed, {by_claims} of them by exact claims.")
    return 0 if noticed >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
