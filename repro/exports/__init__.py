"""The catalog as other programs read it: pure functions from records to text. Same catalog, same bytes."""
