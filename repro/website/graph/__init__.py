"""The drawing of relations between papers."""
