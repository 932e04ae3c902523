"""One file a paper, each beside its paper; ``base`` is the contract they answer."""
