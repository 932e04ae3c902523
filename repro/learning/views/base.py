"""The contract of views."""

from typing import Any, Protocol

import torch


class Views(Protocol):
    """A batch goes in, the list of its views comes out: same rows, same order, on the same device.

    Built from what an example of the data is (:mod:`repro.learning.examples`) and its settings. All random
    numbers come from the generator handed over, so one seed gives one set of views and nothing else is drawn.
    Those that several processes can make also take ``rows`` (:class:`repro.learning.parallel.Rows`): the
    batch then holds only these rows of a larger one, whose views come out as they would there.
    ``plain`` gives the batch as the network expects it, not augmented: what probes see.
    """

    def __call__(self, batch: Any, generator: torch.Generator) -> list[Any]: ...

    def plain(self, batch: Any) -> Any: ...

    @property
    def count(self) -> int: ...
