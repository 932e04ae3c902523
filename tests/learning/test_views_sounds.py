"""Alterations of sound, each against what it does to a tone, and how their parameters are distributed."""

import math
from typing import Any

import pytest
import torch
from torch import Generator, Tensor

from repro.errors import UsageError
from repro.learning.clip import Clip, log_mel, power_spectrogram, spectrograms
from repro.learning.views import waves
from repro.learning.views.spectrogram import SpectrogramViews, log_mixup_exp
from repro.learning.views.speech import SpeechViews, standardise

CLIP = Clip(4000, 8000, 20)
MANY = 2000
OFF: dict[str, Any] = {
    "pitch": 0.0,
    "speed": [1.0, 1.0],
    "noise_p": 0.0,
    "reverb_p": 0.0,
    "time_mask": 0,
    "frequency_mask": 0,
}


def seeded(seed: int = 0) -> Generator:
    return torch.Generator().manual_seed(seed)


def tone(hertz: float, count: int = 1) -> Tensor:
    wave = torch.sin(2 * math.pi * hertz * torch.arange(CLIP.samples) / CLIP.rate)
    return wave.repeat(count, 1)


def sounds(count: int = 6) -> Tensor:
    return torch.randn(count, CLIP.samples, generator=seeded(3)) / 10


def strongest(power: Tensor) -> float:
    """The frequency with the most power, in hertz."""
    return float(power.mean(dim=-1).argmax()) * CLIP.rate / CLIP.window


# On the wave


def test_speed_moves_the_pitch_and_keeps_the_middle() -> None:
    for factor in (0.8, 1.25):
        faster = waves.change_speed(tone(1000), torch.tensor([factor]))
        assert strongest(power_spectrogram(faster, CLIP)[0]) == pytest.approx(1000 * factor, abs=20)
    marked = torch.zeros(1, 101)
    marked[0, 50] = 1
    assert waves.change_speed(marked, torch.tensor([1.7])).argmax() == 50
    assert torch.equal(waves.change_speed(sounds(), torch.ones(6)), sounds())


def test_a_faster_clip_ends_in_silence() -> None:
    fast = waves.change_speed(torch.ones(1, 1000), torch.tensor([2.0]))[0]
    assert (fast[:240] == 0).all()
    assert (fast[260:740] == 1).all()
    assert (fast[760:] == 0).all()


def test_a_shift_goes_round() -> None:
    rows = torch.arange(12.0).reshape(2, 6)
    moved = waves.shift(rows, torch.tensor([1, -2]))
    assert moved.tolist() == [[5, 0, 1, 2, 3, 4], [8, 9, 10, 11, 6, 7]]


def test_noise_is_as_loud_as_it_should_be() -> None:
    noise = waves.noise_of((6, CLIP.samples), 2.0, seeded())
    torch.testing.assert_close(noise.square().mean(dim=1), torch.ones(6))
    added = waves.add_noise(sounds(), noise, torch.full((6,), 10.0)) - sounds()
    ratio = sounds().square().mean(dim=1) / added.square().mean(dim=1)
    torch.testing.assert_close(10 * ratio.log10(), torch.full((6,), 10.0), rtol=1e-3, atol=1e-2)


def test_noise_is_white_to_brown() -> None:
    power = power_spectrogram(waves.noise_of((400, CLIP.samples), 2.0, seeded()), CLIP).mean(dim=2)
    low, high = power[:, 8:16].mean(dim=1).log2(), power[:, 64:128].mean(dim=1).log2()
    slope = (low - high) / 3  # in octaves: a power of 1 / f^a falls by a each
    assert -0.2 < slope.min() < 0.2
    assert 1.7 < slope.max() < 2.3
    assert slope.mean().item() == pytest.approx(1.0, abs=0.1)


def test_a_room_keeps_the_power_and_lets_a_click_decay() -> None:
    hit = torch.tensor([True, False])
    rooms = waves.room_of(2, CLIP.rate, [0.3, 0.3], hit, seeded())
    click = torch.zeros(2, CLIP.samples)
    click[:, 100] = 1
    heard = waves.reverberate(click, rooms)
    torch.testing.assert_close(heard[1], click[1], rtol=0, atol=1e-6)
    torch.testing.assert_close(heard.square().mean(dim=1), click.square().mean(dim=1))
    assert heard[0, :100].abs().max() < 1e-5
    early, late = heard[0, 101:500].square().mean(), heard[0, 1701:2100].square().mean()
    assert (10 * (early / late).log10()).item() == pytest.approx(40, abs=4)  # 60 dB in 0.3 s, 40 in 0.2 s


# On the spectrogram


def test_pitch_moves_frequencies_and_leaves_time_alone() -> None:
    power = power_spectrogram(tone(1000), CLIP)
    for cents in (-1200.0, 300.0, 700.0):
        moved = waves.shift_pitch(power, torch.tensor([cents]))
        assert strongest(moved[0]) == pytest.approx(1000 * 2 ** (cents / 1200), abs=32)
        assert moved.shape == power.shape
    assert torch.equal(waves.shift_pitch(power, torch.zeros(1)), power)


def test_masks_are_as_wide_and_as_spread_as_stated() -> None:
    masks = waves.mask_of(MANY, 20, 5, seeded())
    width = masks.sum(dim=1)
    assert torch.bincount(width).tolist() == pytest.approx([MANY / 6] * 6, abs=90)
    edges = masks.int().diff(dim=1).abs().sum(dim=1)
    assert edges.max() <= 2  # one run
    assert masks[:, 0].any()
    assert masks[:, -1].any()
    assert waves.mask_of(50, 3, 9, seeded()).sum(dim=1).max() == 3


# Speech SimCLR


def test_without_alterations_a_view_is_the_clip_itself() -> None:
    views = SpeechViews(CLIP, **OFF)
    state = seeded(1).get_state()
    generator = seeded(1)
    for view in views(sounds(), generator):
        torch.testing.assert_close(view, views.plain(sounds()))
    assert torch.equal(generator.get_state(), state)  # what is off draws nothing


def test_targets_are_the_views_before_their_masks() -> None:
    views = SpeechViews(CLIP, **(OFF | {"time_mask": 8, "frequency_mask": 4}))
    one, two, first, second = views(sounds(), seeded())
    torch.testing.assert_close(first, views.plain(sounds()))
    for masked, whole in ((one, first), (two, second)):
        assert ((masked == whole) | (masked == 0)).all()
        assert (masked != whole).any()
    assert (
        len(SpeechViews(CLIP, targets=False)(sounds(), seeded()))
        == SpeechViews(CLIP, targets=False).count
        == 2
    )


def test_a_spectrogram_is_standardised_and_silence_stays_finite() -> None:
    views = SpeechViews(CLIP)
    view = views.plain(sounds())
    torch.testing.assert_close(view.mean((1, 2, 3)), torch.zeros(6), atol=1e-4, rtol=0)
    torch.testing.assert_close(view.std((1, 2, 3)), torch.ones(6), atol=1e-4, rtol=0)
    silent = views(torch.zeros(3, CLIP.samples), seeded())
    assert all(each.isfinite().all() for each in silent)
    assert standardise(torch.zeros(1, 1, 4, 4)).isfinite().all()


def test_pitch_of_views_is_uniform_in_its_range() -> None:
    """The strongest band of a tone tells each clip's shift, to one of 129 frequencies."""
    batch = tone(1500, 400)
    views = SpeechViews(CLIP, **(OFF | {"pitch": 1200.0}))
    seen: list[Tensor] = []
    original = waves.shift_pitch
    try:
        waves.shift_pitch = lambda power, cents: seen.append(cents) or original(power, cents)  # type: ignore[assignment, func-returns-value]
        views(batch, seeded())
    finally:
        waves.shift_pitch = original
    cents = torch.cat(seen)
    assert cents.abs().max() <= 1200
    assert torch.histc(cents, 4, -1200, 1200).tolist() == pytest.approx([200] * 4, abs=45)


# BYOL-A


def test_log_mixup_exp_is_linear_in_power() -> None:
    x, y = (torch.randn(4, 1, 5, 6, generator=seeded(seed)) for seed in (0, 1))
    share = torch.tensor([0.0, 0.1, 0.4, 1.0])
    mixed = log_mixup_exp(x, y, share).exp()
    expected = (1 - share.view(-1, 1, 1, 1)) * x.exp() + share.view(-1, 1, 1, 1) * y.exp()
    torch.testing.assert_close(mixed, expected)
    torch.testing.assert_close(log_mixup_exp(x, y, torch.zeros(4)), x)
    assert log_mixup_exp(x * 1000, y * 1000, share).isfinite().all()  # where the exponential would not be


def test_the_memory_holds_the_latest_sounds_in_turn() -> None:
    views = SpectrogramViews(CLIP, memory=10, mean=-8.0, std=2.0)
    heard = (spectrograms(sounds(18), CLIP) + 8.0) / 2.0
    for start in (0, 6, 12):
        views(sounds(18)[start : start + 6], seeded())
    assert int(views.filled) == 18
    assert all(any(torch.equal(kept, sound) for sound in heard[8:]) for kept in views.memory)
    large = SpectrogramViews(CLIP, memory=4)
    large(sounds(18), seeded())
    assert large.memory.abs().sum((1, 2, 3)).gt(0).all()


def test_the_first_batch_is_not_mixed_and_the_next_is() -> None:
    views = SpectrogramViews(CLIP, crop=False, post_norm=False)
    torch.testing.assert_close(views(sounds(), seeded())[0], views.plain(sounds()))
    assert not torch.allclose(views(sounds(), seeded())[0], views.plain(sounds()))


def test_shares_of_the_mix_are_uniform_up_to_alpha() -> None:
    """Silence mixed with one loud sound: what is left of it tells the share."""
    views = SpectrogramViews(CLIP, crop=False, post_norm=False, mean=0.0, std=1.0, memory=1)
    views(tone(1000), seeded())
    quiet = views(torch.zeros(MANY, CLIP.samples), seeded(1))[0]
    loudest = spectrograms(tone(1000), CLIP).exp().amax()
    share = quiet.exp().amax((1, 2, 3)) / loudest
    assert share.max() <= 0.4
    assert torch.histc(share, 4, 0, 0.4).tolist() == pytest.approx([MANY / 4] * 4, abs=80)


def test_a_crop_of_the_whole_is_the_whole() -> None:
    views = SpectrogramViews(CLIP, mixup=0.0, post_norm=False, crop_time=[1.5, 1.5], crop_bands=[1.0, 1.0])
    view = views(sounds(), seeded())[0]
    frames = CLIP.frames
    spare = round(0.25 * frames)
    edge = round(spare / 1.5) - 2
    assert view.shape == views.plain(sounds()).shape
    assert view[..., :edge].abs().max() < 1e-5  # the floor of the boundary, the mean after normalisation
    assert view[..., frames // 2].abs().mean() > 0.1


def test_the_height_of_a_crop_never_exceeds_the_bands() -> None:
    views = SpectrogramViews(CLIP, mixup=0.0, post_norm=False, crop_time=[1.0, 1.0], crop_bands=[1.5, 1.5])
    ramp = torch.linspace(-1, 1, CLIP.mels).view(1, 1, -1, 1).expand(3, 1, -1, CLIP.frames)
    cropped = views._crop(ramp.contiguous(), seeded())
    middle = cropped[..., CLIP.frames // 2]
    torch.testing.assert_close(middle, ramp[..., 0], atol=1e-5, rtol=0)


def test_views_are_normalised_by_their_batch() -> None:
    for view in SpectrogramViews(CLIP)(sounds(), seeded()):
        assert view.mean().item() == pytest.approx(0, abs=1e-4)
        assert view.std().item() == pytest.approx(1, abs=1e-3)
    raw = SpectrogramViews(CLIP, pre_norm=False, post_norm=False, mixup=0.0, crop=False)
    torch.testing.assert_close(raw(sounds(), seeded())[0], log_mel(power_spectrogram(sounds(), CLIP), CLIP))


def test_gaussian_noise_changes_every_value_and_stays_finite() -> None:
    views = SpectrogramViews(CLIP, mixup=0.0, crop=False, post_norm=False, gaussian=0.4)
    view = views(sounds(), seeded())[0]
    assert view.isfinite().all()
    assert (view != views.plain(sounds())).float().mean() > 0.99


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (SpeechViews, {"pitch": -1.0}),
        (SpeechViews, {"speed": [1.2, 0.8]}),
        (SpeechViews, {"noise_p": 1.5}),
        (SpectrogramViews, {"mixup": 1.5}),
        (SpectrogramViews, {"memory": 0}),
        (SpectrogramViews, {"std": 0.0}),
        (SpectrogramViews, {"crop_time": [0.0, 1.0]}),
    ],
)
def test_a_setting_out_of_range_is_refused(kind: Any, wrong: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        kind(CLIP, **wrong)


@pytest.mark.parametrize("kind", [SpeechViews, SpectrogramViews])
def test_a_batch_of_images_is_refused(kind: Any) -> None:
    with pytest.raises(TypeError, match="batch of sounds"):
        kind(CLIP)(torch.rand(2, 1, 8, 8), seeded())
