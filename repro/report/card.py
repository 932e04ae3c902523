"""The model card of an exported encoder: what it is, what was measured, how it is loaded."""

from collections.abc import Iterator

from repro.catalog.prose import plural
from repro.evidence.encoder import EncoderFacts
from repro.evidence.run import Run, Scores

TIMM = """\
import timm
{register}
model = timm.create_model("local-dir:FOLDER", pretrained=True).eval()  # FOLDER: where this file lies
transform = timm.data.create_transform(**timm.data.resolve_data_config(model=model))
features = model(transform(image).unsqueeze(0))  # image: a PIL image; features (1, {width})
classifier = timm.create_model("local-dir:FOLDER", pretrained=True, num_classes=10)  # to fine-tune
"""
REGISTER = """\
import sys

sys.path.insert(0, "FOLDER")
import repro_resnet  # timm has no name for this network; the file beside this one gives it one
"""
TORCHVISION = """\
import torch, torchvision
from safetensors.torch import load_file

model = torchvision.models.{name}()
model.fc = torch.nn.Identity()
model.load_state_dict(load_file("FOLDER/model.safetensors"))
features = model.eval()(images)  # {input}, {scaling}; features (B, {width})
"""
HUB = """\
import torch

model = torch.hub.load("FOLDER", "encoder", source="local")  # plain PyTorch, in hubconf.py
features = model(images)  # {input} in [0, 1], normalised inside; features (B, {width})
"""
ONNX = """\
import onnxruntime

session = onnxruntime.InferenceSession("FOLDER/encoder.onnx")
(features,) = session.run(None, {{"images": images}})  # {input} in [0, 1], normalised inside
"""
LOADING = {"timm": TIMM, "torchvision": TORCHVISION, "hub": HUB, "onnx": ONNX}
HEAD = "---\nlibrary_name: {library}\ntags: [self-supervised-learning, image-feature-extraction]\n---\n\n"
LIBRARIES = {"timm": "timm", "torchvision": "torchvision", "hub": "pytorch", "onnx": "onnx"}


def model_card(facts: EncoderFacts, run: Run | None, target: str, *, stock: bool = True) -> str:
    """The card as Markdown.

    Args:
        facts: Of the encoder.
        run: The run it comes from; without it the card has no results, and says so.
        target: The format of the folder that the card lies in.
        stock: True if the library has a name of its own for the network.
    """
    parts = (
        f"# {facts.paper} on {facts.benchmark}",
        _what(facts),
        "## Load it",
        f"```python\n{_loading(facts, target, stock=stock)}```",
        "## Results",
        *(_results(run) if run else ["The encoder was exported away from its run, which holds its results."]),
    )
    return HEAD.format(library=LIBRARIES[target]) + "\n\n".join(parts) + "\n"


def _loading(facts: EncoderFacts, target: str, *, stock: bool) -> str:
    mean, std = facts.normalisation.mean, facts.normalisation.std
    channels, size = facts.input["channels"], facts.input["size"]
    return LOADING[target].format(
        register="" if stock else REGISTER,
        name=facts.architecture["name"],
        width=facts.width,
        input=f"float32 (B, {channels}, {size}, {size})",
        scaling=f"normalised by {list(mean)} and {list(std)}" if std else "in [0, 1], not normalised",
    )


def _what(facts: EncoderFacts) -> str:
    settings = ", ".join(f"{key} {value}" for key, value in facts.architecture.items() if key != "name")
    size = facts.input["size"]
    return (
        f"An encoder trained without labels by the method of `{facts.paper}`, as repro {facts.repro} runs it "
        f"on `{facts.benchmark}`, seed {facts.seed}: a {facts.architecture['name']} ({settings}) from images "
        f"of {facts.input['channels']} x {size} x {size} to {facts.width} features, without a classifier. It "
        "is a re-implementation at a smaller scale, not the authors' code; please cite the paper for the "
        "method."
    )


def _results(run: Run) -> Iterator[str]:
    """What the run measured, its baselines beside it, and how to make it again."""
    summary, base = run.summary, run.summary.baselines
    data = summary.data
    if any(summary.metrics.get(name) is not None for name in ("linear", "knn")):
        sizes = [
            plural(data.train or 0, f"training {data.unit}"),
            plural(data.test or 0, f"test {data.unit}"),
        ]
        yield (
            f"On {data.label or run.config.benchmark}: {' and '.join(sizes)}, frozen features after the last "
            f"epoch, one run of seed {run.config.seed}."
        )
        columns = {"trained": summary.metrics, "untrained": base.untrained, data.raw: base.pixels}
        columns |= {"propagated": base.propagated} if base.propagated else {}
        rows = [_row(name, protocol, columns) for name, protocol in _protocols(run).items()]
        heads = ("probe", "protocol", *columns)
        yield "\n".join([_line(heads), _line(["---"] * len(heads)), *map(_line, rows)])
    else:
        yield "The data has no labels, so no accuracy was measured."
    yield summary.diagnosis.sentence
    if run.config.command:
        yield f"Made by\n\n```console\n{run.config.command}\n```"
    yield f"digest `{run.config.digest}`, data `{data.checksum}`, commit `{run.environment.commit or 'none'}`"


def _protocols(run: Run) -> dict[str, str]:
    probes = run.config.config.get("probes", {})
    knn, linear = probes.get("knn", {}), probes.get("linear", {})
    return {
        "linear": f"logistic regression, l2 {linear.get('l2', '–')}",
        "knn": f"k {knn.get('k', '–')}, temperature {knn.get('temperature', '–')}, cosine",
    }


def _row(name: str, protocol: str, columns: dict[str, Scores]) -> list[str]:
    values = (scores.get(name) for scores in columns.values())
    return [name, protocol, *("–" if value is None else f"{100 * value:.1f} %" for value in values)]


def _line(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
