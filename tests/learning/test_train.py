"""The loop and its random numbers: exactly the right steps, and the same ones from wherever it starts."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from repro.catalog.records.config import OptimizerConfig
from repro.errors import TrainingError
from repro.learning import seeding
from repro.learning.methods.base import Method, Progress
from repro.learning.nn.encoder import Encoder
from repro.learning.optim import Optimisation
from repro.learning.train import Schedule, Tick, finite, train
from tests.support.tiny import CPU, same

ROWS, BATCH, EPOCHS = 22, 5, 3  # four batches an epoch, two rows left over
SCHEDULE = Schedule(EPOCHS, BATCH, ROWS // BATCH)


class Linear(Encoder):
    def __init__(self) -> None:
        super().__init__()
        self.width = 3
        self.layer = nn.Linear(2, 3)

    def forward(self, batch: Tensor) -> Tensor:
        out: Tensor = self.layer(batch)
        return out


class Noisy(Method):
    """Everything that could depend on when it runs: dropout, a queue, a slow copy; it notes its calls."""

    def __init__(self, encoder: Encoder) -> None:
        super().__init__(encoder)
        self.dropout = nn.Dropout(0.5)
        self.slow = nn.Linear(2, 3).requires_grad_(False)
        self.register_buffer("queue", torch.zeros(4, 3))
        self.calls: list[tuple[str, Progress]] = []
        self.modes: list[bool] = []

    def loss(self, views: Sequence[Any], progress: Progress) -> Tensor:
        self.calls.append(("loss", progress))
        self.modes.append(self.training)
        z = self.dropout(self.encoder(views[0]))
        noise = torch.rand(z.shape)
        target = self.queue.mean(dim=0) + self.slow(views[1])
        if self.training:
            self.queue = torch.cat([self.queue, z.detach()])[-4:]
        return (z - target - noise).square().mean()

    @torch.no_grad()
    def after_step(self, progress: Progress) -> None:
        self.calls.append(("after", progress))
        self.slow.weight.lerp_(self.encoder.layer.weight, 0.1)


class Rows:
    """Twenty-two points; only what the loop asks of a data set."""

    channels, size, classes, checksum, unit, label, device = 1, 1, (), "", "point", "points", CPU

    def __len__(self) -> int:
        return ROWS

    def batches(self, size: int, generator: torch.Generator) -> Iterator[Tensor]:
        order = torch.randperm(ROWS, generator=generator)
        points = torch.arange(2.0 * ROWS).reshape(ROWS, 2) / ROWS
        return (points[order[start : start + size]] for start in range(0, ROWS - size + 1, size))


def jittered(batch: Tensor, generator: torch.Generator) -> list[Tensor]:
    return [batch + 0.1 * torch.randn(batch.shape, generator=generator) for _ in range(2)]


class Bench:
    """A method and its optimiser, and the loop over them."""

    def __init__(self, seed: int = 0, optimizer: str = "sgd") -> None:
        torch.manual_seed(seeding.derive(seed, "weights"))
        self.seed = seed
        self.method = Noisy(Linear())
        config = OptimizerConfig(name=optimizer, lr=0.5, weight_decay=0.01, warmup_epochs=1)
        groups = self.method.parameter_groups()
        self.optimisation = Optimisation(groups, config, BATCH, SCHEDULE.steps, SCHEDULE.steps_per_epoch)

    def ticks(self, start: int = 0, precision: Any = torch.enable_grad) -> Iterator[Tick]:
        return train(
            self.method,
            jittered,
            Rows(),
            self.optimisation,
            SCHEDULE,
            seed=self.seed,
            start=start,
            precision=precision,
        )

    def state(self) -> dict[str, Any]:
        state = {
            "method": self.method.state_dict(),
            "optimizer": self.optimisation.optimizer.state_dict(),
        }
        return {name: _copied(value) for name, value in state.items()}

    def load(self, state: dict[str, Any]) -> "Bench":
        self.method.load_state_dict(_copied(state["method"]))
        self.optimisation.optimizer.load_state_dict(_copied(state["optimizer"]))
        return self


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value.clone() if isinstance(value, Tensor) else value


# What steps are made


def test_makes_every_step_once_with_its_progress() -> None:
    bench = Bench()
    ticks = list(bench.ticks())
    assert [tick.progress for tick in ticks] == [Progress(k, 12, k // 4, 3) for k in range(12)]
    assert bench.method.calls == [(name, tick.progress) for tick in ticks for name in ("loss", "after")]
    assert all(tick.views[0].shape == (BATCH, 2) for tick in ticks)


def test_makes_a_step_only_when_asked_for_the_next_tick() -> None:
    bench = Bench()
    ticks = bench.ticks()
    assert bench.method.calls == []
    next(ticks)
    assert [name for name, _ in bench.method.calls] == ["loss", "after"]


def test_a_tick_leaves_the_new_weights_and_a_loss_without_graph() -> None:
    bench = Bench()
    before = bench.state()["method"]
    tick = next(bench.ticks())
    assert not same(before["encoder.layer.weight"], bench.method.encoder.layer.weight)
    assert tick.loss.ndim == 0
    assert not tick.loss.requires_grad


def test_the_rate_of_a_tick_is_the_one_the_step_was_made_with() -> None:
    bench = Bench()
    for tick in bench.ticks():
        group = bench.optimisation.optimizer.param_groups[0]
        assert group["lr"] == pytest.approx(tick.lr)
    assert 0 < tick.lr < 0.5


@pytest.mark.parametrize("start", [12, 11])
def test_starting_at_the_end_makes_what_is_left(start: int) -> None:
    assert len(list(Bench().ticks(start))) == 12 - start


def test_precision_surrounds_the_loss_alone() -> None:
    inside: list[bool] = []
    seen: list[str] = []

    @contextmanager
    def precision() -> Iterator[None]:
        inside.append(True)
        calls = len(bench.method.calls)
        yield
        seen.extend(name for name, _ in bench.method.calls[calls:])

    bench = Bench()
    list(islice(bench.ticks(precision=precision), 3))
    assert inside == [True] * 3
    assert seen == ["loss"] * 3


def test_training_mode_is_on_at_each_step_whatever_a_watcher_did() -> None:
    bench = Bench()
    for _ in bench.ticks():
        bench.method.eval()
    assert bench.method.modes == [True] * 12


# The same from wherever it starts


@pytest.mark.parametrize("optimizer", ["sgd", "adamw", "lars"])
@pytest.mark.parametrize("start", [1, 3, 4, 5, 8, 11])  # mid-epoch, at either side of a boundary, the last
def test_goes_on_bit_by_bit(start: int, optimizer: str) -> None:
    whole, first = Bench(optimizer=optimizer), Bench(optimizer=optimizer)
    losses = [tick.loss.item() for tick in whole.ticks()]
    list(islice(first.ticks(), start))
    torch.manual_seed(99)  # another process: the global generator stands anywhere
    rest = Bench(optimizer=optimizer).load(first.state())
    assert [tick.loss.item() for tick in rest.ticks(start)] == losses[start:]
    assert same(rest.state(), whole.state())


def test_the_state_matters_for_what_follows() -> None:
    """The check above would also pass if nothing depended on the past; it does."""
    whole = [tick.loss.item() for tick in Bench().ticks()]
    assert [tick.loss.item() for tick in Bench().ticks(6)] != whole[6:]


def test_a_watcher_cannot_disturb_the_random_numbers() -> None:
    quiet, watched = Bench(), Bench()
    losses = [tick.loss.item() for tick in quiet.ticks()]
    seen = []
    for tick in watched.ticks():
        seen.append(tick.loss.item())
        torch.rand(tick.progress.step + 1)
        torch.manual_seed(0)
    assert seen == losses


def test_another_seed_draws_other_orders_views_and_dropout() -> None:
    one, other = Bench(seed=0), Bench(seed=1)
    other.load(one.state())  # the same weights
    first, second = next(one.ticks()), next(other.ticks())
    assert not same(first.views[0], second.views[0])
    assert first.loss.item() != second.loss.item()


def test_each_epoch_has_an_order_of_its_own_and_no_row_twice() -> None:
    steps = list(Bench().ticks())
    epochs = [torch.cat([_rows(tick) for tick in steps[4 * k : 4 * k + 4]]) for k in range(3)]
    assert all(len(epoch.unique()) == 4 * BATCH for epoch in epochs)
    assert not torch.equal(epochs[0], epochs[1])
    assert not torch.equal(epochs[1], epochs[2])


def _rows(tick: Tick) -> Tensor:
    """Which rows a step saw, by taking the jitter of its views off again."""
    step = tick.progress.step
    noise = torch.randn(BATCH, 2, generator=seeding.generator("cpu", 0, "views", step))
    return ((tick.views[0] - 0.1 * noise)[:, 0] * ROWS / 2).round().long()


# The guard


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), -float("inf")])
def test_a_loss_that_is_no_number_stops_training_in_one_sentence(loss: float) -> None:
    tick = Tick(Progress(7, 12, 1, 3), torch.tensor(loss), 0.3, [])
    with pytest.raises(TrainingError, match=r"at step 7 \(epoch 2\).*rate of 0.3; try a lower") as caught:
        finite(tick)
    assert "\n" not in str(caught.value)


def test_a_finite_loss_passes_unchanged() -> None:
    assert finite(Tick(Progress(0, 1, 0, 1), torch.tensor(-1.5), 0.1, [])) == -1.5


# Seeds


def test_every_stream_and_index_has_a_seed_of_its_own() -> None:
    seeds = [
        seeding.derive(seed, stream, index)
        for seed in (0, 1, 11)
        for stream in seeding.STREAMS
        for index in range(12)
    ]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**63 for seed in seeds)


def test_seeds_stay_what_they_were() -> None:
    """Changing these numbers changes the result of every run there has been."""
    assert seeding.derive(0, "weights") == 664910812957149500
    assert seeding.derive(3, "views", 1000) == 126010933176709273


def test_an_unknown_stream_is_refused() -> None:
    with pytest.raises(ValueError, match="no stream 'wieghts'; there are weights"):
        seeding.derive(0, "wieghts")


def test_a_generator_starts_its_stream_anew() -> None:
    one, other = (torch.rand(3, generator=seeding.generator("cpu", 0, "views", 5)) for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(one, torch.rand(3, generator=seeding.generator("cpu", 0, "views", 6)))
