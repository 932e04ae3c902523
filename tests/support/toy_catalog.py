"""A small sound catalog and the source of the components it names, for tests to damage."""

import atexit
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from repro.catalog.catalog import Catalog
from repro.catalog.check.check import check
from repro.catalog.code.signatures import Signatures
from repro.catalog.code.source import PackageSource
from repro.catalog.reading.fault import Fault

ABSTRACT = " ".join(["word"] * 80)
CHINESE = "词" * 100

PAPER = f"""\
schema: 1
id: toy
name: Toy
title: A Toy
authors: [{{name: Ada Lovelace}}]
year: 2021
venue: cvpr
status: published
ids: {{arxiv: 2011.10560, doi: 10.1000/toy}}
links:
  - {{role: paper, url: "https://example.org/toy"}}
abstract: {{en: {ABSTRACT},
  zh: {CHINESE}}}
idea: {{en: Play., zh: 玩。}}
tags:
  family: [contrastive]
relations:
  - {{type: simplifies, to: other, evidence: works}}
  - {{type: compares, to: "arxiv:2003.04297"}}
official: {{repo: "https://example.org/code", commit: a7bc177, licence: MIT, state: quiet}}
settings:
  - id: imagenet
    place: Sec. 3
    paper: {{method.dim: 8, optimizer.lr: 0.05, views.crop_scale: [0.2, 1],
            views.flip_p: 0.5, budget.epochs: 100}}
    code: {{method.guard: false}}
reported:
  - id: t1
    task: image-classification
    dataset: imagenet-1k
    split: val
    protocol: linear-probe@1
    metric: top1
    value: "68.10"
    unit: percent
    setting: {{backbone: resnet50, epochs: 100, batch: 256}}
    source: {{doc: arXiv v1, place: Table 1, how: table, mark: pdf}}
claims:
  - {{id: works, kind: trained, statement: It works., place: Fig. 2, paper_values: [t1]}}
depth: full
added: "2026-11-24"
"""

OTHER = f"""\
schema: 1
id: other
name: Other
title: Another
authors: [{{name: Grace Hopper}}]
year: 2020
venue: icml
status: published
ids: {{arxiv: 2006.07730, doi: 10.1000/other}}
links: [{{role: paper, url: "https://example.org/other"}}]
abstract: {{en: {ABSTRACT}, zh: {CHINESE}}}
idea: {{en: Do otherwise., zh: 另做。}}
tags: {{family: [contrastive]}}
depth: short
added: "2026-11-24"
"""

BENCHMARK = """\
schema: 1
id: digits
name: Placed digits
summary: {en: Digits.}
classes: 10
checksum: "sha256:0000000000000000000000000000000000000000000000000000000000000000"
protocol: {knn: knn/k200-t0.1@1, linear: linear/lbfgs@1}
data: {name: digits, noise: 0.1}
encoder: {name: small, width: 16}
views: {name: images, crop_scale: [0.4, 1.0]}
probes: {knn: {k: 200, temperature: 0.1}, linear: {l2: 0.0001}}
budget: {epochs: 20, batch: 256}
"""

RECIPE = """\
schema: 1
paper: toy
benchmark: digits
follows: imagenet
method: {name: toy, dim: 4, guard: false}
views: {flip_p: 0.0}
budget: {epochs: 10}
optimizer: {name: sgd, lr: 0.05}
why:
  method.dim: A narrower encoder needs a narrower head.
  views.*: Digits have a side.
  budget.epochs: It must run in minutes.
"""


def vocabulary(**entries: str) -> str:
    lines = [f'  "{name}": {{name: {name.title()}{rest}}}' for name, rest in entries.items()]
    return "\n".join(["schema: 1", "entries:", *lines, ""])


FILES: dict[str, str] = {
    "papers/toy.yaml": PAPER,
    "papers/other.yaml": OTHER,
    "benchmarks/digits.yaml": BENCHMARK,
    "recipes/toy/digits.yaml": RECIPE,
    "vocab/tags.yaml": vocabulary(family=", values: {contrastive: {name: Contrastive}}"),
    "vocab/relations.yaml": vocabulary(
        **{
            "simplifies": ", inverse: simplified-by",
            "simplified-by": ", inverse: simplifies",
            "compares": ", inverse: compared-by",
            "compared-by": ", inverse: compares",
        }
    ),
    "vocab/venues.yaml": vocabulary(cvpr="", icml="", arxiv=""),
    "vocab/protocols.yaml": vocabulary(**{"knn/k200-t0.1@1": "", "linear/lbfgs@1": "", "linear-probe@1": ""}),
    "vocab/datasets.yaml": vocabulary(**{"imagenet-1k": ""}),
    "vocab/metrics.yaml": vocabulary(top1=", higher_is_better: true"),
}

SOURCE: dict[str, str] = {
    "__init__.py": '__version__ = "1"\n',
    "errors.py": "",
    "learning/registry.py": """\
from repro.learning.data.digits import Digits, Folder
from repro.learning.methods.rival import Rival
from repro.learning.methods.toy import Toy
from repro.learning.nn.small import Large, Small
from repro.learning.views.images import Images

METHODS: dict[str, type] = {"toy": Toy, "rival": Rival}
ENCODERS = {"small": Small, "large": Large}
VIEWS = {"images": Images}
DATASETS = {"digits": Digits, "folder": Folder}
""",
    "learning/__init__.py": "",
    "learning/methods/__init__.py": "",
    "learning/methods/toy.py": '''\
"""The toy."""

from repro.learning.losses import nearness


class Toy:
    """A toy method. More here."""

    def __init__(
        self,
        encoder: object,
        *,
        dim: int = 8,  # width of the head
        guard: bool = True,  # what keeps it standing
        rate: float = 1e-3,
    ) -> None:
        self.loss = nearness(2)
''',
    "learning/methods/rival.py": "class Rival:\n    def __init__(self, encoder, *, tau: float = 0.9): ...\n",
    "learning/losses.py": 'def nearness(x):\n    """Close."""\n    return x * 2  # twice\n',
    "learning/nn/__init__.py": "",
    "learning/nn/small.py": """\
class _Base:
    def __init__(self, channels: int, *, width: int = 32, depth: int = 2) -> None: ...


class Small(_Base):
    pass


class Large(_Base):
    def __init__(self, channels: int, *, stem: Literal["imagenet", "cifar"] = "imagenet") -> None: ...
""",
    "learning/views/__init__.py": "",
    "learning/views/images.py": """\
class Images:
    def __init__(
        self,
        size: int,
        channels: int,
        *,
        crop_scale: list[float] = (0.08, 1.0),  # share of the area, from and to
        flip_p: float = 0.5,
        blur_p: float | list[float] = 0.5,
        mean: list[float] = [],
    ) -> None: ...
""",
    "learning/data/__init__.py": "",
    "learning/data/digits.py": """\
class Digits:
    def __init__(self, device, *, noise: float = 0.08, seed: int = 0) -> None: ...


class Folder:
    def __init__(self, device, *, path: str, limit: int | None = None) -> None: ...
""",
    "learning/probes/__init__.py": "",
    "learning/probes/knn.py": "K = 200\n",
    "learning/train.py": "from repro.learning import losses\nfrom repro.errors import *\n",
    "learning/optim.py": "from repro.catalog.records.config import OptimizerConfig\n\nRATE = 1\n",
    "learning/job.py": """\
import repro.learning.train
from repro.learning import optim
from repro.learning.probes.knn import K
from repro.learning.registry import METHODS
from repro.report import page

NEIGHBOURS = optim.RATE * K
""",
    "report/__init__.py": "",
    "report/page.py": "page = 1\n",
}


def write(folder: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def signatures(folder: Path, **changes: str) -> Signatures:
    """The toy components under ``folder``; changes are {file with / as __ and without .py: text}."""
    files = {f"{name.replace('__', '/')}.py": text for name, text in changes.items()}
    return Signatures(PackageSource(write(folder / "repro", {**SOURCE, **files})))


def catalog(folder: Path, files: Mapping[str, str] | None = None) -> Catalog:
    """The toy catalog under ``folder``, with some files replaced."""
    return Catalog.load(write(folder / "catalog", {**FILES, **(files or {})}), signatures(folder))


def check_files(folder: Path, files: Mapping[str, str]) -> list[Fault]:
    """The faults of the toy catalog under ``folder`` with some files replaced or added."""
    return check(write(folder / "catalog", {**FILES, **files}), signatures=shared_signatures())


@cache
def shared_signatures() -> Signatures:
    """The toy components, written and read once; for tests that do not change them."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    return signatures(Path(folder.name))
