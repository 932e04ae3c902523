"""Everything a recipe can name, in five dicts: one import and one line for each."""

from collections.abc import Callable

from repro.learning.data.base import Dataset
from repro.learning.data.cifar10 import CIFAR10
from repro.learning.data.citations import Citations
from repro.learning.data.digits import Digits
from repro.learning.data.digits_colour import DigitsColour
from repro.learning.data.folder import ImageFolder
from repro.learning.data.instrument_notes import InstrumentNotes
from repro.learning.data.sound_folder import SoundFolder
from repro.learning.data.spoken_words import SpokenWords
from repro.learning.data.wordnet import WordNet
from repro.learning.methods.barlow_twins import BarlowTwins
from repro.learning.methods.base import Method
from repro.learning.methods.bt_hsic import HsicSSL
from repro.learning.methods.byol import BYOL
from repro.learning.methods.graph_bt import GraphBarlowTwins
from repro.learning.methods.moco_v2 import MoCoV2
from repro.learning.methods.raft import RAFT
from repro.learning.methods.simclr import SimCLR
from repro.learning.methods.simsiam import SimSiam
from repro.learning.methods.simsiam_collapse import SimSiamCollapse
from repro.learning.methods.speech_simclr import SpeechSimCLR
from repro.learning.nn.audio_cnn import AudioCNN
from repro.learning.nn.encoder import Encoder
from repro.learning.nn.gcn import GCN
from repro.learning.nn.resnet import ResNet18, ResNet50
from repro.learning.nn.small_resnet import SmallResNet
from repro.learning.nn.speech_transformer import SpeechTransformer
from repro.learning.nn.timm_encoder import TimmEncoder
from repro.learning.probes.base import Probe
from repro.learning.probes.knn import KnnProbe
from repro.learning.probes.linear import LinearProbe
from repro.learning.views.base import Views
from repro.learning.views.graphs import GraphViews
from repro.learning.views.images import ImageViews
from repro.learning.views.spectrogram import SpectrogramViews
from repro.learning.views.speech import SpeechViews

METHODS: dict[str, type[Method]] = {
    "barlow_twins": BarlowTwins,
    "bt_hsic": HsicSSL,
    "byol": BYOL,
    "graph_bt": GraphBarlowTwins,
    "moco_v2": MoCoV2,
    "raft": RAFT,
    "simclr": SimCLR,
    "simsiam": SimSiam,
    "simsiam_collapse": SimSiamCollapse,
    "speech_simclr": SpeechSimCLR,
}

ENCODERS: dict[str, type[Encoder]] = {
    "audio_cnn": AudioCNN,
    "gcn": GCN,
    "resnet18": ResNet18,
    "resnet50": ResNet50,
    "small_resnet": SmallResNet,
    "speech_transformer": SpeechTransformer,
    "timm": TimmEncoder,
}

PROBES: dict[str, Callable[..., Probe]] = {
    "knn": KnnProbe,
    "linear": LinearProbe,
}

VIEWS: dict[str, type[Views]] = {
    "graphs": GraphViews,
    "images": ImageViews,
    "spectrogram": SpectrogramViews,
    "speech": SpeechViews,
}

DATASETS: dict[str, type[Dataset]] = {
    "cifar10": CIFAR10,
    "citations": Citations,
    "digits": Digits,
    "digits_colour": DigitsColour,
    "folder": ImageFolder,
    "instrument_notes": InstrumentNotes,
    "sound_folder": SoundFolder,
    "spoken_words": SpokenWords,
    "wordnet": WordNet,
}
