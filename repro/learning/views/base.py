"""The contract of views."""

from collections.abc import Callable
from typing import Any

import torch

# A batch goes in, the list of its views comes out: same rows, same order, on the same device. All random
# numbers come from the generator handed over, so one seed gives one set of views and nothing else is drawn.
Views = Callable[[Any, torch.Generator], list[Any]]
