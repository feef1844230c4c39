"""Whether an edit changes the region that it is for, and leaves the rest."""

import numpy as np
from jaxtyping import ArrayLike, Bool, Float


def locality(
    before: Float[ArrayLike, "image row col 3"],
    after: Float[ArrayLike, "image row col 3"],
    region: Bool[ArrayLike, "image row col"],
) -> float:
    """Returns the mean squared change outside of regions over that inside.

    Lower is more local: 0 changes nothing else, 1 changes all alike (Li et al., 2022,
    table 2). Both means are over the pixels of all images, so that an image without a
    region counts outside, and one that is a region all over inside.

    Args:
        before: Images.
        after: The edited ones.
        region: Pixels that the edit is for.

    Raises:
        ValueError: If all pixels are inside, or none, or nothing inside changes.
    """
    before, after = np.asarray(before, np.float64), np.asarray(after, np.float64)
    region = np.asarray(region)
    if not region.any() or region.all():
        raise ValueError(
            f"The regions hold {int(region.sum())} of {region.size} pixels; some must "
            "be inside, and some outside."
        )
    change = np.square(after - before).mean(axis=-1)
    inside = change[region].mean()
    if inside == 0:
        raise ValueError(
            "Nothing inside of the regions changes, so that there is no ratio. Give "
            "other images, or another edit."
        )
    return float(change[~region].mean() / inside)
