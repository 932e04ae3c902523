"""Methods, encoders, views and data that the project does not ship, to prove that its contracts fit them.

Each is a paper of another shape, small enough for a test: a queue of keys, many views and a centre, sounds
with views that remember, graphs without a batch dimension to slice.
"""
