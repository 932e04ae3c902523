"""What one example of a data set is: encoders and views are built from it, and say by type what they take."""

from typing import NamedTuple


class Image(NamedTuple):
    """A square image: C channels of ``size`` x ``size`` pixels."""

    channels: int
    size: int
