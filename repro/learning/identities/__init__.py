"""One file a paper: a function for each exact claim of it, listed in :mod:`repro.learning.identities.exact`.

Each draws its inputs, takes them through the project's own losses and methods in float64, and sets the result
beside arithmetic that shares nothing with them: NumPy, or a closed form.
"""
