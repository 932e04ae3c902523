"""Benchmark, recipe and overrides to one resolved configuration."""
