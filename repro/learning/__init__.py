"""How a run is made; the only package that imports torch."""
