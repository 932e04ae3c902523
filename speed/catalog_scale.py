"""How commands on the catalog grow with it: time and peak memory on synthetic catalogs.

    python speed/catalog_scale.py [--papers 200 2000] [--keep DIR]

A synthetic catalog has the vocabularies and benchmarks of the real one, and papers about as large as the real
ones: 3 in 10 with reported values, claims and settings, 1 in 20 with a recipe, all with abstracts in two
languages, links and relations to each other. Each command runs in a process of its own, as a person would run
it; its time includes Python's start. A row says whether the goal is met, where there is one for its size: so
much time of the processor, and so much memory.
"""

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from repro.files import catalog_root

WORDS = (
    "the encoder view batch of features without labels learns representation that a network predicts",
    "target loss augmented images collapse negative pairs training linear probe accuracy epochs projector",
)
CHARACTERS = (
    "的网络在图像上学习表示而不用标签两个视图经过同一编码器预测目标损失训练周期准确率方法批量特征坍塌负样本"
)
NAMES = (
    "Ada",
    "Alan",
    "Barbara",
    "Grace",
    "Edsger",
    "Frances",
    "Radia",
    "Tony",
    "Lin",
    "Wei",
    "Jürgen",
    "Zoë",
)
FAMILIES = (
    "Lovelace",
    "Turing",
    "Liskov",
    "Hopper",
    "Dijkstra",
    "Allen",
    "Perlman",
    "Hoare",
    "Chen",
    "Müller",
)
TYPES = ("builds-on", "simplifies", "extends", "compares", "explains")
MISSED = "missed"
TOPICS = ("method", "analysis", "theory", "application", "transfer")


@dataclass(frozen=True, slots=True)
class Command:
    """What is measured, and for which sizes of catalog there is a goal: {papers: (CPU s, megabytes)}."""

    words: tuple[str, ...]
    goals: dict[int, tuple[float, float]] = field(default_factory=dict)
    most: int = 1_000_000  # papers; larger catalogs are left out for this command


# `{out}` in the words of a command is an empty folder.
COMMANDS = (
    Command(("list",), {200: (0.5, 200)}),
    Command(("check",), {2_000: (6, 1_000)}),
    Command(("site", "build", "--out", "{out}"), most=1_000),
)


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command: on the clock, on the processor, and its largest memory."""

    seconds: float
    processor: float
    megabytes: float


def synthesise(root: Path, papers: int, seed: int = 0) -> None:
    """A sound catalog with this many papers under ``root``."""
    random = Random(seed)
    for name in ("vocab", "benchmarks"):
        shutil.copytree(catalog_root() / name, root / name)
    (root / "papers").mkdir()
    for number in range(papers):
        (root / "papers" / f"{paper_id(number)}.yaml").write_text(
            paper(number, 2015 + 10 * number // papers, random), encoding="utf-8"
        )
        if number % 20 == 0:
            folder = root / "recipes" / paper_id(number)
            folder.mkdir(parents=True)
            text = (catalog_root() / "recipes" / "simsiam" / "digits.yaml").read_text(encoding="utf-8")
            text = text.replace("paper: simsiam", f"paper: {paper_id(number)}")
            (folder / "digits.yaml").write_text(text, encoding="utf-8")


def paper_id(number: int) -> str:
    return f"synthetic-{number:05}"


def paper(number: int, year: int, random: Random) -> str:
    """The text of one entry."""
    full = number % 10 < 3
    arxiv = f"{year % 100}{1 + number % 12:02}.{number:05}"
    lines = [
        "# yaml-language-server: $schema=../schema/paper.schema.json",
        *("schema: 1", f"id: {paper_id(number)}", f"name: Synthetic {number}"),
        f"title: Synthetic Study {number} of {sentence(random, 6)}",
        f"authors: [{', '.join(people(random))}]",
        *(f"year: {year}", "venue: neurips", "status: published", f"depth: {'full' if full else 'short'}"),
        'added: "2026-11-24"',
        f'ids: {{arxiv: "{arxiv}", doi: 10.1000/synthetic.{number}}}',
        "links:",
        f'  - {{role: paper, url: "https://example.org/papers/{number}", note: {sentence(random, 6)}.}}',
        f'  - {{role: pdf, url: "https://example.org/papers/{number}.pdf"}}',
        f'  - {{role: paper, url: "https://arxiv.org/abs/{arxiv}"}}',
        f'  - {{role: official-code, url: "https://example.org/code/{number}"}}',
        "",
        *("abstract:", "  en: >-", *folded(random), f'  zh: "{characters(random, 220)}"'),
        *("idea:", f"  en: {sentence(random, 16)}.", f"  zh: {characters(random, 24)}"),
        "",
        *("tags:", "  family: [joint-embedding]", "  modality: [image]"),
        f"  topic: [{', '.join(random.sample(TOPICS, 2))}]",
        *("relations:", *relations(number, random)),
        f'official: {{repo: "https://example.org/code/{number}", licence: MIT, state: quiet}}',
    ]
    if full:
        lines += [*settings(), "reported:", *reported(random), "claims:", *claims(random)]
    return "\n".join([*lines, ""])


def sentence(random: Random, words: int) -> str:
    return " ".join(random.choices(" ".join(WORDS).split(), k=words)).capitalize()


def characters(random: Random, count: int) -> str:
    return "".join(random.choices(CHARACTERS, k=count)) + "。"


def people(random: Random) -> list[str]:
    names = [f"{name} {family}" for name in NAMES for family in FAMILIES]
    return [f"{{name: {name}}}" for name in random.sample(names, random.randint(2, 8))]


def folded(random: Random) -> list[str]:
    return [f"    {sentence(random, 15)}." for _ in range(8)]


def relations(number: int, random: Random) -> Iterator[str]:
    """Relations to earlier papers, each stated once, and one to a paper elsewhere."""
    for other in sorted(random.sample(range(number), min(number, 5))):
        kind = random.choice(TYPES)
        yield f"  - {{type: {kind}, to: {paper_id(other)}, note: {sentence(random, 9)}.}}"
    yield '  - {type: compares, to: "arxiv:1406.2661", note: Table 3.}'


def settings() -> list[str]:
    """The settings that the real SimSiam entry has, so that its recipe can follow them."""
    text = (catalog_root() / "papers" / "simsiam.yaml").read_text(encoding="utf-8")
    return text[text.index("settings:") : text.index("reported:")].splitlines()


def reported(random: Random) -> Iterator[str]:
    for row in range(24):
        yield (
            f"  - {{id: t{row}, task: image-classification, dataset: imagenet-1k, split: val, "
            f'protocol: linear-probe@1, metric: top1, value: "{random.uniform(40, 80):.1f}", unit: percent,'
        )
        yield (
            f"     setting: {{backbone: resnet50, epochs: {100 + row}, note: {sentence(random, 5)}}}, "
            f"source: {{doc: arXiv v1, place: Table {row % 7}, how: table, mark: web}}}}"
        )


def claims(random: Random) -> Iterator[str]:
    for row in range(8):
        yield f"  - {{id: claim-{row}, kind: trained, statement: {sentence(random, 14)}., place: Sec. {row},"
        yield f"     paper_values: [t{row}, t{row + 8}]}}"


def measure(command: Command, catalog: Path) -> Measured:
    """Run a command on a catalog."""
    with tempfile.TemporaryDirectory() as out:
        return run([word.replace("{out}", out) for word in command.words], catalog)


def run(words: Sequence[str], catalog: Path) -> Measured:
    """Run `repro` with these words; whatever it prints is shown if it fails."""
    environment = {**os.environ, "REPRO_CATALOG": str(catalog)}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "repro", *words], env=environment, stdout=subprocess.PIPE, text=True
    )
    printed = process.stdout.read() if process.stdout else ""
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        sys.exit(f"repro {' '.join(words)} failed:\n{printed[-2000:]}")
    unit = 1 if sys.platform == "darwin" else 1024  # macOS counts bytes, Linux kilobytes
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit / 1e6)


def row(command: Command, papers: int, kilobytes: float, found: Measured) -> str:
    cells = (f"{papers:,}", f"{kilobytes:.1f}", f"{found.seconds:.2f}", f"{found.processor:.2f}")
    last = (f"{found.processor / papers * 1000:.2f}", f"{found.megabytes:,.0f}")
    name = " ".join(word for word in command.words if word not in ("--out", "{out}"))
    return line(f"repro {name}", (*cells, *last), goal(command, papers, found))


def goal(command: Command, papers: int, found: Measured) -> str:
    """The goal for this size, and whether it is met."""
    if papers not in command.goals:
        return ""
    seconds, megabytes = command.goals[papers]
    is_met = found.processor <= seconds and found.megabytes <= megabytes
    return f"{seconds:g} s, {megabytes:,.0f} MB: {'met' if is_met else MISSED}"


def line(name: str, cells: Sequence[str], goal: str) -> str:
    return f"{name:<18}{''.join(f'{cell:>10}' for cell in cells)}  {goal}".rstrip()


def measure_all(sizes: Sequence[int], folder: Path) -> Iterator[str]:
    """A row for each size and command."""
    for papers in sizes:
        root = folder / f"catalog-{papers}"
        if not root.is_dir():
            synthesise(root, papers)
        kilobytes = sum(path.stat().st_size for path in (root / "papers").iterdir()) / papers / 1000
        for command in (command for command in COMMANDS if papers <= command.most):
            yield row(command, papers, kilobytes, measure(command, root))


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--papers", type=int, nargs="+", default=[200, 2_000], help="sizes of catalogs")
    parser.add_argument("--keep", type=Path, help="a folder for the catalogs, which are kept and used again")
    given = parser.parse_args()
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, "
        f"Python {platform.python_version()}"
    )
    head = ("papers", "KB/paper", "s", "CPU s", "CPU/1,000", "MB")
    print(line("command", head, "goal"))
    missed = False
    with tempfile.TemporaryDirectory() as passing:
        for shown in measure_all(given.papers, given.keep or Path(passing)):
            print(shown, flush=True)
            missed = missed or MISSED in shown
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
