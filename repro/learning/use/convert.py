"""A trained encoder as the files that another library loads."""

import io
import json
import tempfile
import warnings
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save as as_bytes
from torch import Tensor, nn

from repro.errors import UsageError
from repro.learning.use.encoder import TrainedEncoder
from repro.learning.use.plan import EncoderPlan, in_torchvision_names, plan_of

Files = dict[str, bytes]
OPSET_BATCH = 2  # images that the graph is traced with; any number goes in afterwards

FIRST_IMPORT = "from collections.abc"  # of the plain network's file; what an entry imports goes before it
TIMM_IMPORTS = "import timm\n"
TIMM_ENTRY = '''

def repro_resnet(pretrained: bool = False, **settings: Any) -> nn.Module:
    """The network, built and filled by timm: `timm.create_model("local-dir:...", pretrained=True)`."""
    return timm.models.build_model_with_cfg(ResNet, "repro_resnet", pretrained, **settings)


if not timm.models.is_model("repro_resnet"):  # another folder's, which is the same
    timm.models.register_model(repro_resnet)
'''
HUB_IMPORTS = "import json\nfrom pathlib import Path\n\nimport torch\n"
HUB_ENTRY = '''

dependencies = ["torch"]
HERE = Path(__file__).resolve().parent


class Encoder(nn.Module):
    """The network behind the normalisation of its training: images in [0, 1] go in."""

    def __init__(self, network: nn.Module, mean: Sequence[float], std: Sequence[float]) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("mean", torch.tensor(mean or [0.0]).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std or [1.0]).view(1, -1, 1, 1), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """float32 (B, C, H, W) in [0, 1] -> (B, width)."""
        return self.network((images - self.mean) / self.std)


def encoder(pretrained: bool = True) -> nn.Module:
    """The encoder of this folder, in eval mode; its size and channels are in encoder.json."""
    about = json.loads((HERE / "encoder.json").read_text(encoding="utf-8"))
    network = ResNet(**about["network"])
    if pretrained:
        network.load_state_dict(torch.load(HERE / "encoder.pt", map_location="cpu", weights_only=True))
    return Encoder(network, **about["normalisation"]).eval()
'''


def convert(encoder: TrainedEncoder, target: str) -> Files:
    """The files of a folder that another library loads, by name.

    Args:
        encoder: A trained encoder.
        target: ``timm``, ``torchvision``, ``hub`` (``torch.hub``) or ``onnx``.

    Raises:
        UsageError: the encoder is none that the library can load.
    """
    return CONVERTERS[target](encoder.cpu().eval())


def _weights(encoder: TrainedEncoder) -> dict[str, Tensor]:
    return in_torchvision_names(encoder.network.state_dict())


def _torchvision(encoder: TrainedEncoder) -> Files:
    """A state dict for torchvision's own constructor. UsageError if no constructor takes it."""
    plan, facts = plan_of(encoder.facts), encoder.facts
    name = facts.architecture["name"]
    if not plan.stock:
        why = (
            "it has the stem for small images (3x3, no pooling), and torchvision's the one for photographs"
            if name in ("resnet18", "resnet50")
            else "torchvision has no such network"
        )
        raise UsageError(f"torchvision cannot load this {name}: {why}; use `--to timm`, `hub` or `onnx`")
    if plan.in_chans != 3:
        raise UsageError(
            f"torchvision cannot load this {name}: it takes {plan.in_chans} channel, and torchvision's 3; "
            "use `--to timm`, `hub` or `onnx`"
        )
    return {"model.safetensors": as_bytes(_weights(encoder), facts.header())}


def _timm(encoder: TrainedEncoder) -> Files:
    """timm's folder; a network that timm has no name for comes with a file that teaches it to timm."""
    if encoder.facts.architecture["name"] == "timm":
        return _timms_own(encoder)
    plan = plan_of(encoder.facts)
    files = {
        "model.safetensors": as_bytes(_weights(encoder), encoder.facts.header()),
        "config.json": _json(timm_config(encoder, *_timm_model(encoder, plan))),
    }
    return files if plan.stock else {**files, "repro_resnet.py": _module(TIMM_IMPORTS, TIMM_ENTRY)}


def _timms_own(encoder: TrainedEncoder) -> Files:
    """A network that is timm's: its weights under timm's names."""
    facts, example, network = encoder.facts, encoder.example, _inner(encoder)
    own: dict[str, Any] = network.pretrained_cfg
    prefix = "network."
    weights = {key.removeprefix(prefix): value for key, value in encoder.network.state_dict().items()}
    arguments: dict[str, Any] = {"in_chans": example.channels}
    if own.get("fixed_input_size"):
        arguments["img_size"] = example.size
    config = timm_config(encoder, str(facts.architecture["model"]).partition(".")[0], arguments)
    config["pretrained_cfg"] |= {key: own[key] for key in ("first_conv", "classifier") if key in own}
    del config["global_pool"]
    plain = {key: value.contiguous() for key, value in weights.items()}
    return {"model.safetensors": as_bytes(plain, facts.header()), "config.json": _json(config)}


def _inner(encoder: TrainedEncoder) -> Any:
    """timm's own network inside an encoder."""
    return encoder.network.get_submodule("network")


def _timm_model(encoder: TrainedEncoder, plan: EncoderPlan) -> tuple[str, dict[str, Any]]:
    """The name and the arguments of a residual network in timm."""
    if not plan.stock:
        return "repro_resnet", plan.arguments()
    return plan.stock, {"in_chans": plan.in_chans} if plan.in_chans != 3 else {}


def timm_config(encoder: TrainedEncoder, model: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """What timm's ``config.json`` says of a network without a classifier."""
    normalisation, size = encoder.facts.normalisation, encoder.example.size
    channels = encoder.example.channels
    return {
        "architecture": model,
        "num_classes": 0,
        "num_features": encoder.width,
        "global_pool": "avg",
        "model_args": arguments,
        "pretrained_cfg": {
            "tag": f"{encoder.facts.paper}_{encoder.facts.benchmark}".replace("-", "_"),
            "custom_load": False,
            "input_size": [channels, size, size],
            "fixed_input_size": False,
            "interpolation": "bicubic",
            "crop_pct": 1.0,
            "crop_mode": "center",
            "mean": list(normalisation.mean) or [0.0] * channels,
            "std": list(normalisation.std) or [1.0] * channels,
            "num_classes": 0,
            "pool_size": None,
            "first_conv": "conv1",
            "classifier": "fc",
        },
    }


def _hub(encoder: TrainedEncoder) -> Files:
    """A folder for ``torch.hub.load(..., source="local")``: plain PyTorch, nothing else."""
    facts = encoder.facts
    buffer = io.BytesIO()
    torch.save(_weights(encoder), buffer)
    scaling = {"mean": list(facts.normalisation.mean), "std": list(facts.normalisation.std)}
    about = {"network": plan_of(facts).arguments(), "normalisation": scaling, "about": facts.header()}
    return {
        "hubconf.py": _module(HUB_IMPORTS, HUB_ENTRY),
        "encoder.json": _json(about),
        "encoder.pt": buffer.getvalue(),
    }


def _module(imported: str, entry: str) -> bytes:
    """The plain network's own file, with an entry at its end."""
    plain = (resources.files("repro.learning.use") / "plain.py").read_text(encoding="utf-8")
    return (plain.replace(FIRST_IMPORT, imported + FIRST_IMPORT, 1) + entry).encode()


class Normalised(nn.Module):
    """What a graph holds: the normalisation, then the network, from images in [0, 1]."""

    def __init__(self, encoder: TrainedEncoder) -> None:
        super().__init__()
        self.encoder = encoder

    def forward(self, images: Tensor) -> Tensor:
        """float32 (B, C, S, S) in [0, 1] -> (B, width)."""
        out: Tensor = self.encoder.network(self.encoder.normalise(images))
        return out


def _onnx(encoder: TrainedEncoder) -> Files:
    """A graph for any number of images, with the facts as its metadata."""
    example = encoder.example
    images = torch.rand(OPSET_BATCH, example.channels, example.size, example.size)
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")  # of the exporter, about itself
        program = torch.onnx.export(
            Normalised(encoder).eval(),
            (images,),
            input_names=["images"],
            output_names=["features"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            verbose=False,
        )
        assert program is not None, "the exporter that makes a program is the default"
        program.model.metadata_props.update(encoder.facts.header())
        path = Path(folder) / "encoder.onnx"
        program.save(path, external_data=False)
        return {path.name: path.read_bytes()}


def _json(value: dict[str, Any]) -> bytes:
    return f"{json.dumps(value, indent=2)}\n".encode()


CONVERTERS: dict[str, Callable[[TrainedEncoder], Files]] = {
    "timm": _timm,
    "torchvision": _torchvision,
    "onnx": _onnx,
    "hub": _hub,
}
