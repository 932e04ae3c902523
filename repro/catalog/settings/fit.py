"""Settings that do not fit each other: what the type of no single setting can say.

Each rule is a function from settings by dotted key, beside what their components state of themselves
(``views_needed`` of a method, ``channels`` of a data set), to what does not fit. It says nothing of settings
that are not there: a benchmark has no method, and whoever builds the views in Python has no optimiser.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from repro.catalog.prose import join_words
from repro.catalog.records.kinds import as_text

Given = Mapping[str, Any]

PER_VIEW = ("views.blur_p", "views.solarize_p", "views.mask_p", "views.drop_p")
STATISTICS = ("views.mean", "views.std")
COLOURS = ("views.saturation", "views.hue", "views.gray_p")


class Misfit(NamedTuple):
    """Settings that do not fit, the likeliest to blame first, and a sentence that names them."""

    keys: tuple[str, ...]
    sentence: str


def misfits(given: Given) -> list[Misfit]:
    """Everything in the settings that does not fit."""
    return [misfit for rule in RULES for misfit in rule(given)]


def views_of_the_method(given: Given) -> Iterable[Misfit]:
    """A method gets as many views as it takes."""
    views, needed = given.get("views.views"), given.get("views_needed")
    if views is None or needed is None:
        return
    least, most = needed if isinstance(needed, tuple) else (needed, needed)
    if views < least or (most is not None and views > most):
        takes = f"{least}" if least == most else f"at least {least}" if most is None else f"{least} to {most}"
        sentence = f"the method {given.get('method.name')} takes {takes} views, and views.views is {views}."
        yield Misfit(("views.views", "method.name"), sentence)


def targets_of_the_method(given: Given) -> Iterable[Misfit]:
    """Views of sounds come with the targets of a loss that rebuilds what is masked, or without."""
    count, needed = given.get("count"), given.get("views_needed")
    if "views.targets" in given:
        count = 4 if given["views.targets"] else 2
    elif "views.views" in given or not isinstance(count, int):
        return
    least, most = needed if isinstance(needed, tuple) else (needed, needed)
    if least is None or (least <= count and (most is None or count <= most)):
        return
    remedy = "set views.targets to " + ("false" if count == 4 else "true")
    sentence = (
        f"the method {given.get('method.name')} takes {least} batches of views, and views.name "
        f"{given.get('views.name')} gives {count}; {remedy if 'views.targets' in given else 'choose others'}."
    )
    yield Misfit(("views.targets", "views.name", "method.name"), sentence)


def warm_up_within_the_run(given: Given) -> Iterable[Misfit]:
    """The learning rate gets to where it should."""
    warm_up, epochs = given.get("optimizer.warmup_epochs"), given.get("budget.epochs")
    if warm_up is not None and epochs is not None and warm_up > epochs:
        sentence = (
            f"optimizer.warmup_epochs is {warm_up:g}, and budget.epochs {epochs}: the run would end in its "
            "warm-up; lower the one or raise the other."
        )
        yield Misfit(("optimizer.warmup_epochs", "budget.epochs"), sentence)


def batch_within_the_data(given: Given) -> Iterable[Misfit]:
    """A part of the data is at least one batch."""
    batch, images = given.get("budget.batch"), given.get("data.train")
    if batch and images and images < batch:
        sentence = f"data.train leaves {images} images, and budget.batch is {batch}: not one whole batch."
        yield Misfit(("data.train", "budget.batch"), sentence)


def whole_graph_a_step(given: Given) -> Iterable[Misfit]:
    """A graph is not cut into batches."""
    batch, nodes = given.get("budget.batch"), given.get("nodes")
    if batch is not None and nodes is not None and batch != nodes:
        sentence = (
            f"budget.batch is {batch}, and a step takes the whole graph of {nodes} nodes; give {nodes}."
        )
        yield Misfit(("budget.batch", "data.name"), sentence)


def one_probability_for_each_view(given: Given) -> Iterable[Misfit]:
    """A list of probabilities has one for each view."""
    views = given.get("views.views")
    for key in PER_VIEW:
        value = given.get(key)
        if isinstance(value, list) and views is not None and len(value) != views:
            sentence = (
                f"{key} is {as_text(value)}, and views.views {views}; give one probability for all views, "
                "or one for each."
            )
            yield Misfit((key, "views.views"), sentence)


def statistics_of_the_channels(given: Given) -> Iterable[Misfit]:
    """Views are normalised by a mean and a deviation of each channel, or not at all."""
    channels = given.get("channels")
    written = {key: given[key] for key in STATISTICS if key in given}
    if channels is None or not any(written.values()):
        return
    for key, value in written.items():
        if len(value) != channels:
            sentence = (
                f"{key} is {as_text(value)}; give views.mean and views.std a number for each channel, which "
                f"are {channels} here, or leave both empty."
            )
            yield Misfit((key, *STATISTICS, "data.name"), sentence)


def pixels_of_the_images(given: Given) -> Iterable[Misfit]:
    """An image is large enough to crop."""
    size = given.get("size")
    if size is not None and size < 2:
        sentence = f"the images have {size} pixel a side, and views need at least 2; give larger images."
        yield Misfit(("data.size", "data.name"), sentence)


def colours_of_the_channels(given: Given) -> Iterable[Misfit]:
    """Steps that mean nothing without three channels are off where there are not three."""
    channels = given.get("channels")
    used = tuple(key for key in COLOURS if given.get(key))
    if channels not in (None, 3) and used:
        needs = "needs" if len(used) == 1 else "need"
        sentence = f"{join_words(used)} {needs} images of 3 channels, and these have {channels}; give 0."
        yield Misfit((*used, "data.name"), sentence)


def sizes_of_a_digit(given: Given) -> Iterable[Misfit]:
    """The smallest side of a placed digit is at most its largest."""
    least, most = given.get("data.min_scale"), given.get("data.max_scale")
    if least is not None and most is not None and least > most:
        sentence = f"data.min_scale is {least:g}, and data.max_scale {most:g}; the smaller comes first."
        yield Misfit(("data.min_scale", "data.max_scale"), sentence)


def something_to_minimise(given: Given) -> Iterable[Misfit]:
    """A loss keeps one of its terms."""
    terms = ("method.on_diagonal", "method.off_diagonal")
    if all(given.get(term) is False for term in terms):
        yield Misfit(terms, f"{join_words(terms)} are both false: nothing is left of the loss.")


RULES: tuple[Callable[[Given], Iterable[Misfit]], ...] = (
    views_of_the_method,
    targets_of_the_method,
    warm_up_within_the_run,
    batch_within_the_data,
    whole_graph_a_step,
    one_probability_for_each_view,
    statistics_of_the_channels,
    colours_of_the_channels,
    pixels_of_the_images,
    sizes_of_a_digit,
    something_to_minimise,
)
