"""How a run is made; the only package that imports torch."""

from repro.machine import bound_spinning

bound_spinning()  # every way to torch passes here, before torch is loaded
