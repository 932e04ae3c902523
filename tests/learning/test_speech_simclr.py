"""Speech SimCLR: both objectives against worked numbers, and what each of its parts is for."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from repro.catalog.catalog import Catalog
from repro.catalog.settings.resolve import digest, resolve
from repro.errors import UsageError
from repro.evidence.folder import RunFolder
from repro.evidence.pictures import read_pictures
from repro.learning.clip import Clip
from repro.learning.data.packed_sounds import PackedSounds
from repro.learning.job import Job
from repro.learning.methods.base import Progress
from repro.learning.methods.simclr import nt_xent
from repro.learning.methods.speech_simclr import SpeechSimCLR, reconstruction_loss
from repro.learning.nn.audio_cnn import AudioCNN
from repro.learning.nn.speech_transformer import SpeechTransformer, positions
from repro.learning.pictures import pictures
from repro.learning.start import prepare
from repro.learning.views.spectrogram import SpectrogramViews
from repro.learning.views.speech import SpeechViews
from tests.support.tiny import advance, same

CLIP = Clip(1200, 8000, 10)  # 10 frames


def encoder() -> SpeechTransformer:
    torch.manual_seed(0)
    return SpeechTransformer(CLIP, width=8, layers=1, heads=2, stack=4)


def spectrograms(seed: int = 0) -> Tensor:
    return torch.randn(5, 1, CLIP.mels, CLIP.frames, generator=torch.Generator().manual_seed(seed))


def test_reconstruction_is_the_mean_absolute_error() -> None:
    rebuilt, whole = torch.tensor([[[1.0, 2.0]], [[0.0, 0.0]]]), torch.tensor([[[0.0, 4.0]], [[0.0, 1.0]]])
    assert reconstruction_loss(rebuilt, whole).item() == pytest.approx((1 + 2 + 0 + 1) / 4)
    assert reconstruction_loss(rebuilt.bfloat16(), whole).dtype == torch.float32


def test_the_loss_is_the_weighted_sum_of_both() -> None:
    method = SpeechSimCLR(encoder(), dim=6, hidden=16, contrast=0.5, reconstruction=3.0).double()
    views = [spectrograms(seed).double() for seed in range(4)]
    z1, z2 = method.project(views[0]), method.project(views[1])
    tokens: Any = method.encoder
    assert method.rebuild is not None
    pairs = ((views[0], views[2]), (views[1], views[3]))
    errors = [(method.rebuild(tokens.moments(a)) - tokens.patches(b)).abs().mean() for a, b in pairs]
    expected = 0.5 * nt_xent(z1, z2, 0.1) + 3.0 * (errors[0] + errors[1]) / 2
    assert method.loss(views, Progress()).item() == pytest.approx(expected.item(), rel=1e-12)


def test_without_reconstruction_it_is_simclr_and_has_no_second_head() -> None:
    method = SpeechSimCLR(encoder(), dim=6, reconstruction=0.0)
    views = [spectrograms(seed) for seed in range(4)]
    assert method.rebuild is None
    expected = nt_xent(method.project(views[0]), method.project(views[1]), 0.1)
    torch.testing.assert_close(method.loss(views, Progress()), expected)
    assert set(method.watch(views)) == {"contrastive_accuracy"}


def test_no_row_knows_another() -> None:
    """Layer normalisation alone: in training too, an utterance is encoded as if it were alone."""
    method = SpeechSimCLR(encoder(), dim=6).train()
    together, alone = method.project(spectrograms()), method.project(spectrograms()[2:3])
    torch.testing.assert_close(together[2:3], alone, rtol=1e-4, atol=1e-5)


def test_an_encoder_without_moments_is_refused() -> None:
    with pytest.raises(UsageError, match=r"speech_transformer .*moments\(batch\)"):
        SpeechSimCLR(AudioCNN(CLIP, channels=4, width=8))


def test_patches_are_frames_side_by_side() -> None:
    network = encoder()
    batch = torch.arange(100.0).reshape(1, 1, 10, 10)  # band i, frame j: 10 i + j
    patches = network.patches(batch)
    assert patches.shape == (1, 3, 40) == (1, network.tokens, network.patch_width)
    assert patches[0, 0, :10].tolist() == [10.0 * band for band in range(10)]
    assert patches[0, 0, 10:20].tolist() == [10.0 * band + 1 for band in range(10)]
    assert patches[0, 2, 20:].eq(0).all()  # two frames more than there are
    torch.testing.assert_close(network(batch), network.moments(batch).mean(dim=1))


def test_places_differ() -> None:
    places = positions(40, 7)
    assert places.shape == (40, 7)
    assert torch.cdist(places, places).fill_diagonal_(1).min() > 0.1
    assert places[0].tolist() == [0, 0, 0, 0, 1, 1, 1]


def test_an_order_of_sounds_is_heard() -> None:
    forward = spectrograms()
    assert not torch.allclose(encoder()(forward), encoder()(forward.flip(3)), atol=1e-3)


def test_collapsed_outputs_cost_as_much_as_a_guess() -> None:
    same_row = torch.ones(8, 4)
    assert nt_xent(same_row, same_row, 0.1).item() == pytest.approx(math.log(15), rel=1e-5)


# In a real run


SMALL: dict[str, dict[str, Any]] = {
    "speech-simclr": {
        "encoder.width": 8,
        "encoder.layers": 1,
        "encoder.heads": 2,
        "method.dim": 8,
        "data.placements": 1,
    },
    "byol-a": {
        "encoder.width": 8,
        "encoder.channels": 4,
        "method.dim": 8,
        "method.hidden": 16,
        "data.placements": 1,
        "views.memory": 300,
    },
}
COMMON = {"budget.epochs": 1, "budget.batch": 120, "data.mels": 8, "optimizer.warmup_epochs": 0}
STEPS = {"speech-simclr": 13, "byol-a": 6}


def begin(path: Path, paper: str) -> Job:
    path.mkdir(exist_ok=True)
    config = resolve(Catalog.load(), paper, None, COMMON | SMALL[paper])
    parts = prepare(config, 0, torch.device("cpu"))
    made = Job(config, 0, digest(config, 0, parts.dataset.checksum), parts, RunFolder(path))
    made.restore()
    return made


@pytest.mark.parametrize("paper", SMALL)
def test_a_run_goes_on_as_if_it_had_never_stopped_memory_and_all(tmp_path: Path, paper: str) -> None:
    """BYOL-A's views remember sounds; their memory is in the checkpoint, or the losses would differ."""
    straight = advance(begin(tmp_path / "straight", paper), STEPS[paper])
    advance(begin(tmp_path / "broken", paper), 4).pause()
    resumed = advance(begin(tmp_path / "broken", paper), STEPS[paper])
    assert resumed.folder.metrics.read_bytes() == straight.folder.metrics.read_bytes()
    assert same(resumed.parts.method.state_dict(), straight.parts.method.state_dict())
    losses = [json.loads(line).get("loss") for line in straight.folder.metrics.read_text().splitlines()]
    assert sum(loss is not None for loss in losses) == STEPS[paper]


class Bursts(PackedSounds):
    """A few clips of two classes, a low and a high tone."""

    def __init__(self) -> None:
        time = torch.arange(CLIP.samples) / CLIP.rate
        labels = torch.arange(24) % 2
        hertz = 500 + 1000 * labels + torch.arange(24)
        clips = (torch.sin(2 * math.pi * hertz.unsqueeze(1) * time) * 20000).to(torch.int16)
        train, test = (clips[:16], labels[:16]), (clips[16:], labels[16:])
        super().__init__(train, test, ("low", "high"), CLIP, torch.device("cpu"))


def test_pictures_of_sounds_are_spectrograms_with_clips_beside_them(tmp_path: Path) -> None:
    data = Bursts()
    features = data.features(data.raw)
    tensors = pictures(data, SpeechViews(CLIP), data.raw, features, 0)
    save_file(tensors, tmp_path / "pictures.safetensors")
    drawn = read_pictures(tmp_path / "pictures.safetensors")
    assert drawn.views is not None
    assert drawn.views.views.shape == (8, 2, 1, CLIP.mels, CLIP.frames)  # targets are not shown
    assert drawn.neighbours is not None
    assert (drawn.neighbours.query_label[:, None] == drawn.neighbours.neighbour_label).all()  # type: ignore[index]
    assert drawn.sounds is not None
    assert drawn.sounds.rate == 8000
    assert (drawn.sounds.originals == data.sample("train", torch.arange(8) * 2).numpy()).all()
    low, high = drawn.views.originals[0], drawn.neighbours.query[drawn.neighbours.query_label == 1][0]  # type: ignore[index]
    assert low[0, :, 5].argmax() > high[0, :, 5].argmax()  # low bands at the bottom


def test_pictures_without_labels_are_views_alone() -> None:
    data = Bursts()
    drawn = pictures(data, SpectrogramViews(CLIP), data.raw, None, 0)
    assert set(drawn) == {"originals", "views", "original_sound", "rate"}
