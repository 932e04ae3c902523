"""Did new code move a number? ``python speed/same_code.py BEFORE [--what SENTENCE]`` proves that it did not.

BEFORE is a commit whose code the records in ``catalog/evidence`` are current for. Of the recorded arms whose
fingerprint differs between that code and this checkout's, one of each set of switches is trained shortly by
both, on one thread of the CPU. If all that they leave is the same, bit for bit, the fingerprints are declared
equal in ``catalog/evidence/code.yaml``, and the records stay current; else what differs is said, and nothing
is written. An entry that no commit holds is replaced, so the script can be run again. About five minutes on
two cores.

Exit status 1 if something differs, 2 if a run fails.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from safetensors.numpy import load_file

from repro.catalog.reading.bind import bind
from repro.catalog.reading.document import decode
from repro.catalog.records.same_code import FILE, SameCode
from repro.evidence.records import load_all
from repro.files import write_whole

ROOT = Path(__file__).resolve().parents[1]
HEAD = "# yaml-language-server: $schema=../schema/code.schema.json\nschema: 1\nequal:\n"
COPIED = ("repro", "catalog", "site")
EPOCHS, WARM_UP, ORIGINALS = 2, 1, 1120  # digits that a validation split leaves, the fewest of all
KEPT = ("metrics", "baselines", "steps", "classes", "data", "status")  # of a summary: all but its times

FINGERPRINTS = """
import json, sys
from repro.catalog.records.config import ResolvedConfig
from repro.catalog.settings.fingerprint import fingerprint
configs = [ResolvedConfig.model_validate(config) for config in json.load(sys.stdin)]
print(json.dumps([fingerprint(config).combined for config in configs]))
"""
RUNS = """
import json, runpy, sys
for words in json.load(sys.stdin):
    sys.argv = ["repro", *words]
    try:
        runpy.run_module("repro", run_name="__main__")
    except SystemExit as end:
        if end.code:
            raise
"""


class ProofError(Exception):
    """Nothing can be said, and why."""


class Arm(NamedTuple):
    """What recorded runs have in common: their recipe and what they set beside it."""

    paper: str
    benchmark: str
    overrides: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people call it."""
        return " ".join((f"{self.paper}/{self.benchmark}", *self.overrides))


class Change(NamedTuple):
    """An arm whose fingerprint is another one now."""

    arm: Arm
    config: dict[str, Any]
    before: str
    after: str


def main() -> int:
    """Prove, write and say; the exit status."""
    parser = argparse.ArgumentParser(description=str(__doc__).partition("\n")[0])
    parser.add_argument("before", help="a commit whose code the records are current for")
    parser.add_argument("--what", help="what was changed, in a sentence")
    asked = parser.parse_args()
    try:
        with tempfile.TemporaryDirectory() as folder:
            return prove(asked.before, asked.what, Path(folder))
    except ProofError as failure:
        print(failure, file=sys.stderr)
        return 2


def prove(commit: str, what: str | None, folder: Path) -> int:
    """Train, compare, and declare what is equal; the exit status."""
    before = git("rev-parse", "--short=7", f"{commit}^{{commit}}").decode().strip()
    trees = export(before, folder / "old"), snapshot(folder / "new")
    committed = at_head()
    found = changes(*trees, committed)
    chosen = list({switches(change.config): change for change in found}.values())
    print(f"{len(found)} arms have another fingerprint than at {before}; {len(chosen)} of them are trained")
    if faults := compare(*trees, [(change.arm, quick(change)) for change in chosen], folder):
        print(*faults, "nothing is declared equal", sep="\n")
        return 1
    text = entry(before, what or f"The code since {before}.", found, len(chosen)) if found else ""
    if committed or text:
        write_whole(ROOT / "catalog" / FILE, (committed or HEAD) + text)
        print(f"Written: catalog/{FILE}")
    return 0


def git(*words: str) -> bytes:
    """What git says. ProofError if it cannot."""
    command = ["git", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
    if done.returncode:
        raise ProofError(f"{' '.join(command)}: {done.stderr.decode().strip()}")
    return done.stdout


def export(commit: str, folder: Path) -> Path:
    """The files of a commit."""
    with tarfile.open(fileobj=BytesIO(git("archive", commit))) as archive:
        archive.extractall(folder, filter="data")
    return folder


def snapshot(folder: Path) -> Path:
    """What a run needs as it is now, so that it may change while the copy trains."""
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "_data"))
    return folder


def at_head() -> str:
    """The declarations that the last commit holds; nothing if it holds none."""
    listed = git("ls-tree", "--name-only", "HEAD", f"catalog/{FILE}")
    return git("show", f"HEAD:catalog/{FILE}").decode() if listed else ""


def changes(before: Path, after: Path, committed: str) -> list[Change]:
    """The arms of current records whose fingerprint differs and was not declared equal before."""
    known = bind(SameCode, decode((committed or f"{HEAD.strip()} []\n").encode(), FILE))
    arms = {}
    for run in load_all(ROOT / "catalog"):
        arm = Arm(run.config.paper, run.config.benchmark, tuple(sorted(run.config.overrides)))
        arms[arm, known.earliest(run.config.code)] = run.config.config
    configs = list(arms.values())
    codes = zip(fingerprints(before, configs), fingerprints(after, configs), strict=True)
    rows = zip(arms.items(), codes, strict=True)
    return [
        Change(arm, config, old, new)
        for ((arm, code), config), (old, new) in rows
        if known.earliest(old) == code != known.earliest(new)
    ]


def fingerprints(tree: Path, configs: Sequence[dict[str, Any]]) -> list[str]:
    """The fingerprint of each configuration in the code of a tree."""
    return list(json.loads(python(tree, FINGERPRINTS, configs)))


def switches(config: dict[str, Any]) -> str:
    """What of a configuration decides which code runs: all but its numbers, of which only 0 and 1 count."""

    def shape(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [shape(inner) for inner in value]
        return value if value in (0, 1) or not isinstance(value, int | float) else "a number"

    return json.dumps([shape(config), config["views"]["views"]])


def quick(change: Change) -> list[str]:
    """What makes the run of an arm a short one: ``--set`` words that stand in place of the arm's own."""
    config = change.config
    if "placements" not in config["data"]:
        raise ProofError(f"{change.arm.name}: how to cut {config['data']['name']} down is not known here")
    placements = -(-config["budget"]["batch"] * 2 // ORIGINALS)
    settings = {
        "data.placements": placements,
        "budget.epochs": EPOCHS,
        "optimizer.warmup_epochs": min(WARM_UP, config["optimizer"]["warmup_epochs"]),
        "probes.linear.l2": 0.1,  # solved in a few iterations
    }
    return [f"{key}={value}" for key, value in settings.items()]


def compare(before: Path, after: Path, arms: Sequence[tuple[Arm, Sequence[str]]], folder: Path) -> list[str]:
    """Train each arm with its further settings by the code of two trees: what differs, in sentences."""
    places = [folder / "before", folder / "after"]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(train, (before, after), places, [arms, arms]))
    return [
        f"{arm.name}: {difference}"
        for number, (arm, _) in enumerate(arms)
        for difference in differences(*(place / str(number) for place in places))
    ]


def train(tree: Path, folder: Path, arms: Sequence[tuple[Arm, Sequence[str]]]) -> None:
    """Leave the run of each arm in a folder with its number. ProofError if one does not end well."""
    python(tree, RUNS, [command(arm, further, folder / str(at)) for at, (arm, further) in enumerate(arms)])


def command(arm: Arm, further: Sequence[str], out: Path) -> list[str]:
    """The words that run an arm."""
    shorter = {text.partition("=")[0] for text in further}
    own = [text for text in arm.overrides if text.partition("=")[0] not in shorter]
    settings = [word for text in (*own, *further) for word in ("--set", text)]
    ends = ["--device", "cpu", "--threads", "1", "--quiet", "--out", str(out)]
    return ["run", arm.paper, "--on", arm.benchmark, *settings, *ends]


def python(tree: Path, code: str, given: Any) -> str:
    """What a program prints that runs with the code of a tree and reads ``given`` as JSON."""
    environment = os.environ | {"PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    environment.pop("REPRO_CATALOG", None)
    done = subprocess.run(
        [sys.executable, "-c", code],
        input=json.dumps(given),
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        last = [*done.stdout.splitlines(), *done.stderr.splitlines()][-1:]
        raise ProofError(f"with the code of {tree}: {''.join(last) or 'it was killed'}")
    return done.stdout


def differences(before: Path, after: Path) -> Iterator[str]:
    """What two run folders do not have in common, bit for bit."""
    first, second = (load_file(place / "encoder.safetensors") for place in (before, after))
    bits = [
        {name: (value.shape, value.tobytes()) for name, value in part.items()} for part in (first, second)
    ]
    for name in sorted(bits[0].keys() | bits[1].keys()):
        if bits[0].get(name) != bits[1].get(name):
            yield f"encoder.safetensors differs in {name}"
    lines = [(place / "metrics.jsonl").read_text(encoding="utf-8").splitlines() for place in (before, after)]
    if lines[0] != lines[1]:
        pairs = zip(*lines, strict=False)
        line = next(
            (at for at, (one, other) in enumerate(pairs, 1) if one != other), min(map(len, lines)) + 1
        )
        yield f"metrics.jsonl differs from line {line} on"
    summaries = [
        json.loads((place / "summary.json").read_text(encoding="utf-8")) for place in (before, after)
    ]
    for key in KEPT:
        one, other = summaries[0].get(key), summaries[1].get(key)
        if isinstance(one, dict) and isinstance(
            other, dict
        ):  # what the older code did not know is no difference
            other = {name: other.get(name) for name in one}
        if json.dumps(one) != json.dumps(other):
            yield f"summary.json: {key} was {one} and is {other}"


def entry(before: str, what: str, found: Sequence[Change], trained: int) -> str:
    """The declaration as lines of the file."""
    codes: dict[str, list[str]] = {}
    for change in found:
        pair, name = [change.before, change.after], f"{change.arm.paper}/{change.arm.benchmark}"
        if codes.setdefault(name, pair) != pair:  # an arm with another component
            codes[change.arm.name] = pair
    proof = (
        f"{trained} of {len(found)} arms, one for each set of switches, were trained for {EPOCHS} epochs by "
        "both codes on one thread of a CPU: the same lines of metrics, the same bits in every tensor of the "
        "encoder, the same metrics and baselines."
    )
    text = {"what": what, "before": before, "proof": proof, "codes": codes}
    lines = yaml.safe_dump([text], sort_keys=False, allow_unicode=True, width=110).splitlines()
    return "".join(f"  {line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
