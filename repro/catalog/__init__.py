"""The catalog: what papers say and what we do, read from YAML. Nothing in here imports torch."""
