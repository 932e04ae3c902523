"""What an encoder's file says of itself, from the configuration of its run."""

from repro import __version__
from repro.catalog.records.config import ResolvedConfig
from repro.evidence.encoder import EncoderFacts, Normalisation
from repro.evidence.run import Config
from repro.learning.examples import Image
from repro.learning.registry import DATASETS


def facts_of(run: Config, width: int, version: str = __version__) -> EncoderFacts:
    """The facts of a run's encoder, whose features are ``width`` long."""
    config = ResolvedConfig.model_validate(run.config)
    example = DATASETS[config.data.name].example_of(config.data.params)
    is_image = isinstance(example, Image)
    scaling = {key: tuple(config.views.params.get(key) or ()) for key in ("mean", "std") if is_image}
    return EncoderFacts(
        input={"kind": type(example).__name__.lower(), **example._asdict()},
        normalisation=Normalisation(**scaling),
        architecture={"name": config.encoder.name, **config.encoder.params},
        width=width,
        paper=run.paper,
        benchmark=run.benchmark,
        seed=run.seed,
        digest=run.digest,
        repro=version,
    )


def image_of(facts: EncoderFacts) -> Image | None:
    """The image that an encoder takes; None if it takes something else."""
    fields = dict(facts.input)
    return (
        Image(**fields) if fields.pop("kind", "") == "image" and set(fields) == set(Image._fields) else None
    )
