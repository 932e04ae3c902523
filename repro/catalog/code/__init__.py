"""The project's own source, read and never run."""
