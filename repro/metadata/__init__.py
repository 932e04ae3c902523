"""Metadata from services: looking papers up, comparing them with entries, beginning new ones. No torch."""
