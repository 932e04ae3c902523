"""The shape of every record of the catalog, and of a resolved configuration."""
