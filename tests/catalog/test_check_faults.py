"""The table of what can be wrong with a file of the catalog: each with its rule, line and column."""

from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.toy_catalog import FILES, check_files

TOY, RIVAL = "papers/toy.yaml", "papers/other.yaml"
DIGITS, RUNS = "benchmarks/digits.yaml", "recipes/toy/digits.yaml"
TAGS, RELATIONS, METRICS = "vocab/tags.yaml", "vocab/relations.yaml", "vocab/metrics.yaml"
VENUES, PROTOCOLS, DATASETS = "vocab/venues.yaml", "vocab/protocols.yaml", "vocab/datasets.yaml"

MARK = "‸"  # stands in front of the character at which the fault is expected, and is taken out


class Damage(NamedTuple):
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
    Damage("R001", TOY, "ids: {", "ids: {‸{"),
    Damage("R001", TOY, "[{name: Ada Lovelace}]", "[{name: Ada Lovelace}\n‸year: 2021"),
    Damage("R001", TOY, "year: 2021", "  ‸year: 2021"),
    Damage("R001", TOY, "  family: [contrastive]", "‸\tfamily: [contrastive]"),
    Damage("R001", TOY, VALUE, 'value: "68.10', 'added: "‸2026'),
    Damage("R001", TOY, "title: A Toy", "title: A Toy‸: a Game"),
    Damage("R001", TOY, "title: A Toy", "title: ‸@toy"),
    Damage("R001", TOY, "depth: full", "depth: full\n‸---"),
    Damage("R001", TOY, "depth: full", "? ‸[depth]\n: full"),
    Damage("R001", METRICS, "schema: 1", "- schema", "‸entries"),
    Damage("R002", TOY, "title: A Toy", "title: ‸&title A Toy"),
    Damage("R002", TOY, "title: A Toy", "title: ‸*name"),
    Damage("R002", TOY, "title: A Toy", "<<: ‸*base\ntitle: A Toy"),
    Damage("R002", TOY, "title: A Toy", "title: ‸!!str A Toy"),
    Damage("R002", TAGS, "name: Contrastive", "name: ‸!!python/name:os.system x"),
    Damage("R003", TOY, "year: 2021", "year: 2021\n‸year: 2022"),
    Damage("R003", TOY, "year: 2021", "year: 2021\n‸'year': 2021"),
    Damage("R003", TOY, "[{name: Ada Lovelace}]", "[{name: Ada Lovelace, ‸name: Ada King}]"),
    Damage("R004", TOY, "title: A Toy", f"title: {'[' * 19}{MARK}{'[' * 20}{']' * 39}"),
    Damage("R005", TOY, "title: A Toy", 'title: ‸"A \\u202e Toy"'),
    Damage("R005", TOY, "title: A Toy", 'title: ‸"A\\0Toy"'),
    Damage("R005", TOY, "title: A Toy", "title: A‸\u200b Toy"),
    Damage("R005", TOY, "title: A Toy", "title: A T‸\u00adoy"),
    Damage("R005", TOY, "title: A Toy", "title: A T‸\x1boy"),
    Damage("R005", TOY, "title: A Toy", "title: A Toy‸\rsubtitle: B"),
    Damage("R005", TOY, "schema: 1", "‸\ufeffschema: 1"),
    Damage("R006", TOY, "Ada Lovelace", "‸Ade\u0301 Lovelace"),
    Damage("R006", TOY, "Ada Lovelace", '‸"Ade\\u0301 Lovelace"'),
    Damage("R007", TOY, "Ada Lovelace", "‸AdÃ© Lovelace"),
    Damage("R007", TOY, "Ada Lovelace", "‸Ad\ufffd Lovelace"),
    Damage("R007", RIVAL, "title: Another", "title: ‸Another ﬁnding"),
    Damage("R007", RIVAL, "title: Another", "title: ‸Anotherâ€™s"),
    Damage("R008", TOY, "title: A Toy", "title: ‸A <i>Toy</i>"),
    Damage("R008", TOY, "statement: It works.", "statement: ‸It <script>works."),
    Damage("R008", TOY, "title: A Toy", "title: ‸Toys &amp; Games"),
    Damage("R008", TOY, "title: A Toy", "title: ‸A \\emph{Toy}"),
    Damage("R008", TOY, "title: A Toy", "title: ‸A $k$-Toy"),
    Damage("R008", RUNS, "It must run in minutes.", "‸See [the issue](https://example.org)."),
    Damage("R008", METRICS, "name: Top1", "name: ‸<b>Top1</b>"),
    Damage("R010", TOY, "venue: cvpr", "venue: cvpr\n‸venu: cvpr"),
    Damage("R010", TOY, "name: Ada Lovelace", "name: Ada Lovelace, ‸ORCID: x"),
    Damage("R010", TOY, "setting: {backbone: resnet50", "setting: {‸backbon: resnet50"),
    Damage("R010", METRICS, "higher_is_better: true", "higher_is_better: true, ‸higher_is_beter: true"),
    Damage("R010", RUNS, "follows: imagenet", "follows: imagenet\n‸seed: 1"),
    Damage("R010", DIGITS, "classes: 10", "classes: 10\n‸class: 10"),
    Damage("R010", TOY, "title: A Toy", "title: A Toy\n‸~: nothing"),
    Damage("R011", TOY, "title: A Toy\n", "", START),
    Damage("R011", TOY, "[{name: Ada Lovelace}]", "[‸{orcid: 0000-0002-1825-0097}]"),
    Damage("R011", TOY, "    metric: top1\n", "", "‸id: t1\n    task"),
    Damage("R011", RUNS, "follows: imagenet\n", "", START),
    Damage("R011", DIGITS, "knn: knn/k200-t0.1@1, ", "", "‸protocol: {linear"),
    Damage("R011", RELATIONS, ", inverse: simplifies", "", '‸"simplified-by"'),
]

TYPES = [
    Damage("R012", TOY, "year: 2021", "year: ‸soon"),
    Damage("R012", TOY, "year: 2021", "year: ‸20211"),
    Damage("R012", TOY, "year: 2021", "year: ‸2021.0"),
    Damage("R012", TOY, "year: 2021", "year: ‸[2021]"),
    Damage("R012", TOY, "title: A Toy", "title:‸ "),
    Damage("R012", TOY, "title: A Toy", 'title: ‸"  "'),
    Damage("R012", TOY, "title: A Toy", "title: ‸{en: A Toy}"),
    Damage("R012", TOY, "schema: 1", "schema: ‸2"),
    Damage("R012", TOY, "[{name: Ada Lovelace}]", "‸[]"),
    Damage("R012", TOY, "[{name: Ada Lovelace}]", "‸Ada Lovelace"),
    Damage("R012", TOY, "[{name: Ada Lovelace}]", "[‸Ada Lovelace]"),
    Damage("R012", TOY, "[{name: Ada Lovelace}]", "[{name: Ada Lovelace, orcid: ‸0000-0002-1825}]"),
    Damage("R012", TOY, "status: published", "status: ‸publisehd"),
    Damage("R012", TOY, "arxiv: 2011.10560", "arxiv: ‸2011.1056"),
    Damage("R012", TOY, "arxiv: 2011.10560", "arxiv: ‸2013.10560"),
    Damage("R012", TOY, "arxiv: 2011.10560", "arxiv: ‸2011.10560v2"),
    Damage("R012", TOY, "doi: 10.1000/toy", "doi: ‸https://doi.org/10.1000/toy"),
    Damage("R012", TOY, "doi: 10.1000/toy", "dblp: ‸ChenH21"),
    Damage("R012", TOY, "doi: 10.1000/toy", "s2: ‸204e3073"),
    Damage("R012", TOY, "commit: a7bc177", "commit: ‸4.2e1"),
    Damage("R012", TOY, "commit: a7bc177", "commit: ‸main"),
    Damage("R012", TOY, "state: quiet", "state: ‸dormant"),
    Damage("R012", TOY, "https://example.org/toy", "https://toy", 'url: ‸"https://toy"'),
    Damage("R012", TOY, "https://example.org/toy", "https://a@example.org", 'url: ‸"https://a@example.org"'),
    Damage(
        "R012", TOY, "https://example.org/toy", "https://example.org/<b>", 'url: ‸"https://example.org/<b>"'
    ),
    Damage("R012", TOY, "role: paper", "role: ‸article"),
    Damage("R012", TOY, VALUE, "value: ‸68,10"),
    Damage("R012", TOY, VALUE, "value: ‸about 68"),
    Damage("R012", TOY, VALUE, "value: ‸068.1"),
    Damage("R012", TOY, "mark: pdf", "mark: ‸certain"),
    Damage("R012", TOY, "[contrastive]", "‸contrastive"),
    Damage("R012", TOY, "method.dim: 8", "‸dim: 8"),
    Damage("R012", TOY, "method.dim: 8", "method.dim: ‸{a: 1}"),
    Damage("R012", TOY, 'added: "2026-11-24"', "added: ‸2026-02-30"),
    Damage("R012", TOY, 'added: "2026-11-24"', "added: ‸24.11.2026"),
    Damage("R012", TOY, "depth: full", "depth: ‸deep"),
    Damage("R012", TOY, '"arxiv:2003.04297"', "‸arxiv:2003.0429"),
    Damage("R012", RUNS, "lr: 0.05", "lr: ‸fast"),
    Damage("R012", RUNS, "lr: 0.05", "lr: ‸-1"),
    Damage("R012", RUNS, "  method.dim: A", "  ‸dim: It is small.\n  method.dim: A"),
    Damage("R012", DIGITS, "epochs: 20", "epochs: ‸0"),
    Damage("R012", DIGITS, CHECKSUM, "checksum: ‸sha256:12"),
    Damage("R012", METRICS, "higher_is_better: true", "higher_is_better: ‸yes"),
    Damage("R012", VENUES, '"icml"', '‸"ICML"', also="R020"),
    Damage("R015", TOY, LINK, '{role: paper, url: ‸"http://example.org/toy"}'),
    Damage("R015", TOY, LINK, '{role: paper, url: ‸"javascript:alert(1)"}'),
    Damage("R015", TOY, LINK, '{role: paper, url: ‸"//example.org/toy"}'),
    Damage("R015", TOY, LINK, '{role: paper, url: ‸"data:text/html,x"}'),
    Damage("R015", TOY, '"https://example.org/code"', "‸ftp://example.org/code"),
]

PAPERS = [
    Damage("R013", TOY, "id: toy", "id: ‸tyo"),
    Damage("R013", DIGITS, "id: digits", "id: ‸digit"),
    Damage("R016", TOY, "title: A Toy", "title: ‸TODO"),
    Damage("R016", TOY, "place: Fig. 2", "place: ‸Fig. ???"),
    Damage("R016", RIVAL, "title: Another", "title: ‸Lorem ipsum"),
    Damage("R016", RUNS, "It must run in minutes.", "‸FIXME say why"),
    Damage("R018", TOY, "zh: 玩。", "zh: ‸Play."),
    Damage("R018", TOY, "en: Play.", "en: ‸玩。"),
    Damage("R018", DIGITS, "{en: Digits.}", '{en: Digits., zh: ‸"-"}'),
    Damage("R019", TOY, "[contrastive]", "[contrastive, ‸contrastive]"),
    Damage("R019", TOY, "paper_values: [t1]", "paper_values: [t1, ‸t1]"),
    Damage("R020", TOY, "venue: cvpr", "venue: ‸cvrp"),
    Damage("R021", TOY, "family: [contrastive]", "‸familie: [contrastive]"),
    Damage("R021", TOY, "family: [contrastive]", "family: [‸contrastiv]"),
    Damage("R022", TOY, "type: simplifies", "type: ‸simplifys"),
    Damage("R023", TOY, "to: other", "to: ‸othre"),
    Damage("R023", TOY, "to: other", "to: ‸toy"),
    Damage("R024", TOY, "evidence: works", "evidence: ‸work"),
    Damage("R025", TOY, "protocol: linear-probe@1", "protocol: ‸linear-probe@2"),
    Damage("R025", DIGITS, "linear: linear/lbfgs@1", "linear: ‸linear/lbfgs@9"),
    Damage("R026", TOY, "dataset: imagenet-1k", "dataset: ‸imagenet"),
    Damage("R027", TOY, "metric: top1", "metric: ‸top2"),
    Damage("R028", TOY, "paper_values: [t1]", "paper_values: [t1, ‸t2]"),
    Damage(
        "R029",
        TOY,
        "  - {id: works",
        "  - {id: works, kind: exact, statement: So., place: Eq.}\n  - {id: ‸works",
    ),
    Damage("R030", TOY, "2011.10560", "‸2006.07730"),
    Damage("R030", TOY, "doi: 10.1000/toy", "doi: ‸10.1000/OTHER"),
    Damage("R031", TOY, "{type: compares, to", "‸{type: simplifies, to: other}\n  - {type: compares, to"),
    Damage("R032", RIVAL, "word " * 21, "", "{en: ‸word"),
    Damage("R032", RIVAL, "word " * 20, "word " * 91, "{en: ‸word"),
    Damage("R032", RIVAL, "词" * 30, "", "zh: ‸词"),
    Damage("R034", TOY, OFFICIAL, "", "depth: ‸full"),
    Damage(
        "R034", TOY, OFFICIAL, "official: null\ngaps: {talks: There are none.}", "depth: ‸full", also="R035"
    ),
    Damage("R035", TOY, "depth: full", "depth: full\ngaps: {‸links: There are none.}"),
    Damage("R035", TOY, "depth: full", "depth: full\ngaps: {‸claim: There are none.}"),
    Damage("R036", TOY, "en: Play., zh: 玩。", "en: Play.", "‸idea:"),
    Damage(
        "R037", RIVAL, "depth: short", "relations: [{type: compares, to: ‸arxiv:2011.10560}]\ndepth: short"
    ),
    Damage("R038", RIVAL, WHERE, "‸ids: {}"),
    Damage("R039", TOY, "family: [contrastive]", "family: ‸[]"),
    Damage("R039", RIVAL, "tags: {family: [contrastive]}", "‸tags: {}"),
    Damage("R081", TOY, "year: 2021", "year: 2019", "type: ‸simplifies"),
    Damage("R077", TOY, "en: Play.", f"en: ‸Play{' and play' * 20}."),
    Damage("R077", TOY, "zh: 玩。", f"zh: ‸{'玩' * 81}"),
]

IDENTITY = [
    Damage("R060", TOY, "year: 2021", "year: ‸2018", also="R081"),
    Damage("R060", TOY, "year: 2021", "year: ‸2026"),
    Damage("R060", TOY, "arxiv: 2011.10560", "arxiv: cs/0112017", "year: ‸2021"),
    Damage("R066", TOY, LINK, f'{LINK}\n  - {{role: pdf, url: ‸"https://Example.org/toy/"}}'),
    Damage("R067", TOY, LINK, '{role: paper, url: ‸"https://arxiv.org/abs/2002.05709v3"}'),
    Damage("R067", TOY, LINK, '{role: pdf, url: ‸"https://arxiv.org/pdf/2002.05709.pdf"}'),
    Damage("R067", TOY, LINK, '{role: paper, url: ‸"https://doi.org/10.1000/other"}'),
    Damage("R067", TOY, LINK, '{role: paper, url: ‸"https://openreview.net/forum?id=abcdef123"}'),
    Damage("R068", TOY, "title: A Toy", "title: ‸another"),
    Damage("R068", TOY, LINK, '{role: pdf, url: ‸"https://example.org/other/"}'),
    Damage("R069", TOY, "{name: Ada Lovelace}", "{name: Ada Lovelace}, {name: ‸ada lovelace}"),
    Damage("R070", TOY, "Ada Lovelace}", "Ada Lovelace, orcid: ‸0000-0002-1825-0079}"),
    Damage("R071", TOY, "depth: full", 'revised: ‸"2026-11-04"\ndepth: full'),
    Damage("R072", TOY, "title: A Toy", "title: ‸toy"),
    Damage("R073", TOY, "doi: 10.1000/toy", "doi: ‸10.48550/arXiv.2011.10560"),
    Damage("R074", TOY, "status: published", "status: preprint", "venue: ‸cvpr"),
    Damage("R074", TOY, "venue: cvpr", "venue: ‸arxiv"),
    Damage(
        "R078",
        TOY,
        LINK,
        f'{LINK}\n  - {{role: official-code, url: "https://example.org/codex"}}',
        'repo: ‸"',
    ),
    Damage("R079", TOY, "licence: MIT", "licence: ‸MIT License"),
    Damage("R080", TOY, "Ada Lovelace", '‸"Lovelace, Ada"'),
    Damage("R080", TOY, "Ada Lovelace", "‸Ada Lovelace et al."),
    Damage("R080", TOY, "Ada Lovelace", "‸Ada Lovelace and Charles Babbage"),
]

NUMBERS = [
    Damage("R051", TOY, "method.dim: 8", "‸method.dmi: 8", also="R045 R046"),
    Damage("R051", TOY, "{method.guard: false}", "{‸optimiser.lr: 1}", also="R045"),
    Damage("R052", TOY, "optimizer.lr: 0.05", 'optimizer.lr: ‸"0,05"', also="R045"),
    Damage("R052", TOY, "views.flip_p: 0.5", "views.flip_p: ‸half"),
    Damage("R052", TOY, "views.crop_scale: [0.2, 1]", "views.crop_scale: ‸[0.2, all]"),
    Damage("R053", TOY, "{method.guard: false}", "{method.guard: false, ‸method.dim: 8}"),
    Damage("R061", TOY, VALUE, 'value: ‸"681.0"'),
    Damage("R061", TOY, VALUE, 'value: ‸"-3.1"'),
    Damage("R062", TOY, "unit: percent", 'unit: percent\n    spread: {kind: sd, value: ‸"-0.2"}'),
    Damage("R062", TOY, "unit: percent", 'unit: percent\n    runs: 1\n    spread: ‸{kind: sd, value: "0.2"}'),
    Damage("R063", TOY, "unit: percent", "unit: percent\n    runs: ‸0"),
    Damage("R063", TOY, "epochs: 100, batch: 256", "epochs: ‸-1, batch: 256"),
    Damage("R063", TOY, "epochs: 100, batch: 256", "epochs: 100, batch: ‸0"),
    Damage("R090", TOY, "unit: percent", "unit: percent\n    of: ‸othre"),
    Damage("R090", TOY, "unit: percent", "unit: percent\n    of: ‸toy"),
    Damage("R091", TOY, "batch: 256}", "batch: 256, note: Other as quoted}", "‸id: t1"),
    Damage("R063", DATASETS, "name: Imagenet-1K", "name: Imagenet-1K, classes: ‸0"),
    Damage(
        "R065", TOY, CLAIM, CLAIM.replace("trained", "exact").replace("paper_values", f"{MARK}paper_values")
    ),
]

TEST = (
    "test: {benchmark: digits, why: Small images show it too., base: {budget.epochs: 2},\n"
    "     arms: {on: {}, off: {method.guard: true}}, reported: {on: t1},\n"
    "     expect: [{kind: greater, arms: [on, off], metric: linear, margin: 0.1},\n"
    "              {kind: collapse, arms: [off]}]}"
)


def experiment(rule: str, old: str, new: str) -> Damage:
    """A claim with a test in which ``old`` is ``new``."""
    assert TEST.count(old), old
    return Damage(rule, TOY, CLAIM, f"{CLAIM},\n     {TEST.replace(old, new, 1)}")


CLAIMS = [
    Damage(
        "R082",
        TOY,
        CLAIM,
        f"{CLAIM}, {MARK}tested_by: toy/works".replace("trained", "exact").replace(
            ", paper_values: [t1]", ""
        ),
        also="R089",
    ),
    Damage("R082", TOY, CLAIM, f"{CLAIM}, {TEST}, {MARK}out_of_reach: It is large."),
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
    Damage("R089", TOY, CLAIM, f"{CLAIM}, tested_by: {MARK}toy/works"),
    Damage("R089", TOY, CLAIM, f"{CLAIM}, tested_by: {MARK}other/works"),
    Damage("R089", TOY, CLAIM, f"{CLAIM}, tested_by: {MARK}nobody/works"),
    Damage(
        "R089",
        TOY,
        CLAIM,
        f"{CLAIM}, tested_by: {MARK}toy/second}}\n  - {{id: second, kind: trained, "
        "statement: So does it., place: Fig. 3",
    ),
    Damage(
        "R089",
        TOY,
        CLAIM,
        f"{CLAIM}, tested_by: {MARK}toy/second}}\n  - {{id: second, kind: exact, "
        "statement: So does it., place: Fig. 3",
    ),
]

RECIPES = [
    Damage("R040", RUNS, "paper: toy", "paper: ‸other"),
    Damage("R040", RUNS, "benchmark: digits", "benchmark: ‸cifar10"),
    Damage("R043", RUNS, "follows: imagenet", "follows: ‸imagnet"),
    Damage("R044", RUNS, "dim: 4", "dim: ‸wide"),
    Damage("R044", RUNS, "dim: 4", "‸dmi: 4"),
    Damage("R044", RUNS, "name: toy", "name: ‸tyo"),
    Damage("R044", RUNS, "{flip_p: 0.0}", "{name: ‸imags}"),
    Damage("R044", RUNS, "method: {name: toy, ", "method: {", "dim: 4, guard: ‸false"),
    Damage("R045", RUNS, "  budget.epochs: It must run in minutes.\n", "", "budget: {‸epochs"),
    Damage("R045", RUNS, "  views.*: Digits have a side.\n", "", "views: {‸flip_p", also="R045"),
    Damage("R046", RUNS, "  method.dim: A", "  ‸optimizer.lr: It is the same.\n  method.dim: A"),
    Damage("R046", RUNS, "  method.dim: A", "  ‸data.*: It is the same.\n  method.dim: A"),
    Damage("R046", RUNS, "  method.dim: A", "  ‸method.rate: The paper is silent.\n  method.dim: A"),
    Damage("R050", DIGITS, "name: small", "name: ‸smal"),
    Damage("R050", DIGITS, "width: 16", "‸widht: 16", also="R044"),
    Damage("R050", DIGITS, "noise: 0.1", "noise: ‸loud"),
]

VOCABULARY = [
    Damage(
        "R033", RELATIONS, "inverse: compared-by", "inverse: simplifies", "Compares, inverse: ‸", also="R033"
    ),
    Damage("R033", RELATIONS, "inverse: compared-by", "inverse: ‸gone", also="R033"),
    Damage("R075", VENUES, "name: Icml", "name: ‸CVPR"),
    Damage("R075", TAGS, "contrastive: {name: Contrastive}", "contrastive: {name: A}, other: {name: ‸a}"),
    Damage("R076", PROTOCOLS, '"knn/k200-t0.1@1"', '‸"knn/k200-t0.1"', also="R025"),
]

DAMAGES = [*FORM, *TYPES, *PAPERS, *IDENTITY, *NUMBERS, *CLAIMS, *RECIPES, *VOCABULARY]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: f"{damage.rule} {damage.new[:30]!r}")
def test_a_fault_is_found_by_its_rule_at_its_place_and_by_no_other(tmp_path: Path, damage: Damage) -> None:
    faults = check_files(tmp_path, {damage.file: damage.text})
    found = {(f.rule.id, f.file, f.line, f.column): f.message for f in faults}
    here = (damage.rule, f"catalog/{damage.file}", *damage.place)
    assert here in found, found
    others = [key for key in found if key != here and key[0] not in damage.also.split()]
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
    first = next(fault for fault in check_files(tmp_path, files) if fault.rule.id == "R083")
    assert told in first.message
    assert (first.line, first.column) == paper.place


def test_the_table_has_enough_faults_of_enough_kinds() -> None:
    assert len(DAMAGES) >= 60
    assert len({(damage.rule, damage.file.partition("/")[0]) for damage in DAMAGES}) >= 60
