"""The spectrogram: worked numbers, NumPy's own transform, and other libraries where they are installed."""

import math

import numpy as np
import pytest
import torch

from repro.learning.clip import FLOOR, Clip, from_mel, log_mel, mel_filters, power_spectrogram, spectrograms
from repro.learning.clip import to_mel as mel

CLIP = Clip(8064, 8000, 40)


def sine(hertz: float, clip: Clip = CLIP) -> torch.Tensor:
    return torch.sin(2 * math.pi * hertz * torch.arange(clip.samples) / clip.rate).unsqueeze(0)


def test_a_second_at_8_khz_has_64_frames_of_32_ms() -> None:
    assert (CLIP.window, CLIP.hop, CLIP.frames) == (256, 128, 64)
    assert spectrograms(torch.zeros(2, CLIP.samples), CLIP).shape == (2, 1, 40, 64)


@pytest.mark.parametrize(("hertz", "mels"), [(0, 0.0), (700, 781.17), (1000, 999.99), (4000, 2146.06)])
def test_the_mel_scale(hertz: float, mels: float) -> None:
    assert mel(hertz) == pytest.approx(mels, abs=0.01)
    assert from_mel(mel(hertz)) == pytest.approx(hertz)


def test_a_sine_at_full_scale_has_power_1_in_its_bin() -> None:
    power = power_spectrogram(sine(1000), CLIP)[0, :, 30]  # a bin is 31.25 Hz wide
    assert power.argmax() == 32
    assert power[32].item() == pytest.approx(1, abs=1e-3)
    assert power[31].item() == pytest.approx(0.25, abs=1e-3)  # a Hann window's neighbour has half the height


def test_frames_are_those_of_numpy() -> None:
    wave = torch.randn(1, CLIP.samples, generator=torch.Generator().manual_seed(0))
    ours = power_spectrogram(wave, CLIP)[0]
    padded = np.pad(wave[0].double().numpy(), CLIP.window // 2, mode="reflect")
    window = np.hanning(CLIP.window + 1)[:-1]
    for frame in (0, 17, CLIP.frames - 1):
        part = padded[frame * CLIP.hop :][: CLIP.window] * window
        expected = np.abs(np.fft.rfft(part) * 4 / CLIP.window) ** 2
        np.testing.assert_allclose(ours[:, frame].numpy(), expected, rtol=1e-3, atol=1e-6)


def test_filters_are_triangles_whose_slopes_add_up_to_1() -> None:
    filters = mel_filters(8000, 2048, 20, torch.device("cpu"))
    assert filters.shape == (20, 1025)
    assert filters.max() <= 1
    peaks = filters.argmax(dim=1)
    assert (peaks.diff() > 0).all()
    inner = filters[:, peaks[0] + 1 : peaks[-1]].sum(dim=0)
    torch.testing.assert_close(inner, torch.ones_like(inner))


def test_silence_is_the_floor_and_loudness_adds() -> None:
    assert spectrograms(torch.zeros(1, CLIP.samples), CLIP).unique().tolist() == [
        pytest.approx(math.log(FLOOR))
    ]
    quiet, loud = (spectrograms(gain * sine(1000), CLIP)[0, 0, :, 30].max() for gain in (0.1, 1.0))
    assert (loud - quiet).item() == pytest.approx(2 * math.log(10), abs=1e-3)


def test_librosa_makes_the_same_filters() -> None:
    reason = "librosa is not installed; it is another library's word for the same filters"
    filters = pytest.importorskip("librosa.filters", reason=reason)
    theirs = filters.mel(sr=8000, n_fft=256, n_mels=40, htk=True, norm=None)
    np.testing.assert_allclose(mel_filters(8000, 256, 40, torch.device("cpu")).numpy(), theirs, atol=1e-5)


def test_log_mel_sums_the_power_of_a_band() -> None:
    power = torch.rand(1, 129, 3, generator=torch.Generator().manual_seed(0))
    expected = (mel_filters(8000, 256, 40, torch.device("cpu")) @ power[0]).log()
    torch.testing.assert_close(log_mel(power, CLIP)[0, 0], expected)
