"""A catalog of self-supervised-learning papers whose claims you can run."""

__version__ = "0.1.0"
