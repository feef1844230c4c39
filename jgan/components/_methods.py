"""Directions of one latent from one layer, by every method: what is compared."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import PRNGKeyArray

from jgan.components._decomposition import Decomposition, Ranks
from jgan.components._directions import Directions, Z, unit_length
from jgan.components._edits import mode_directions, to_latent
from jgan.components._ganspace import ganspace
from jgan.components._latent_weights import latent_weights
from jgan.components._mpca import mpca
from jgan.components._pca import vectorized_pca
from jgan.components._random import random_directions
from jgan.components._regression import Regression
from jgan.components._ridge import ridge_regression
from jgan.components._sefa import sefa
from jgan.gan import Gan
from jgan.stats import MODES

# Numbers of a core that the latent is predicted from: of `faces-digiface`, 4 x 4 x 64
# tell 0.84 of its variance, and twice as many 0.91 in four times the time.
_MOST = 1024
# A direction that the regression makes shorter than this, of the longest, is none: no
# latent makes such a change.
_SHORTEST = 1e-3


class Methods(NamedTuple):
    """What every method finds, and what the first of them is made of.

    Attributes:
        directions: By name of the method, of the latent, of unit length: ``"tensor"``,
            ``"pca"``, ``"ganspace"``, ``"sefa"`` where the family is known, and
            ``"random"``.
        decomposition: Of the layer.
        regression: From the layer to the latent.
    """

    directions: Mapping[str, Directions]
    decomposition: Decomposition
    regression: Regression


def all_methods(
    gan: Gan,
    layer: str,
    *,
    target: str = Z,
    num_directions: int = 16,
    num_images: int = 4000,
    batch_size: int = 50,
    progress: Callable[[float], None] = lambda share: None,
    key: PRNGKeyArray,
) -> Methods:
    """Returns directions of a latent by Tensor Component Analysis and by all baselines.

    Every method gives as many, fewer only if there are no more. Of the tensor's, half
    are components of units and a quarter each of rows and columns.

    Args:
        gan: Any generator.
        layer: One of ``gan.layers`` with more than one pixel.
        target: ``"z"``, or a tap of one vector for each image, such as ``"w"``.
        num_directions: Of each method, at least 4.
        num_images: In each pass over images.
        batch_size: Images at a time.
        progress: Called with the share done.
        key: Consumed whole.

    Raises:
        ValueError: As `mpca` and `ridge_regression`, or if there are fewer than four
            directions.
    """
    if num_directions < 4:
        raise ValueError(
            f"num_directions is {num_directions}; each mode takes a quarter of at "
            "least 4."
        )
    keys = iter(jax.random.split(key, 5))
    sizes: dict[str, Any] = {"num_images": num_images, "batch_size": batch_size}
    decomposition = mpca(gan, layer, **sizes, key=next(keys))
    progress(0.2)
    fit = cut(decomposition, _cut_ranks(decomposition.ranks))
    ridge = ridge_regression(gan, layer, fit, target=target, **sizes, key=next(keys))
    progress(0.4)
    latent = lambda found: to_latent(found, layer, ridge.regression)
    counts = dict(zip(MODES, (num_directions // 4,) * 2 + (0,), strict=True))
    counts["unit"] = num_directions - sum(counts.values())
    modes = [
        _first(
            _normalized(latent(mode_directions(layer, decomposition, mode)), target),
            counts[mode],
        )
        for mode in reversed(MODES)
    ]
    found = {"tensor": jax.tree.map(_join, *modes)}
    pca = vectorized_pca(
        gan, layer, num_components=num_directions, **sizes, key=next(keys)
    )
    found["pca"] = latent(pca.directions(layer))
    progress(0.7)
    found["ganspace"] = ganspace(
        gan,
        layer,
        num_components=num_directions,
        target=target,
        **sizes,
        key=next(keys),
    )
    if _weights_read(gan) == target:
        found["sefa"] = _first(sefa(gan), num_directions)
    dim = found["pca"].vectors[target].shape[1]
    found["random"] = random_directions(
        dim, num_directions=min(num_directions, dim), target=target, key=next(keys)
    )
    progress(1.0)
    directions = {name: _normalized(one, target) for name, one in found.items()}
    return Methods(directions, decomposition, ridge.regression)


def cut(decomposition: Decomposition, ranks: Ranks) -> Decomposition:
    """Returns a decomposition with the first components of each mode only."""
    bases = {
        mode: decomposition.basis(mode)[:, :rank]
        for mode, rank in zip(MODES, ranks, strict=True)
    }
    return decomposition._replace(**bases)


def _cut_ranks(ranks: Ranks) -> Ranks:
    """Returns ranks of at most `_MOST` numbers: of places half the room at most."""
    side = int(np.sqrt(_MOST)) // 4
    row, col = min(ranks.row, side), min(ranks.col, side)
    return Ranks(row, col, max(1, min(ranks.unit, _MOST // (row * col))))


def _first(directions: Directions, count: int) -> Directions:
    return jax.tree.map(lambda x: x[:count], directions)


def _join(*parts):
    return jnp.concatenate(parts)


def _weights_read(gan: Gan) -> str | None:
    try:
        return latent_weights(gan)[0]
    except ValueError:
        return None


def _normalized(directions: Directions, target: str) -> Directions:
    """Returns those that are not next to nothing, of unit length."""
    length = np.linalg.norm(np.asarray(directions.vectors[target]), axis=1)
    kept = length > _SHORTEST * length.max()
    return unit_length(jax.tree.map(lambda x: jnp.asarray(x)[kept], directions))
