"""The table of what can be wrong with a file of the catalog: each fault, its rule, its line and column."""

from pathlib import Path
from typing import NamedTuple

import pytest

from repro.catalog.reading.finding import Finding
from tests.support.toy_catalog import FILES, check_files

TOY, RIVAL = "papers/toy.yaml", "papers/other.yaml"
DIGITS, RUNS = "benchmarks/digits.yaml", "recipes/toy/digits.yaml"
TAGS, RELATIONS, METRICS = "vocab/tags.yaml", "vocab/relations.yaml", "vocab/metrics.yaml"
VENUES, PROTOCOLS, DATASETS = "vocab/venues.yaml", "vocab/protocols.yaml", "vocab/datasets.yaml"

MARK = "‸"  # stands in front of the character at which the finding is expected, and is taken out


class Fault(NamedTuple):
    """``old`` becomes ``new`` in ``file``; if ``new`` holds no mark, the mark is in ``at``.

    ``also`` are rules that cannot but find something too.
    """

    rule: str
    file: str
    old: str
    new: str
    at: str = ""
    also: str = ""

    @property
    def text(self) -> str:
        assert FILES[self.file].count(self.old), f"{self.old!r} is not in {self.file}"
        return FILES[self.file].replace(self.old, self.new.replace(MARK, ""), 1)

    @property
    def place(self) -> tuple[int, int]:
        marked = self.new if MARK in self.new else self.at
        before, _, after = marked.partition(MARK)
        assert self.text.count(before + after), f"{before + after!r} is not in the changed file"
        index = self.text.index(before + after) + len(before)
        return self.text.count("\n", 0, index) + 1, index - self.text.rfind("\n", 0, index)


LINK = '{role: paper, url: "https://example.org/toy"}'
WHERE = (
    'ids: {arxiv: 2006.07730, doi: 10.1000/other}\nlinks: [{role: paper, url: "https://example.org/other"}]'
)
VALUE = 'value: "68.10"'
CLAIM = "kind: trained, statement: It works., place: Fig. 2, paper_values: [t1]"
OFFICIAL = 'official: {repo: "https://example.org/code", commit: a7bc177, licence: MIT, state: quiet}'
START = f"{MARK}schema: 1"
CHECKSUM = f'checksum: "sha256:{"0" * 64}"'

FORM = [
    Fault("R001", TOY, "ids: {", "ids: {‸{"),
    Fault("R001", TOY, "[{name: Ada Lovelace}]", "[{name: Ada Lovelace}\n‸year: 2021"),
    Fault("R001", TOY, "year: 2021", "  ‸year: 2021"),
    Fault("R001", TOY, "  family: [contrastive]", "‸\tfamily: [contrastive]"),
    Fault("R001", TOY, VALUE, 'value: "68.10', 'added: "‸2026'),
    Fault("R001", TOY, "title: A Toy", "title: A Toy‸: a Game"),
    Fault("R001", TOY, "title: A Toy", "title: ‸@toy"),
    Fault("R001", TOY, "depth: full", "depth: full\n‸---"),
    Fault("R001", TOY, "depth: full", "? ‸[depth]\n: full"),
    Fault("R001", METRICS, "schema: 1", "- schema", "‸entries"),
    Fault("R002", TOY, "title: A Toy", "title: ‸&title A Toy"),
    Fault("R002", TOY, "title: A Toy", "title: ‸*name"),
    Fault("R002", TOY, "title: A Toy", "<<: ‸*base\ntitle: A Toy"),
    Fault("R002", TOY, "title: A Toy", "title: ‸!!str A Toy"),
    Fault("R002", TAGS, "name: Contrastive", "name: ‸!!python/name:os.system x"),
    Fault("R003", TOY, "year: 2021", "year: 2021\n‸year: 2022"),
    Fault("R003", TOY, "year: 2021", "year: 2021\n‸'year': 2021"),
    Fault("R003", TOY, "[{name: Ada Lovelace}]", "[{name: Ada Lovelace, ‸name: Ada King}]"),
    Fault("R004", TOY, "title: A Toy", f"title: {'[' * 19}{MARK}{'[' * 20}{']' * 39}"),
    Fault("R005", TOY, "title: A Toy", 'title: ‸"A \\u202e Toy"'),
    Fault("R005", TOY, "title: A Toy", 'title: ‸"A\\0Toy"'),
    Fault("R005", TOY, "title: A Toy", "title: A‸\u200b Toy"),
    Fault("R005", TOY, "title: A Toy", "title: A T‸\u00adoy"),
    Fault("R005", TOY, "title: A Toy", "title: A T‸\x1boy"),
    Fault("R005", TOY, "title: A Toy", "title: A Toy‸\rsubtitle: B"),
    Fault("R005", TOY, "schema: 1", "‸\ufeffschema: 1"),
    Fault("R006", TOY, "Ada Lovelace", "‸Ade\u0301 Lovelace"),
    Fault("R006", TOY, "Ada Lovelace", '‸"Ade\\u0301 Lovelace"'),
    Fault("R007", TOY, "Ada Lovelace", "‸AdÃ© Lovelace"),
    Fault("R007", TOY, "Ada Lovelace", "‸Ad\ufffd Lovelace"),
    Fault("R007", RIVAL, "title: Another", "title: ‸Another ﬁnding"),
    Fault("R007", RIVAL, "title: Another", "title: ‸Anotherâ€™s"),
    Fault("R008", TOY, "title: A Toy", "title: ‸A <i>Toy</i>"),
    Fault("R008", TOY, "statement: It works.", "statement: ‸It <script>works."),
    Fault("R008", TOY, "title: A Toy", "title: ‸Toys &amp; Games"),
    Fault("R008", TOY, "title: A Toy", "title: ‸A \\emph{Toy}"),
    Fault("R008", TOY, "title: A Toy", "title: ‸A $k$-Toy"),
    Fault("R008", RUNS, "It must run in minutes.", "‸See [the issue](https://example.org)."),
    Fault("R008", METRICS, "name: Top1", "name: ‸<b>Top1</b>"),
    Fault("R010", TOY, "venue: cvpr", "venue: cvpr\n‸venu: cvpr"),
    Fault("R010", TOY, "name: Ada Lovelace", "name: Ada Lovelace, ‸ORCID: x"),
    Fault("R010", TOY, "setting: {backbone: resnet50", "setting: {‸backbon: resnet50"),
    Fault("R010", METRICS, "higher_is_better: true", "higher_is_better: true, ‸higher_is_beter: true"),
    Fault("R010", RUNS, "follows: imagenet", "follows: imagenet\n‸seed: 1"),
    Fault("R010", DIGITS, "classes: 10", "classes: 10\n‸class: 10"),
    Fault("R010", TOY, "title: A Toy", "title: A Toy\n‸~: nothing"),
    Fault("R011", TOY, "title: A Toy\n", "", START),
    Fault("R011", TOY, "[{name: Ada Lovelace}]", "[‸{orcid: 0000-0002-1825-0097}]"),
    Fault("R011", TOY, "    metric: top1\n", "", "‸id: t1\n    task"),
    Fault("R011", RUNS, "follows: imagenet\n", "", START),
    Fault("R011", DIGITS, "knn: knn/k200-t0.1@1, ", "", "‸protocol: {linear"),
    Fault("R011", RELATIONS, ", inverse: simplifies", "", '‸"simplified-by"'),
]

TYPES = [
    Fault("R012", TOY, "year: 2021", "year: ‸soon"),
    Fault("R012", TOY, "year: 2021", "year: ‸20211"),
    Fault("R012", TOY, "year: 2021", "year: ‸2021.0"),
    Fault("R012", TOY, "year: 2021", "year: ‸[2021]"),
    Fault("R012", TOY, "title: A Toy", "title:‸ "),
    Fault("R012", TOY, "title: A Toy", 'title: ‸"  "'),
    Fault("R012", TOY, "title: A Toy", "title: ‸{en: A Toy}"),
    Fault("R012", TOY, "schema: 1", "schema: ‸2"),
    Fault("R012", TOY, "[{name: Ada Lovelace}]", "‸[]"),
    Fault("R012", TOY, "[{name: Ada Lovelace}]", "‸Ada Lovelace"),
    Fault("R012", TOY, "[{name: Ada Lovelace}]", "[‸Ada Lovelace]"),
    Fault("R012", TOY, "[{name: Ada Lovelace}]", "[{name: Ada Lovelace, orcid: ‸0000-0002-1825}]"),
    Fault("R012", TOY, "status: published", "status: ‸publisehd"),
    Fault("R012", TOY, "arxiv: 2011.10560", "arxiv: ‸2011.1056"),
    Fault("R012", TOY, "arxiv: 2011.10560", "arxiv: ‸2013.10560"),
    Fault("R012", TOY, "arxiv: 2011.10560", "arxiv: ‸2011.10560v2"),
    Fault("R012", TOY, "doi: 10.1000/toy", "doi: ‸https://doi.org/10.1000/toy"),
    Fault("R012", TOY, "doi: 10.1000/toy", "dblp: ‸ChenH21"),
    Fault("R012", TOY, "doi: 10.1000/toy", "s2: ‸204e3073"),
    Fault("R012", TOY, "commit: a7bc177", "commit: ‸4.2e1"),
    Fault("R012", TOY, "commit: a7bc177", "commit: ‸main"),
    Fault("R012", TOY, "state: quiet", "state: ‸dormant"),
    Fault("R012", TOY, "https://example.org/toy", "https://toy", 'url: ‸"https://toy"'),
    Fault("R012", TOY, "https://example.org/toy", "https://a@example.org", 'url: ‸"https://a@example.org"'),
    Fault(
        "R012", TOY, "https://example.org/toy", "https://example.org/<b>", 'url: ‸"https://example.org/<b>"'
    ),
    Fault("R012", TOY, "role: paper", "role: ‸article"),
    Fault("R012", TOY, VALUE, "value: ‸68,10"),
    Fault("R012", TOY, VALUE, "value: ‸about 68"),
    Fault("R012", TOY, VALUE, "value: ‸068.1"),
    Fault("R012", TOY, "mark: pdf", "mark: ‸certain"),
    Fault("R012", TOY, "[contrastive]", "‸contrastive"),
    Fault("R012", TOY, "method.dim: 8", "‸dim: 8"),
    Fault("R012", TOY, "method.dim: 8", "method.dim: ‸{a: 1}"),
    Fault("R012", TOY, 'added: "2026-11-24"', "added: ‸2026-02-30"),
    Fault("R012", TOY, 'added: "2026-11-24"', "added: ‸24.11.2026"),
    Fault("R012", TOY, "depth: full", "depth: ‸deep"),
    Fault("R012", TOY, '"arxiv:2003.04297"', "‸arxiv:2003.0429"),
    Fault("R012", RUNS, "lr: 0.05", "lr: ‸fast"),
    Fault("R012", RUNS, "lr: 0.05", "lr: ‸-1"),
    Fault("R012", RUNS, "  method.dim: A", "  ‸dim: It is small.\n  method.dim: A"),
    Fault("R012", DIGITS, "epochs: 20", "epochs: ‸0"),
    Fault("R012", DIGITS, CHECKSUM, "checksum: ‸sha256:12"),
    Fault("R012", METRICS, "higher_is_better: true", "higher_is_better: ‸yes"),
    Fault("R012", VENUES, '"icml"', '‸"ICML"', also="R020"),
    Fault("R015", TOY, LINK, '{role: paper, url: ‸"http://example.org/toy"}'),
    Fault("R015", TOY, LINK, '{role: paper, url: ‸"javascript:alert(1)"}'),
    Fault("R015", TOY, LINK, '{role: paper, url: ‸"//example.org/toy"}'),
    Fault("R015", TOY, LINK, '{role: paper, url: ‸"data:text/html,x"}'),
    Fault("R015", TOY, '"https://example.org/code"', "‸ftp://example.org/code"),
]

PAPERS = [
    Fault("R013", TOY, "id: toy", "id: ‸tyo"),
    Fault("R013", DIGITS, "id: digits", "id: ‸digit"),
    Fault("R016", TOY, "title: A Toy", "title: ‸TODO"),
    Fault("R016", TOY, "place: Fig. 2", "place: ‸Fig. ???"),
    Fault("R016", RIVAL, "title: Another", "title: ‸Lorem ipsum"),
    Fault("R016", RUNS, "It must run in minutes.", "‸FIXME say why"),
    Fault("R018", TOY, "zh: 玩。", "zh: ‸Play."),
    Fault("R018", TOY, "en: Play.", "en: ‸玩。"),
    Fault("R018", DIGITS, "{en: Digits.}", '{en: Digits., zh: ‸"-"}'),
    Fault("R019", TOY, "[contrastive]", "[contrastive, ‸contrastive]"),
    Fault("R019", TOY, "paper_values: [t1]", "paper_values: [t1, ‸t1]"),
    Fault("R020", TOY, "venue: cvpr", "venue: ‸cvrp"),
    Fault("R021", TOY, "family: [contrastive]", "‸familie: [contrastive]"),
    Fault("R021", TOY, "family: [contrastive]", "family: [‸contrastiv]"),
    Fault("R022", TOY, "type: simplifies", "type: ‸simplifys"),
    Fault("R023", TOY, "to: other", "to: ‸othre"),
    Fault("R023", TOY, "to: other", "to: ‸toy"),
    Fault("R024", TOY, "evidence: works", "evidence: ‸work"),
    Fault("R025", TOY, "protocol: linear-probe@1", "protocol: ‸linear-probe@2"),
    Fault("R025", DIGITS, "linear: linear/lbfgs@1", "linear: ‸linear/lbfgs@9"),
    Fault("R026", TOY, "dataset: imagenet-1k", "dataset: ‸imagenet"),
    Fault("R027", TOY, "metric: top1", "metric: ‸top2"),
    Fault("R028", TOY, "paper_values: [t1]", "paper_values: [t1, ‸t2]"),
    Fault(
        "R029",
        TOY,
        "  - {id: works",
        "  - {id: works, kind: exact, statement: So., place: Eq.}\n  - {id: ‸works",
    ),
    Fault("R030", TOY, "2011.10560", "‸2006.07730"),
    Fault("R030", TOY, "doi: 10.1000/toy", "doi: ‸10.1000/OTHER"),
    Fault("R031", TOY, "{type: compares, to", "‸{type: simplifies, to: other}\n  - {type: compares, to"),
    Fault("R032", RIVAL, "word " * 21, "", "{en: ‸word"),
    Fault("R032", RIVAL, "word " * 20, "word " * 91, "{en: ‸word"),
    Fault("R032", RIVAL, "词" * 30, "", "zh: ‸词"),
    Fault("R034", TOY, OFFICIAL, "", "depth: ‸full"),
    Fault(
        "R034", TOY, OFFICIAL, "official: null\ngaps: {talks: There are none.}", "depth: ‸full", also="R035"
    ),
    Fault("R035", TOY, "depth: full", "depth: full\ngaps: {‸links: There are none.}"),
    Fault("R035", TOY, "depth: full", "depth: full\ngaps: {‸claim: There are none.}"),
    Fault("R036", TOY, "en: Play., zh: 玩。", "en: Play.", "‸idea:"),
    Fault(
        "R037", RIVAL, "depth: short", "relations: [{type: compares, to: ‸arxiv:2011.10560}]\ndepth: short"
    ),
    Fault("R038", RIVAL, WHERE, "‸ids: {}"),
    Fault("R039", TOY, "family: [contrastive]", "family: ‸[]"),
    Fault("R039", RIVAL, "tags: {family: [contrastive]}", "‸tags: {}"),
    Fault("R081", TOY, "year: 2021", "year: 2019", "type: ‸simplifies"),
    Fault("R077", TOY, "en: Play.", f"en: ‸Play{' and play' * 20}."),
    Fault("R077", TOY, "zh: 玩。", f"zh: ‸{'玩' * 81}"),
]

IDENTITY = [
    Fault("R060", TOY, "year: 2021", "year: ‸2018", also="R081"),
    Fault("R060", TOY, "year: 2021", "year: ‸2026"),
    Fault("R060", TOY, "arxiv: 2011.10560", "arxiv: cs/0112017", "year: ‸2021"),
    Fault("R066", TOY, LINK, f'{LINK}\n  - {{role: pdf, url: ‸"https://Example.org/toy/"}}'),
    Fault("R067", TOY, LINK, '{role: paper, url: ‸"https://arxiv.org/abs/2002.05709v3"}'),
    Fault("R067", TOY, LINK, '{role: pdf, url: ‸"https://arxiv.org/pdf/2002.05709.pdf"}'),
    Fault("R067", TOY, LINK, '{role: paper, url: ‸"https://doi.org/10.1000/other"}'),
    Fault("R067", TOY, LINK, '{role: paper, url: ‸"https://openreview.net/forum?id=abcdef123"}'),
    Fault("R068", TOY, "title: A Toy", "title: ‸another"),
    Fault("R068", TOY, LINK, '{role: pdf, url: ‸"https://example.org/other/"}'),
    Fault("R069", TOY, "{name: Ada Lovelace}", "{name: Ada Lovelace}, {name: ‸ada lovelace}"),
    Fault("R070", TOY, "Ada Lovelace}", "Ada Lovelace, orcid: ‸0000-0002-1825-0079}"),
    Fault("R071", TOY, "depth: full", 'revised: ‸"2026-11-04"\ndepth: full'),
    Fault("R072", TOY, "title: A Toy", "title: ‸toy"),
    Fault("R073", TOY, "doi: 10.1000/toy", "doi: ‸10.48550/arXiv.2011.10560"),
    Fault("R074", TOY, "status: published", "status: preprint", "venue: ‸cvpr"),
    Fault("R074", TOY, "venue: cvpr", "venue: ‸arxiv"),
    Fault(
        "R078",
        TOY,
        LINK,
        f'{LINK}\n  - {{role: official-code, url: "https://example.org/codex"}}',
        'repo: ‸"',
    ),
    Fault("R079", TOY, "licence: MIT", "licence: ‸MIT License"),
    Fault("R080", TOY, "Ada Lovelace", '‸"Lovelace, Ada"'),
    Fault("R080", TOY, "Ada Lovelace", "‸Ada Lovelace et al."),
    Fault("R080", TOY, "Ada Lovelace", "‸Ada Lovelace and Charles Babbage"),
]

NUMBERS = [
    Fault("R051", TOY, "method.dim: 8", "‸method.dmi: 8", also="R045 R046"),
    Fault("R051", TOY, "{method.guard: false}", "{‸optimiser.lr: 1}", also="R045"),
    Fault("R052", TOY, "optimizer.lr: 0.05", 'optimizer.lr: ‸"0,05"', also="R045"),
    Fault("R052", TOY, "views.flip_p: 0.5", "views.flip_p: ‸half"),
    Fault("R052", TOY, "views.crop_scale: [0.2, 1]", "views.crop_scale: ‸[0.2, all]"),
    Fault("R053", TOY, "{method.guard: false}", "{method.guard: false, ‸method.dim: 8}"),
    Fault("R061", TOY, VALUE, 'value: ‸"681.0"'),
    Fault("R061", TOY, VALUE, 'value: ‸"-3.1"'),
    Fault("R062", TOY, "unit: percent", 'unit: percent\n    spread: {kind: sd, value: ‸"-0.2"}'),
    Fault("R062", TOY, "unit: percent", 'unit: percent\n    runs: 1\n    spread: ‸{kind: sd, value: "0.2"}'),
    Fault("R063", TOY, "unit: percent", "unit: percent\n    runs: ‸0"),
    Fault("R063", TOY, "epochs: 100, batch: 256", "epochs: ‸-1, batch: 256"),
    Fault("R063", TOY, "epochs: 100, batch: 256", "epochs: 100, batch: ‸0"),
    Fault("R063", DATASETS, "name: Imagenet-1K", "name: Imagenet-1K, classes: ‸0"),
    Fault(
        "R065", TOY, CLAIM, CLAIM.replace("trained", "exact").replace("paper_values", f"{MARK}paper_values")
    ),
]

TEST = (
    "test: {benchmark: digits, why: Small images show it too., base: {budget.epochs: 2},\n"
    "     arms: {on: {}, off: {method.guard: true}}, reported: {on: t1},\n"
    "     expect: [{kind: greater, arms: [on, off], metric: linear, margin: 0.1},\n"
    "              {kind: collapse, arms: [off]}]}"
)


def experiment(rule: str, old: str, new: str) -> Fault:
    """A claim with a test in which ``old`` is ``new``."""
    assert TEST.count(old), old
    return Fault(rule, TOY, CLAIM, f"{CLAIM},\n     {TEST.replace(old, new, 1)}")


CLAIMS = [
    Fault(
        "R082",
        TOY,
        CLAIM,
        f"{CLAIM}, {MARK}tested_by: toy/works".replace("trained", "exact").replace(
            ", paper_values: [t1]", ""
        ),
        also="R089",
    ),
    Fault("R082", TOY, CLAIM, f"{CLAIM}, {TEST}, {MARK}out_of_reach: It is large."),
    experiment("R083", "benchmark: digits", "benchmark: ‸digit"),
    experiment("R083", "benchmark: digits", "benchmark: ‸cifar10"),
    experiment("R084", "{method.guard: true}", "{‸method.gaurd: true}"),
    experiment("R084", "{method.guard: true}", "{‸method.guard: perhaps}"),
    experiment("R084", "{method.guard: true}", "{‸method.name: rival}"),
    experiment("R084", "{budget.epochs: 2}", "{‸budget.epochs: 0}"),
    experiment("R084", "{budget.epochs: 2}", "{‸data.noise: 0.2}"),
    experiment("R084", "{budget.epochs: 2}", "{‸seed.first: 2}"),
    experiment("R085", "off: {method.guard: true}", "‸off: {method.guard: false}"),
    experiment("R086", "arms: [on, off]", "arms: [on, ‸of]"),
    experiment("R086", "arms: [on, off]", "arms: ‸[on]"),
    experiment("R086", "arms: [off]", "arms: ‸[off, on]"),
    experiment("R086", "off: {method.guard: true}", "off: {method.guard: true}, ‸third: {budget.epochs: 3}"),
    experiment("R086", "kind: greater, arms: [on, off]", "kind: order, arms: ‸[on, off]"),
    experiment("R086", "reported: {on: t1}", "reported: {‸onn: t1}"),
    experiment("R028", "reported: {on: t1}", "reported: {on: ‸t2}"),
    experiment("R087", "metric: linear", "metric: ‸lineal"),
    experiment("R087", "kind: greater, arms: [on, off], metric: linear,", "‸kind: greater, arms: [on, off],"),
    experiment("R087", "arms: [on, off], metric: linear", "arms: [on/pixels, off], metric: ‸std"),
    experiment("R087", "{kind: collapse, arms: [off]}", "{kind: collapse, arms: [off], ‸metric: std}"),
    experiment("R088", "{kind: collapse, arms: [off]}", "{kind: collapse, arms: [off], ‸margin: 0.1}"),
    experiment(
        "R088",
        "{kind: greater, arms: [on, off], metric: linear, margin: 0.1}",
        "{‸kind: greater, arms: [on, off], metric: linear}",
    ),
    experiment("R012", "kind: greater", "kind: ‸grater"),
    experiment("R012", "margin: 0.1", "margin: ‸-0.1"),
    experiment("R012", "base: {", "seeds: ‸2, base: {"),
    experiment("R010", "base: {", "‸bases: {}, base: {"),
    Fault("R089", TOY, CLAIM, f"{CLAIM}, tested_by: {MARK}toy/works"),
    Fault("R089", TOY, CLAIM, f"{CLAIM}, tested_by: {MARK}other/works"),
    Fault("R089", TOY, CLAIM, f"{CLAIM}, tested_by: {MARK}nobody/works"),
    Fault(
        "R089",
        TOY,
        CLAIM,
        f"{CLAIM}, tested_by: {MARK}toy/second}}\n  - {{id: second, kind: trained, "
        "statement: So does it., place: Fig. 3",
    ),
    Fault(
        "R089",
        TOY,
        CLAIM,
        f"{CLAIM}, tested_by: {MARK}toy/second}}\n  - {{id: second, kind: exact, "
        "statement: So does it., place: Fig. 3",
    ),
]

RECIPES = [
    Fault("R040", RUNS, "paper: toy", "paper: ‸other"),
    Fault("R040", RUNS, "benchmark: digits", "benchmark: ‸cifar10"),
    Fault("R043", RUNS, "follows: imagenet", "follows: ‸imagnet"),
    Fault("R044", RUNS, "dim: 4", "dim: ‸wide"),
    Fault("R044", RUNS, "dim: 4", "‸dmi: 4"),
    Fault("R044", RUNS, "name: toy", "name: ‸tyo"),
    Fault("R044", RUNS, "{flip_p: 0.0}", "{name: ‸imags}"),
    Fault("R044", RUNS, "method: {name: toy, ", "method: {", "dim: 4, guard: ‸false"),
    Fault("R045", RUNS, "  budget.epochs: It must run in minutes.\n", "", "budget: {‸epochs"),
    Fault("R045", RUNS, "  views.*: Digits have a side.\n", "", "views: {‸flip_p", also="R045"),
    Fault("R046", RUNS, "  method.dim: A", "  ‸optimizer.lr: It is the same.\n  method.dim: A"),
    Fault("R046", RUNS, "  method.dim: A", "  ‸data.*: It is the same.\n  method.dim: A"),
    Fault("R046", RUNS, "  method.dim: A", "  ‸method.rate: The paper is silent.\n  method.dim: A"),
    Fault("R050", DIGITS, "name: small", "name: ‸smal"),
    Fault("R050", DIGITS, "width: 16", "‸widht: 16", also="R044"),
    Fault("R050", DIGITS, "noise: 0.1", "noise: ‸loud"),
]

VOCABULARY = [
    Fault(
        "R033", RELATIONS, "inverse: compared-by", "inverse: simplifies", "Compares, inverse: ‸", also="R033"
    ),
    Fault("R033", RELATIONS, "inverse: compared-by", "inverse: ‸gone", also="R033"),
    Fault("R075", VENUES, "name: Icml", "name: ‸CVPR"),
    Fault("R075", TAGS, "contrastive: {name: Contrastive}", "contrastive: {name: A}, other: {name: ‸a}"),
    Fault("R076", PROTOCOLS, '"knn/k200-t0.1@1"', '‸"knn/k200-t0.1"', also="R025"),
]

FAULTS = [*FORM, *TYPES, *PAPERS, *IDENTITY, *NUMBERS, *CLAIMS, *RECIPES, *VOCABULARY]
# Rules of which every fault is one of whole files; tests/catalog/test_check.py has them.
OF_FILES = {"R014", "R017", "R041", "R042"}


def found_in(folder: Path, fault: Fault) -> list[Finding]:
    return check_files(folder, {fault.file: fault.text})


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.rule} {fault.new[:30]!r}")
def test_a_fault_is_found_by_its_rule_at_its_place_and_by_no_other(tmp_path: Path, fault: Fault) -> None:
    found = {(f.rule, f.file, f.line, f.column): f.message for f in found_in(tmp_path, fault)}
    here = (fault.rule, f"catalog/{fault.file}", *fault.place)
    assert here in found, found
    others = [key for key in found if key != here and key[0] not in fault.also.split()]
    assert others == []
    assert all(message.endswith((".", "?", "`")) for message in found.values()), found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (CHECKSUM, "checksum: null", "'digits' pins no checksum of its data"),
        ("classes: 10", "classes: 0", "'digits' has no classes, and a linear probe is a witness of collapse"),
    ],
)
def test_a_test_needs_a_benchmark_whose_runs_compare(tmp_path: Path, old: str, new: str, told: str) -> None:
    paper = experiment("R083", "benchmark: digits", "benchmark: ‸digits")
    files = {TOY: paper.text, DIGITS: FILES[DIGITS].replace(old, new)}
    first = next(found for found in check_files(tmp_path, files) if found.rule == "R083")
    assert told in first.message
    assert (first.line, first.column) == paper.place


def test_the_table_has_enough_faults_of_enough_kinds() -> None:
    assert len(FAULTS) >= 60
    assert len({(fault.rule, fault.file.partition("/")[0]) for fault in FAULTS}) >= 60
