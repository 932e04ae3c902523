"""A file of the catalog to a record, with the place of every value."""
