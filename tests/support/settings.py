"""Values that somebody may write for a setting: fitting ones, near misses, and anything else."""

from typing import Any

from hypothesis import strategies as st

scalars: st.SearchStrategy[Any] = (
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.integers()
    | st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0, 1.5, -1.0])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["all", "none", "cosine", "mlp", "bilinear", "cifar", "test", ""])
    | st.text("abyz_ ", max_size=6)
)
anything: st.SearchStrategy[Any] = (
    scalars | st.lists(scalars, max_size=4) | st.lists(st.floats(0, 1), max_size=3)
)
