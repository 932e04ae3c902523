"""The contract of a probe: an evaluation of frozen features."""

from typing import Protocol

from repro.learning.data.base import Features


class Probe(Protocol):
    """Features of both splits with labels go in, a value for each metric comes out.

    ``metrics`` names what it measures. One that is ``quick`` is also made while training, on a part of the
    data. ``protocol`` is its versioned name, a term of ``vocab/protocols.yaml``: numbers of two probes
    compare only if it is the same.
    """

    @property
    def metrics(self) -> tuple[str, ...]: ...

    @property
    def quick(self) -> bool: ...

    @property
    def protocol(self) -> str: ...

    def __call__(self, features: Features) -> dict[str, float]: ...
