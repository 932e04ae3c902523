"""Who builds a component in Python is refused what the catalog refuses, in the same sentence."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from repro.catalog.catalog import Catalog
from repro.catalog.code.signatures import SECTIONS
from repro.catalog.settings.layers import SettingError
from repro.catalog.settings.resolve import resolve
from repro.cli.overrides import parse_overrides
from repro.errors import UsageError
from repro.learning import registry
from repro.learning.data.digits import Digits
from repro.learning.examples import Image
from repro.learning.methods.barlow_twins import BarlowTwins
from repro.learning.methods.simsiam import SimSiam
from repro.learning.nn.resnet import ResNet18
from repro.learning.nn.small_resnet import SmallResNet
from repro.learning.settings import bounded
from repro.learning.views.images import ImageViews
from tests.support.contract.cases import image_encoder
from tests.support.settings import anything

CATALOG = Catalog.load()
CPU = torch.device("cpu")
# What stands before the settings where a component of a section is built.
CONTEXT: dict[str, tuple[Any, ...]] = {
    "method": (SmallResNet(Image(1, 32), width=4, stages=1),),
    "encoder": (Image(3, 32),),
    "views": (Image(3, 12),),
    "data": (CPU,),
}
PARAMETERS = [
    (section, name, parameter)
    for section in SECTIONS
    for name in CATALOG.signatures.names(section)
    for parameter in CATALOG.signatures.signature(section, name).parameters
]


@settings(max_examples=300, deadline=None)
@given(where=st.sampled_from(PARAMETERS), value=anything)
def test_a_class_refuses_what_its_model_refuses(where: Any, value: Any) -> None:
    section, name, parameter = where
    model = CATALOG.signatures.model(section, name)
    try:
        model.model_validate({parameter.name: value})
    except ValueError as error:
        said = error.errors()[0]["msg"]  # type: ignore[attr-defined]
        kind: Any = getattr(registry, SECTIONS[section])[name]
        with pytest.raises(UsageError) as caught:
            kind(*CONTEXT[section], **{parameter.name: value})
        assert str(caught.value) == f"{section}.{parameter.name}: {said}"


@pytest.mark.parametrize(
    ("build", "paper", "override"),
    [
        (lambda: SimSiam(image_encoder(), dim=-4), "simsiam", "method.dim=-4"),
        (lambda: SimSiam(image_encoder(), predictor="leant"), "simsiam", "method.predictor=leant"),
        (lambda: ImageViews(Image(3, 12), flip_p=3), "simsiam", "views.flip_p=3"),
        (lambda: ImageViews(Image(3, 12), crop_scale=[1, 0.2]), "simsiam", "views.crop_scale=[1, 0.2]"),
        (lambda: ImageViews(Image(1, 12), saturation=0.0, gray_p=0.0, hue=0.1), "simsiam", "views.hue=0.1"),
        (lambda: ImageViews(Image(3, 12), solarize_p=[0.2]), "simsiam", "views.solarize_p=[0.2]"),
        (lambda: Digits(CPU, min_scale=0.95), "simsiam", "data.min_scale=0.95"),
        (lambda: ResNet18(Image(3, 32), stem="cifra"), "simclr", "encoder.stem=cifra"),
        (lambda: BarlowTwins(image_encoder(), layers=0), "barlow-twins", "method.layers=0"),
    ],
)
def test_the_sentence_is_that_of_the_catalog(build: Any, paper: str, override: str) -> None:
    with pytest.raises(UsageError) as built:
        build()
    given = parse_overrides([override])
    with pytest.raises(SettingError) as resolved:
        resolve(CATALOG, paper, "cifar10" if "stem" in override else None, given)
    assert str(resolved.value) == str(built.value)
    assert [key for key, _ in resolved.value.faults] == [*given]


def test_what_an_example_is_must_fit_too() -> None:
    with pytest.raises(UsageError, match="the images have 1 pixel a side, and views need at least 2"):
        ImageViews(Image(3, 1))


def test_an_unknown_argument_stays_pythons_own_error() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'dmi'"):
        SimSiam(image_encoder(), dmi=3)  # type: ignore[call-arg]


def test_a_class_of_ones_own_is_held_to_its_types() -> None:
    class Mine:
        @bounded("method")
        def __init__(self, width: int, *, rate: float, on: bool = True) -> None:
            self.made = width, rate, on

    assert Mine(-1, rate="1e-3").made == (-1, 0.001, True)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"^method\.on: found 3, expected true or false"):
        Mine(1, rate=1, on=3)  # type: ignore[arg-type]
