"""Graphs: the embedded nouns, the encoder written out densely, views against their law, the method's loss."""

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import repro
from repro.errors import DataError, RunError, UsageError
from repro.evidence.pictures import read_pictures
from repro.learning.data import wordnet
from repro.learning.data.graphs import NodeGraph, both_ways, split_nodes
from repro.learning.data.wordnet import FILE, WordNet
from repro.learning.graph import Graph, Node, normalised_adjacency, spread_rows
from repro.learning.methods.base import Progress
from repro.learning.methods.graph_bt import GraphBarlowTwins
from repro.learning.nn.gcn import GCN
from repro.learning.pictures import node_pictures
from repro.learning.views.graphs import GraphViews, drop_edges, mask_features

CPU = torch.device("cpu")
# A path of three nodes and one by itself: 0 - 1 - 2, 3.
PATH = torch.tensor([[0, 1, 1, 2], [1, 0, 2, 1]])


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.fixture(scope="module")
def nouns() -> WordNet:
    return WordNet(CPU)


# The embedded nouns


def test_the_nouns_are_what_the_file_says(nouns: WordNet) -> None:
    assert (len(nouns), nouns.test_size, len(nouns.classes)) == (3600, 2880, 12)
    assert nouns.example == WordNet.example_of({}) == Node(3600, 1500)
    assert torch.bincount(nouns.labels).tolist() == [300] * 12
    assert set(nouns.graph.features.unique().tolist()) == {0.0, 1.0}
    source, target = nouns.graph.edges
    assert bool((source != target).all())
    there = set(zip(source.tolist(), target.tolist(), strict=True))
    assert len(there) == len(source)
    assert there == {(target, source) for source, target in there}
    alike = (nouns.labels[source] == nouns.labels[target]).float().mean().item()
    assert 0.5 < alike < 0.56
    dog = nouns.names.index("dog")
    assert nouns.classes[nouns.labels[dog]] == "animal"
    kinds = {nouns.names[node] for node in target[source == dog].tolist()}
    assert "hound" in kinds


def test_the_file_is_small_safe_and_has_its_licence_beside_it() -> None:
    assert FILE.stat().st_size < 100_000
    with np.load(FILE, allow_pickle=False) as file:
        assert all(file[name].dtype.kind == "u" for name in file)
    licence = (FILE.parent / "wordnet-licence.txt").read_text("utf-8")
    assert "WordNet 3.1 Copyright 2011 by Princeton University" in licence
    assert "Permission to use, copy, modify and distribute" in licence


def test_a_changed_file_is_refused_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    changed = tmp_path / "wordnet.npz"
    changed.write_bytes(FILE.read_bytes() + b" ")
    monkeypatch.setattr(wordnet, "FILE", changed)
    with pytest.raises(DataError, match="not the file that repro came with"):
        WordNet(CPU)
    monkeypatch.setattr(wordnet, "FILE", tmp_path / "none.npz")
    with pytest.raises(DataError, match="cannot be read"):
        WordNet(CPU)


def test_splits_are_a_tenth_a_tenth_and_the_rest(nouns: WordNet) -> None:
    chosen = WordNet(CPU, evaluate="validation")
    assert torch.equal(chosen.train_nodes, nouns.train_nodes)
    parts = (nouns.train_nodes, chosen.test_nodes, nouns.test_nodes)
    assert [len(part) for part in parts] == [360, 360, 2880]
    assert torch.equal(torch.cat(parts).sort().values, torch.arange(3600))
    another = WordNet(CPU, split=1)
    assert not torch.equal(another.train_nodes, nouns.train_nodes)
    assert len({nouns.checksum, chosen.checksum, another.checksum}) == 3
    assert "validation" in chosen.label
    assert split_nodes(5, 0, "test")[0].tolist() == split_nodes(5, 0, "validation")[0].tolist()


def test_a_batch_is_the_whole_graph(nouns: WordNet) -> None:
    (batch,) = nouns.batches(3600, draw())
    assert batch is nouns.graph
    assert len(list(nouns.batches(1000, draw()))) == 3
    with pytest.raises(DataError, match=r"budget\.batch=3600"):
        nouns.batches(3601, draw())


def test_features_are_those_of_the_labelled_and_of_the_test_nodes(nouns: WordNet) -> None:
    number = nouns.features(lambda graph: torch.arange(len(graph.features)).unsqueeze(1))
    assert torch.equal(number.train[:, 0].long(), nouns.train_nodes)
    assert torch.equal(number.test[:, 0].long(), nouns.test_nodes)
    assert torch.equal(number.test_labels, nouns.labels[nouns.test_nodes])
    assert set(number.train_labels.tolist()) == set(range(12))
    few = nouns.features(lambda graph: torch.arange(len(graph.features)).unsqueeze(1), limit=5)
    assert [len(part) for part in few] == [5] * 4
    assert set(few.test[:, 0].tolist()) <= set(number.test[:, 0].tolist())
    assert torch.equal(nouns.features(nouns.raw).test, nouns.graph.features[nouns.test_nodes])


def test_edges_go_both_ways_once_and_loops_are_left_out() -> None:
    pairs = np.array([[0, 1, 2, 2], [1, 0, 2, 1]])
    assert both_ways(pairs).T.tolist() == [[0, 1], [1, 0], [1, 2], [2, 1]]


# The adjacency and the encoder, against matrices written out


def dense(edges: Tensor, count: int) -> Tensor:
    matrix = torch.eye(count)
    for source, target in edges.T.tolist():
        matrix[target, source] += 1
    root = matrix.sum(dim=1).rsqrt()
    return root[:, None] * matrix * root[None, :]


def test_the_normalised_adjacency_is_the_worked_example() -> None:
    half, sixth = 1 / 2, 1 / math.sqrt(6)
    expected = [[half, sixth, 0, 0], [sixth, 1 / 3, sixth, 0], [0, sixth, half, 0], [0, 0, 0, 1]]
    torch.testing.assert_close(normalised_adjacency(PATH, 4).to_dense(), torch.tensor(expected))
    torch.testing.assert_close(dense(PATH, 4), torch.tensor(expected))
    one_way = PATH[:, :3]  # the degree of node 1 counts what leads to it
    torch.testing.assert_close(normalised_adjacency(one_way, 4).to_dense(), dense(one_way, 4))


def test_propagating_twice_is_the_square_of_the_adjacency(nouns: WordNet) -> None:
    rows = nouns.propagate(Graph(torch.eye(4), PATH))
    torch.testing.assert_close(rows, dense(PATH, 4) @ dense(PATH, 4))


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("use_edges", [True, False])
def test_a_gcn_is_its_matrices_written_out(layers: int, use_edges: bool) -> None:
    torch.manual_seed(1)
    encoder: Any = GCN(Node(4, 5), width=3, hidden=6, layers=layers, use_edges=use_edges).train()
    rows = torch.randn(4, 5, generator=draw())
    spread = dense(PATH, 4) if use_edges else torch.eye(4)
    expected = rows
    for linear in encoder.linears[:-1]:
        expected = spread @ expected @ linear.weight.T
        expected = (expected - expected.mean(dim=0)) / (expected.var(dim=0, correction=0) + 1e-5).sqrt()
        expected = torch.where(expected > 0, expected, 0.25 * expected)
    expected = spread @ expected @ encoder.linears[-1].weight.T
    torch.testing.assert_close(encoder(Graph(rows, PATH)), expected, rtol=1e-4, atol=1e-5)


def test_a_gcn_sees_as_far_as_it_has_layers() -> None:
    encoder = GCN(Node(4, 4), width=3, hidden=6, layers=1).eval()
    far = torch.eye(4)
    far[2] = 0  # two edges from node 0
    before, after = encoder(Graph(torch.eye(4), PATH)), encoder(Graph(far, PATH))
    assert torch.equal(before[0], after[0])
    assert not torch.equal(before[1], after[1])


def test_neighbours_are_summed_in_single_precision() -> None:
    rows = torch.randn(4, 3).to(torch.bfloat16)
    assert spread_rows(normalised_adjacency(PATH, 4), rows).dtype == torch.float32


def test_an_encoder_of_graphs_draws_nothing_and_trains_everything() -> None:
    encoder = GCN(Node(24, 6), width=4, hidden=8)
    graph = Graph(torch.rand(24, 6, generator=draw()), torch.randint(24, (2, 50), generator=draw()))
    state = torch.get_rng_state()
    with torch.device("meta"):  # where a tensor made without a device would stand
        encoder(graph).square().sum().backward()
    assert torch.equal(torch.get_rng_state(), state)
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())


# Views


WIDE = Graph(torch.ones(3, 4000), torch.zeros(2, 4000, dtype=torch.int64))


def within(share: float, probability: float, count: int) -> bool:
    """True if a share is within five standard errors of its probability."""
    return abs(share - probability) < 5 * math.sqrt(probability * (1 - probability) / count)


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_features_are_hidden_and_edges_dropped_as_often_as_asked(probability: float) -> None:
    masked = mask_features(WIDE.features, probability, draw(1))
    assert torch.equal(masked[0], masked[1])  # hidden in all nodes or in none
    assert within(1 - masked[0].mean().item(), probability, 4000)
    edges = drop_edges(torch.arange(8000).reshape(2, 4000), probability, draw(1))
    assert within(1 - edges.shape[1] / 4000, probability, 4000)
    assert torch.equal(edges[1] - edges[0], torch.full((edges.shape[1],), 4000))
    assert bool((edges[0].diff() > 0).all())  # those that stay keep their order


def test_each_view_has_its_own_probabilities() -> None:
    views = GraphViews(Node(3, 4000), mask_p=[0.0, 0.3], drop_p=[0.6, 0.0])
    first, second = views(WIDE, draw(2))
    assert first.features is WIDE.features
    assert second.edges is WIDE.edges
    assert within(1 - second.features[0].mean().item(), 0.3, 4000)
    assert within(1 - first.edges.shape[1] / 4000, 0.6, 4000)
    assert views.count == 2
    assert views.plain(WIDE) is WIDE


def test_views_of_a_graph_take_their_numbers_from_the_generator_alone() -> None:
    views = GraphViews(Node(3, 4000))
    kept, state = WIDE.features.clone(), torch.get_rng_state()
    with torch.device("meta"):
        (one, two), (again, _), (other, _) = (views(WIDE, generator) for generator in map(draw, (1, 1, 2)))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(WIDE.features, kept)
    assert torch.equal(one.features, again.features)
    assert torch.equal(one.edges, again.edges)
    assert not torch.equal(one.features, two.features)
    assert not torch.equal(one.features, other.features)


def test_nothing_is_drawn_for_a_step_that_is_not_made() -> None:
    generator = draw(4)
    before = generator.get_state()
    GraphViews(Node(3, 4000), mask_p=0, drop_p=0)(WIDE, generator)
    assert torch.equal(generator.get_state(), before)


def test_views_refuse_what_they_cannot_make() -> None:
    with pytest.raises(UsageError, match=r"views\.mask_p"):
        GraphViews(Node(3, 4), mask_p=1.5)
    with pytest.raises(UsageError, match=r"views\.drop_p"):
        GraphViews(Node(3, 4), drop_p=[0.1, 0.2, 0.3])
    with pytest.raises(TypeError, match="features"):
        GraphViews(Node(3, 4))(WIDE, draw())


# The method


def test_the_loss_is_that_of_the_paper_with_one_over_the_width() -> None:
    torch.manual_seed(2)
    method = GraphBarlowTwins(GCN(Node(24, 6), width=4, hidden=8)).train()
    graph = Graph(torch.rand(24, 6), torch.randint(24, (2, 60)))
    views = GraphViews(Node(24, 6), mask_p=0.3, drop_p=0.5)(graph, draw(3))
    za, zb = (method.encoder(view) for view in views)
    scaled = [(z - z.mean(dim=0)) / (z.var(dim=0, correction=0) + 1e-5).sqrt() for z in (za, zb)]
    c = scaled[0].T @ scaled[1] / 24
    off = (c.square().sum() - c.diagonal().square().sum()) / 4
    expected = (1 - c.diagonal()).square().sum() + off
    torch.testing.assert_close(method.loss(views, Progress()), expected, rtol=1e-4, atol=1e-5)
    assert method.lambda_ == 1 / 4
    assert GraphBarlowTwins(method.encoder, projector=16).lambda_ == 1 / 16
    assert GraphBarlowTwins(method.encoder, lambda_=0).lambda_ == 0


# The pictures, and a whole run


def test_neighbours_come_by_name_and_none_is_its_own(nouns: WordNet, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    drawn = node_pictures(nouns, None, nouns.raw, nouns.features(nouns.raw), 0)
    save_file(drawn, tmp_path / "pictures.safetensors")
    pictures = read_pictures(tmp_path / "pictures.safetensors")
    assert pictures.named is not None
    assert pictures.map is not None
    assert pictures.neighbours is None
    assert len(pictures.named.query) == 10
    for name, near, similarity in zip(
        pictures.named.query, pictures.named.neighbours, pictures.named.similarity, strict=True
    ):
        assert {name, *near} <= set(nouns.names)
        assert len(near) == 5
        assert bool((np.diff(similarity) <= 0).all())
    drawn["neighbour_name"] = torch.frombuffer(bytearray(b"only one"), dtype=torch.uint8)
    save_file(drawn, tmp_path / "pictures.safetensors")
    with pytest.raises(RunError, match="neighbour"):
        read_pictures(tmp_path / "pictures.safetensors")


@pytest.mark.apart
def test_a_run_has_all_baselines_and_speaks_of_nodes(tmp_path: Path) -> None:
    small = {"budget.epochs": 2, "optimizer.warmup_epochs": 1, "encoder.width": 8, "encoder.hidden": 16}
    run = repro.run("graph-bt", set=small, out=tmp_path / "run", threads=1)
    base = run.summary.baselines
    assert [base.pixels["knn"], base.propagated["knn"]] == [
        pytest.approx(0.41, abs=0.03),
        pytest.approx(0.55, abs=0.03),
    ]
    assert base.untrained["linear"] is not None
    assert run.summary.data.unit == "node"
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "propagated" in page
    assert "raw features" in page
    assert "test nodes" in page
    assert "image" not in page.partition('<section aria-labelledby="settings">')[0].partition("<main>")[2]
    assert run.pictures.named is not None
    assert run.pictures.named.query[0] in page
    record = json.loads((tmp_path / "run" / "summary.json").read_text("utf-8"))
    assert record["baselines"]["propagated"] == base.propagated


def test_a_part_of_the_graph_is_refused_as_a_batch() -> None:
    with pytest.raises(UsageError, match=r"budget\.batch is 128, .* give 3600"):
        repro.run("graph-bt", set={"budget.batch": 128})


def test_the_pinned_hash_is_that_of_the_file() -> None:
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == wordnet.SHA256
    assert issubclass(WordNet, NodeGraph)
