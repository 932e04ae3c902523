"""SimTriplet (arXiv 2103.05585): a neighbouring patch as a third view."""

from repro.learning.identities.arithmetic import minus_cosine
from repro.learning.identities.identity import Array, Compared, Draw, compare, tensors
from repro.learning.identities.networks import START, Curve
from repro.learning.methods.simsiam import SimSiam


def two_equal_views(draw: Draw) -> Compared:
    """The loss of three views, written out, where the third is the second again."""
    method = SimSiam(Curve(5, 7), dim=draw.whole(3, 8), hidden=4).double()
    x = tensors(*draw.views(draw.whole(4, 12), 5))
    z = [method.project(view) for view in x]
    p = [method.predictor(rows).detach().numpy() for rows in z]
    z1, z2 = (rows.detach().numpy() for rows in z)
    return compare(
        "the loss of three views with x3 = x2, written out, beside twice SimSiam's",
        (2 * method.loss(x, START), triplet((p[0], p[1], p[1]), (z1, z2, z2))),
    )


def triplet(p: tuple[Array, Array, Array], z: tuple[Array, Array, Array]) -> float:
    """The paper's loss: x1 with x2, and x1 with x3, each in both directions."""
    second = minus_cosine(p[0], z[1]) + minus_cosine(p[1], z[0])
    third = minus_cosine(p[0], z[2]) + minus_cosine(p[2], z[0])
    return second / 2 + third / 2
