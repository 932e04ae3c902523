"""What the contracts promise, held against every component of the registry and toys of other shapes."""

import math
from collections.abc import Callable
from contextlib import nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from repro.catalog.records.config import KnnConfig, LinearConfig, OptimizerConfig
from repro.errors import DataError, UsageError
from repro.learning import checkpoint, examples
from repro.learning.clip import Clip
from repro.learning.data.base import Dataset, Features
from repro.learning.data.cifar10 import CLASSES
from repro.learning.data.digits import Digits
from repro.learning.data.graphs import NodeGraph
from repro.learning.graph import Graph, Node
from repro.learning.methods.base import Method, Progress
from repro.learning.nn.small_resnet import SmallResNet
from repro.learning.optim import Optimisation
from repro.learning.probes.knn import knn
from repro.learning.probes.linear import linear
from repro.learning.probes.spread import spread
from repro.learning.registry import DATASETS, ENCODERS, METHODS, VIEWS
from repro.learning.train import Schedule, Tick, train
from repro.learning.views.graphs import GraphViews
from tests.learning.data.test_sound_folder import fill as fill_sounds
from tests.support.contract.audio import AudioViews
from tests.support.contract.cases import CASES, TOYS, Case, options, small
from tests.support.contract.dino import Dino, MultiCrop
from tests.support.contract.graphs import OneGraph

CPU = torch.device("cpu")
MIDDLE = Progress(step=6, steps=12, epoch=2, epochs=4)
EVERY_METHOD = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def draw(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def one_batch(case: Case) -> Any:
    return next(iter(case.dataset().batches(case.batch, draw())))


def some_views(case: Case) -> list[Any]:
    return case.views()(one_batch(case), draw(1))


def snapshot(module: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in module.state_dict().items()}


def identical(found: Any, expected: Any) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=0)


# Methods


@EVERY_METHOD
def test_a_loss_is_a_finite_scalar_that_changes_buffers_alone(case: Case) -> None:
    method, views = case.build().train(), some_views(case)
    weights, seen = [p.clone() for p in method.parameters()], deepcopy(views)
    loss = method.loss(views, MIDDLE)
    assert loss.shape == ()
    assert loss.isfinite()
    identical(views, seen)
    identical([p.detach() for p in method.parameters()], weights)


@EVERY_METHOD
def test_groups_hold_every_trainable_parameter_once_and_each_gets_a_gradient(case: Case) -> None:
    method = case.build().train()
    grouped = [p for group in method.parameter_groups() for p in group.parameters]
    assert len(grouped) == len({id(p) for p in grouped})
    assert {id(p) for p in grouped} == {id(p) for p in method.parameters() if p.requires_grad}
    method.loss(some_views(case), MIDDLE).backward()
    for name, parameter in method.named_parameters():
        if parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        else:
            assert parameter.grad is None, name


@EVERY_METHOD
def test_evaluation_leaves_no_trace(case: Case) -> None:
    method, views = case.build().eval(), some_views(case)
    before = snapshot(method)
    with torch.no_grad():
        first, second = (method.loss(views, MIDDLE) for _ in range(2))
        method.encode(views[0])
        method.project(views[0])
        method.watch(views)
    assert first.isfinite()
    assert torch.equal(first, second)
    identical(snapshot(method), before)


@EVERY_METHOD
def test_shapes_of_what_is_evaluated(case: Case) -> None:
    method, views = case.build().eval(), some_views(case)
    batch = case.views().plain(one_batch(case))
    with torch.no_grad():
        assert method.encode(batch).shape == (case.batch, method.encoder.width)
        z = method.project(batch)
        watched = method.watch(views)
    assert z.ndim == 2
    assert len(z) == case.batch
    assert all(isinstance(name, str) and type(value) is float for name, value in watched.items())
    assert all(math.isfinite(value) for value in watched.values())


@EVERY_METHOD
def test_a_method_makes_its_tensors_where_its_batch_is(case: Case) -> None:
    """On a GPU a tensor made without a device would stand on the CPU; here it would stand on ``meta``."""
    method, views = case.build().train(), some_views(case)
    batch = case.views().plain(one_batch(case))
    with torch.device("meta"):
        loss = method.loss(views, MIDDLE)
        loss.backward()
        method.after_step(MIDDLE)
        with torch.no_grad():
            found = [loss, method.encode(batch), method.project(batch), *method.state_dict().values()]
            method.eval().watch(views)
    assert {tensor.device.type for tensor in found} == {"cpu"}


@EVERY_METHOD
def test_after_a_step_only_what_the_optimiser_does_not_own_moves(case: Case) -> None:
    method = case.build().train()
    with torch.no_grad():
        for parameter in method.parameters():
            if parameter.requires_grad:
                parameter.add_(0.01)
    owned = [p.clone() for p in method.parameters() if p.requires_grad]
    buffers = deepcopy(dict(method.named_buffers()))
    method.after_step(MIDDLE)
    identical([p.detach() for p in method.parameters() if p.requires_grad], owned)
    identical(dict(method.named_buffers()), buffers)


# Training


EPOCHS = 2


class Running:
    """A case in the real loop, with what a checkpoint of it holds."""

    def __init__(self, case: Case, seed: int = 0) -> None:
        self.case, self.dataset, self.views = case, case.dataset(), case.views()
        self.method = case.build(seed)
        self.schedule = Schedule(EPOCHS, case.batch, len(self.dataset) // case.batch)
        chosen = OptimizerConfig(name="sgd", lr=0.05, weight_decay=0.01)
        groups = self.method.parameter_groups()
        steps, each = self.schedule.steps, self.schedule.steps_per_epoch
        self.optimisation = Optimisation(groups, chosen, case.batch, steps, each)

    def steps(self, start: int, stop: int) -> list[Tick]:
        ticks = train(
            self.method,
            self.views,
            self.dataset,
            self.optimisation,
            self.schedule,
            seed=5,
            start=start,
            precision=nullcontext,
        )
        return [next(ticks) for _ in range(start, stop)]

    @property
    def remembering(self) -> nn.Module | None:
        """Views with a memory are modules, and their buffers belong into a checkpoint."""
        return self.views if isinstance(self.views, nn.Module) else None

    def save(self, path: Path) -> None:
        state = {"method": self.method.state_dict(), "optimizer": self.optimisation.optimizer.state_dict()}
        if self.remembering:
            state["views"] = self.remembering.state_dict()
        checkpoint.save(path, state)

    def load(self, path: Path) -> None:
        state = checkpoint.load(path, CPU)
        checkpoint.restore(path, self.method, self.optimisation.optimizer, state)
        if self.remembering:
            self.remembering.load_state_dict(state["views"])


@EVERY_METHOD
def test_training_goes_on_from_a_checkpoint_as_if_it_had_never_stopped(case: Case, tmp_path: Path) -> None:
    whole, before, after = Running(case), Running(case), Running(case, seed=9)
    steps = whole.schedule.steps
    half = max(1, steps - 2)  # inside an epoch, where an epoch has several steps
    losses = [tick.loss for tick in whole.steps(0, steps)]
    begun = before.steps(0, half)
    before.save(tmp_path / "checkpoint.pt")
    after.load(tmp_path / "checkpoint.pt")
    resumed = after.steps(half, steps)
    identical([tick.loss for tick in begun + resumed], losses)
    identical(snapshot(after.method), snapshot(whole.method))
    assert [tick.progress.step for tick in begun + resumed] == list(range(steps))


@EVERY_METHOD
def test_training_moves_every_trainable_parameter(case: Case) -> None:
    running = Running(case)
    before = {name: p.detach().clone() for name, p in running.method.named_parameters() if p.requires_grad}
    running.steps(0, running.schedule.steps)
    after = dict(running.method.named_parameters())
    assert [name for name, value in before.items() if torch.equal(value, after[name])] == []


@pytest.mark.parametrize("case", options().values(), ids=options())
def test_every_choice_of_a_method_trains(case: Case) -> None:
    assert all(tick.loss.isfinite() for tick in Running(case).steps(0, 2))


# Settings that a person may type


OUT_OF_RANGE: list[tuple[str, dict[str, Any]]] = [
    ("simclr", {"temperature": 0.0}),
    ("simclr", {"temperature": -1.0}),
    ("simclr", {"dim": 0}),
    ("simclr", {"hidden": -1}),
    ("byol", {"tau": 1.5}),
    ("byol", {"tau": -0.1}),
    ("byol", {"projector_layers": 0}),
    ("byol", {"predictor_layers": 0}),
    ("byol", {"predictor_lr_scale": -1.0}),
    ("barlow_twins", {"on_diagonal": False, "off_diagonal": False}),  # nothing is left of the loss
    ("barlow_twins", {"layers": -1}),
    ("barlow_twins", {"lambda_": -1.0}),
    ("simsiam", {"layers": 0}),
    ("simsiam", {"hidden": 0}),
]


@pytest.mark.parametrize(("name", "wrong"), OUT_OF_RANGE)
def test_a_method_refuses_a_setting_out_of_range(name: str, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        small(name, **wrong)


@pytest.mark.parametrize("wrong", [{"width": 0}, {"stages": 0}, {"stem_stride": 0}])
def test_an_encoder_refuses_a_setting_out_of_range(wrong: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        SmallResNet(examples.Image(1, 32), **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"placements": 0},
        {"noise": -1.0},
        {"min_scale": 0.9, "max_scale": 0.5},
        {"min_scale": 0.0},
        {"seed": -1},
    ],
)
def test_the_digits_refuse_a_setting_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        Digits(CPU, **wrong)


@pytest.mark.parametrize("wrong", [{"momentum": 1.0}, {"beta2": 1.0}])
def test_an_optimiser_refuses_a_decay_of_one(wrong: dict[str, float]) -> None:
    """A moment that never forgets. The error is pydantic's, of which the catalog makes a sentence."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        OptimizerConfig(name="adamw", lr=0.1, **wrong)


# Toys, each for what no method of the registry asks of the contract


def test_many_views_of_two_sizes_a_centre_and_a_layer_that_waits() -> None:
    running = Running(TOYS["dino"])
    method: Any = running.method
    assert isinstance(method, Dino)
    assert isinstance(running.views, MultiCrop)
    last, weights = method.last.weight.detach().clone(), method.encoder.stem[0].weight.detach().clone()
    first = running.steps(0, 3)  # the whole first epoch
    assert [tuple(view.shape[-2:]) for view in first[0].views] == [(10, 10)] * 2 + [(6, 6)] * 3
    assert torch.equal(method.last.weight, last)
    assert not torch.equal(method.encoder.stem[0].weight, weights)
    assert method.centre.abs().max() > 0
    running.steps(3, 4)
    assert not torch.equal(method.last.weight, last)
    temperatures = [method.teacher_temperature(running.schedule.progress(step)) for step in (0, 3)]
    assert temperatures == [pytest.approx(0.04), pytest.approx(0.055)]


def test_views_may_remember_sounds() -> None:
    running = Running(TOYS["byol on sounds"])
    views: Any = running.views
    assert isinstance(views, AudioViews)
    ticks = running.steps(0, 2)
    assert int(views.filled) == 2 * 2 * 8  # two views of two batches
    assert views.memory.abs().sum(dim=(1, 2, 3)).gt(0).all()
    assert ticks[0].views[0].shape == (8, 1, 8, 12)


def test_a_batch_may_be_a_graph() -> None:
    running = Running(TOYS["barlow_twins on a graph"])
    assert isinstance(running.views, GraphViews)
    ticks = running.steps(0, 2)
    one, other = ticks[0].views
    assert isinstance(one, Graph)
    assert one.edges.shape[1] < OneGraph().graph.edges.shape[1]
    assert one.edges.shape != other.edges.shape or not torch.equal(one.edges, other.edges)
    features = running.dataset.features(running.method.eval().encode)
    assert features.train.shape == (18, running.method.encoder.width)
    assert 0 <= knn(features, KnnConfig()) <= 1


# Encoders


ON_NODES = {"gcn", "graphs"}  # encoders and views of the registry that take a graph
ON_CLIPS = {"audio_cnn", "speech_transformer", "spectrogram", "speech"}  # those that take sounds
OTHERS = ON_NODES | ON_CLIPS
HEARD = Clip(2000, 8000, 20)
INPUTS = [(name, channels) for name in sorted(ENCODERS.keys() - OTHERS) for channels in (1, 3)]
INPUTS += [(name, 0) for name in sorted(ENCODERS.keys() & ON_CLIPS)]


def test_every_encoder_and_every_view_of_the_registry_is_tried() -> None:
    kinds = {name: kind for registry in (ENCODERS, VIEWS) for name, kind in registry.items()}
    taken = {name: get_type_hints(kind.__init__)["example"] for name, kind in kinds.items()}
    assert {name for name, example in taken.items() if example is Node} == ON_NODES
    assert {name for name, example in taken.items() if example is Clip} == ON_CLIPS
    assert {taken[name] for name in taken.keys() - OTHERS} == {examples.Image}


@pytest.mark.parametrize(("name", "channels"), INPUTS)
def test_an_encoder_maps_each_example_to_a_vector(name: str, channels: int) -> None:
    torch.manual_seed(0)
    example = examples.Image(channels, 32) if channels else HEARD
    encoder: Any = ENCODERS[name](example)  # type: ignore[call-arg]
    shape = (3, channels, 32, 32) if channels else (3, 1, HEARD.mels, HEARD.frames)
    batch = torch.rand(shape, generator=draw())
    kept = batch.clone()
    vectors = encoder.train()(batch)
    assert vectors.shape == (3, encoder.width)
    vectors.square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in encoder.parameters())
    encoder.eval()
    before = snapshot(encoder)
    with torch.no_grad():
        together, alone = encoder(batch), encoder(batch[1:2])
    torch.testing.assert_close(together[1:2], alone, rtol=1e-4, atol=1e-5)
    assert torch.equal(batch, kept)
    identical(snapshot(encoder), before)


# Views


@pytest.mark.parametrize("name", sorted(VIEWS.keys() & ON_CLIPS))
def test_views_of_sounds_take_their_numbers_from_the_generator_alone(name: str) -> None:
    batch = torch.rand(6, HEARD.samples, generator=draw()) - 0.5
    kept, state = batch.clone(), torch.get_rng_state()
    views: list[Any] = [VIEWS[name](HEARD) for _ in range(3)]  # type: ignore[call-arg]
    for each in views:
        each(batch, draw(9))  # views may remember sounds: all the same ones
    with torch.device("meta"):
        first, again, other = (each(batch, draw(seed)) for each, seed in zip(views, (1, 1, 2), strict=True))
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(batch, kept)
    assert [view.shape for view in first] == [(6, 1, HEARD.mels, HEARD.frames)] * views[0].count
    assert all(view.isfinite().all() and view.dtype == torch.float32 for view in first)
    identical(first, again)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], other[0])


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("name", sorted(VIEWS.keys() - OTHERS))
def test_views_take_their_numbers_from_the_generator_alone(name: str, channels: int) -> None:
    colourless = {"saturation": 0.0, "hue": 0.0, "gray_p": 0.0} if channels == 1 else {}
    views = VIEWS[name](examples.Image(channels, 12), solarize_p=0.2, noise=0.01, **colourless)
    batch = torch.rand(6, channels, 16, 16, generator=draw())
    kept, state = batch.clone(), torch.get_rng_state()
    generators = [draw(1), draw(1), draw(2)]
    with torch.device("meta"):  # where a tensor made without a device would stand, as on a GPU it would not
        first, again, other = (views(batch, generator) for generator in generators)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(batch, kept)
    assert [(view.shape, view.dtype) for view in first] == [((6, channels, 12, 12), torch.float32)] * 2
    assert all(view.isfinite().all() for view in first)
    identical(first, again)
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[0], other[0])


# Data sets


def _folder(root: Path, names: tuple[str, ...], count: int) -> str:
    for label, name in enumerate(names):
        (root / name).mkdir(parents=True)
        for index in range(count):
            Image.new("RGB", (32, 32), (label * 20 + index, index, 9)).save(root / name / f"{index}.png")
    return str(root)


def _copy_of_cifar10(root: Path) -> str:
    for split, count in (("train", 3), ("test", 1)):
        _folder(root / split, CLASSES, count)
    return str(root)


TINY: dict[str, Callable[[Path], dict[str, Any]]] = {
    "digits": lambda root: {"placements": 1},
    "digits_colour": lambda root: {"placements": 1},
    "folder": lambda root: {"path": _folder(root / "pets", ("cats", "dogs"), 12), "size": 16},
    "cifar10": lambda root: {"path": _copy_of_cifar10(root / "copy")},
    "instrument_notes": lambda root: {"placements": 1},
    "sound_folder": lambda root: {"path": str(fill_sounds(root / "sounds", 12))},
    "spoken_words": lambda root: {"placements": 1},
}
GRAPHS = {"citations", "wordnet"}  # a batch is the whole graph: test_graphs.py holds them to the contract


@pytest.fixture(params=sorted(DATASETS.keys() - GRAPHS))
def dataset(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("REPRO_CACHE", str(tmp_path / "cache"))
    kind: Any = DATASETS[request.param]
    built: Dataset = kind(CPU, **TINY[request.param](tmp_path))
    return built


def shape_of(example: Any) -> tuple[int, ...]:
    """The shape of one row of a batch."""
    image = isinstance(example, examples.Image)
    return (example.channels, example.size, example.size) if image else (example.samples,)


def test_batches_are_whole_shuffled_and_without_labels(dataset: Dataset) -> None:
    assert len(dataset.classes) > 1
    assert dataset.label
    assert dataset.checksum.startswith("sha256:")
    assert dataset.device == CPU
    size = 7
    epoch = list(dataset.batches(size, draw(1)))
    assert len(epoch) == len(dataset) // size
    for batch in epoch:
        assert batch.shape == (size, *shape_of(dataset.example))
        assert batch.dtype == torch.float32
        assert batch.min() >= (0 if isinstance(dataset.example, examples.Image) else -1)
        assert batch.max() <= 1
    identical(list(dataset.batches(size, draw(1))), epoch)
    assert not torch.equal(torch.cat(list(dataset.batches(size, draw(2)))), torch.cat(epoch))


def test_every_example_comes_once_an_epoch(dataset: Dataset) -> None:
    rows = torch.cat(list(dataset.batches(1, draw()))).flatten(1)
    everything = dataset.features(lambda batch: batch.flatten(1)).train
    assert len(rows) == len(dataset)
    assert sorted(rows.tolist()) == sorted(everything.tolist())


def mean_of(batch: Tensor) -> Tensor:
    return batch.flatten(1).mean(dim=1, keepdim=True)


def test_features_keep_their_rows_and_labels(dataset: Dataset) -> None:
    features = dataset.features(mean_of)
    assert features.train.shape == (len(dataset), 1)
    assert features.test.shape == (dataset.test_size, 1)
    assert features.train_labels.shape == (len(dataset),)
    assert features.test_labels.shape == (dataset.test_size,)
    assert features.train.dtype == features.test.dtype == torch.float32
    assert set(features.test_labels.tolist()) <= set(features.train_labels.tolist())
    assert set(features.train_labels.tolist()) == set(range(len(dataset.classes)))
    assert not features.train.requires_grad
    identical(dataset.features(mean_of), features)
    few = dataset.features(mean_of, limit=5)
    assert [len(part) for part in few] == [min(5, len(part)) for part in features]
    pairs = set(zip(features.train[:, 0].tolist(), features.train_labels.tolist(), strict=True))
    assert set(zip(few.train[:, 0].tolist(), few.train_labels.tolist(), strict=True)) <= pairs


def test_a_batch_larger_than_the_data_is_refused_at_once(dataset: Dataset) -> None:
    with pytest.raises(DataError, match="batch"):
        dataset.batches(len(dataset) + 1, draw())


def test_every_data_set_of_the_registry_is_tried() -> None:
    assert set(TINY) | GRAPHS == set(DATASETS)
    assert {name for name, kind in DATASETS.items() if issubclass(kind, NodeGraph)} == GRAPHS
    assert set(METHODS) < set(CASES)


# Probes


PROBES: dict[str, Callable[[Features], float]] = {
    "knn": lambda features: knn(features, KnnConfig(k=5)),
    "linear": lambda features: linear(features, LinearConfig()),
}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_a_probe_works_on_the_device_of_the_features(probe: Callable[[Features], float]) -> None:
    labels = torch.arange(40) % 2
    rows = torch.randn(40, 3, generator=draw()) + labels.unsqueeze(1)
    features = Features(rows[:30], labels[:30], rows[30:], labels[30:])
    expected = probe(features)
    with torch.device("meta"):
        assert probe(features) == expected


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES)
def test_a_probe_is_an_accuracy_and_draws_nothing(probe: Callable[[Features], float]) -> None:
    labels = torch.arange(60) % 3
    centres = torch.tensor([[5.0, 0, 0, 1], [0, 5, 0, 1], [0, 0, 5, 1]])
    rows = centres[labels] + 0.1 * torch.randn(60, 4, generator=draw())
    easy = Features(rows[:45], labels[:45], rows[45:], labels[45:])
    kept, state = deepcopy(easy), torch.get_rng_state()
    wrong = easy._replace(test_labels=(easy.test_labels + 1) % 3)
    half = easy._replace(test_labels=torch.where(torch.arange(15) < 6, easy.test_labels, wrong.test_labels))
    assert [probe(easy), probe(wrong), probe(half)] == [1.0, 0.0, pytest.approx(0.4)]
    assert type(probe(easy)) is float
    assert torch.equal(torch.get_rng_state(), state)
    identical(easy, kept)


def test_spread_is_two_numbers() -> None:
    values = spread(torch.randn(20, 6, generator=draw()))
    assert set(values) == {"std", "effective_rank"}
    assert all(type(value) is float and math.isfinite(value) for value in values.values())


def test_a_method_must_define_its_loss() -> None:
    with pytest.raises(NotImplementedError, match="loss"):
        Method(CASES["simclr"].build().encoder).loss([], MIDDLE)
