"""Encoders and the heads that several papers share."""
