"""Data sets behind one small contract (``base``)."""
