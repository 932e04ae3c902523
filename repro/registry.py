"""Everything a recipe can name, in four dicts: one import and one line for each."""

from repro.data.base import Dataset
from repro.data.cifar10 import CIFAR10
from repro.data.digits import Digits
from repro.data.digits_colour import DigitsColour
from repro.data.folder import ImageFolder
from repro.methods.barlow_twins import BarlowTwins
from repro.methods.base import Method
from repro.methods.bt_hsic import HsicSSL
from repro.methods.byol import BYOL
from repro.methods.moco_v2 import MoCoV2
from repro.methods.raft import RAFT
from repro.methods.simclr import SimCLR
from repro.methods.simsiam import SimSiam
from repro.methods.simsiam_collapse import SimSiamCollapse
from repro.nn.encoder import Encoder
from repro.nn.resnet import ResNet18, ResNet50
from repro.nn.small_resnet import SmallResNet
from repro.views.images import ImageViews

METHODS: dict[str, type[Method]] = {
    "barlow_twins": BarlowTwins,
    "bt_hsic": HsicSSL,
    "byol": BYOL,
    "moco_v2": MoCoV2,
    "raft": RAFT,
    "simclr": SimCLR,
    "simsiam": SimSiam,
    "simsiam_collapse": SimSiamCollapse,
}

ENCODERS: dict[str, type[Encoder]] = {
    "resnet18": ResNet18,
    "resnet50": ResNet50,
    "small_resnet": SmallResNet,
}

VIEWS: dict[str, type[ImageViews]] = {
    "images": ImageViews,
}

DATASETS: dict[str, type[Dataset]] = {
    "cifar10": CIFAR10,
    "digits": Digits,
    "digits_colour": DigitsColour,
    "folder": ImageFolder,
}
