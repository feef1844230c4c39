"""Edits of a decomposed layer: along a component of one mode, or of all at once.

A component of the mode of units changes every pixel alike: style. One of rows or
columns changes all units alike, place by place: geometry. A single entry of the core is
a component of each mode multiplied together, which the modes alone cannot make
(Oldfield et al., 2021). All are `Directions` of the layer; `to_latent` takes them to
the latent that makes such an activation.
"""

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jgan.components._decomposition import Decomposition
from jgan.components._directions import Directions
from jgan.components._regression import Regression
from jgan.components._weights import Weight
from jgan.stats import MODES


def mode_directions(layer: str, decomposition: Decomposition, mode: str) -> Directions:
    """Returns the components of one mode as directions of the layer.

    A strength multiplies the component, as originally: it is the change of the
    activation at the place where the component is 1.

    Args:
        layer: The decomposition's.
        decomposition: From `mpca`.
        mode: ``"row"``, ``"col"`` or ``"unit"``.

    Returns:
        Directions, and as values the variances of the mode's spectrum.

    Raises:
        ValueError: If there is no such mode.
    """
    basis = jnp.asarray(decomposition.basis(mode), jnp.float32).T
    axis = 1 + MODES.index(mode)
    shape = [len(basis), 1, 1, 1]
    shape[axis] = basis.shape[1]
    values = np.asarray(decomposition.spectra[mode])[: len(basis)]
    return Directions({layer: basis.reshape(shape)}, jnp.asarray(values, jnp.float32))


def mixing_directions(
    layer: str, decomposition: Decomposition, entries: Sequence[tuple[int, int, int]]
) -> Directions:
    """Returns single entries of the core as directions of the layer, of unit length.

    Args:
        layer: The decomposition's.
        decomposition: From `mpca`.
        entries: Components of rows, columns and units. (The original numbers them with
            units first: ``numpy.unravel_index(number, (units, rows, cols))``.)

    Returns:
        Directions, and as values the variance that each would have if the modes were
        independent: the product of theirs over the squared total.

    Raises:
        ValueError: If there is no such entry.
    """
    ranks = decomposition.ranks
    for entry in entries:
        if any(not 0 <= i < rank for i, rank in zip(entry, ranks, strict=True)):
            raise ValueError(
                f"The core has no entry {entry}; its ranks are {tuple(ranks)}."
            )
    chosen = np.asarray(entries, np.int64).reshape(-1, 3).T
    columns = [
        np.asarray(decomposition.basis(mode))[:, indices]
        for mode, indices in zip(MODES, chosen, strict=True)
    ]
    vectors = np.einsum("rd,cd,ud->drcu", *columns)
    variances = [
        np.asarray(decomposition.spectra[mode])[indices]
        for mode, indices in zip(MODES, chosen, strict=True)
    ]
    total = np.sum(np.asarray(decomposition.spectra[MODES[-1]]))
    # Of a constant layer, all are 0.
    values = np.prod(variances, axis=0) / (total**2 if total > 0 else 1.0)
    return Directions(
        {layer: jnp.asarray(vectors, jnp.float32)}, jnp.asarray(values, jnp.float32)
    )


def combine(terms: Sequence[tuple[Directions, int, float]]) -> Directions:
    """Returns the one direction that moves along several at once, of value NaN.

    Args:
        terms: Directions, which of them, and how far.

    Raises:
        ValueError: If there is none, or no such direction.
    """
    if not terms:
        raise ValueError("There is nothing to combine: give at least one direction.")
    vectors: dict[str, jax.Array] = {}
    for directions, index, strength in terms:
        if not 0 <= index < len(directions.values):
            raise ValueError(
                f"There is no direction {index}. They are 0 to "
                f"{len(directions.values) - 1}."
            )
        for place, found in directions.vectors.items():
            step = found[index : index + 1] * jnp.float32(strength)
            vectors[place] = vectors[place] + step if place in vectors else step
    return Directions(vectors, jnp.full((1,), jnp.nan))


def to_latent(
    directions: Directions,
    layer: str,
    regression: Regression,
    *,
    keep: bool = False,
) -> Directions:
    """Returns the directions of the latent that make those of a layer.

    Their length is what the regression gives them, so that a strength means the same
    before and after.

    Args:
        directions: Of the layer.
        layer: The regression's.
        regression: From `ridge_regression` or `adam_regression`.
        keep: Move the layer as well, as the original does with multilinear edits of
            StyleGAN.

    Raises:
        ValueError: If the directions move something else than the layer.
    """
    if {*directions.vectors} != {layer}:
        raise ValueError(
            f"The directions move {', '.join(directions.vectors)}; the regression is "
            f"of layer {layer!r}."
        )
    vectors = directions.vectors[layer]
    latent = {
        target: _latents_of(weight, vectors)
        for target, weight in regression.weights.items()
    }
    moved = {layer: vectors, **latent} if keep else latent
    return Directions(moved, directions.values)


@jax.jit
def _latents_of(
    weight: Weight, vectors: Float[Array, "direction row col unit"]
) -> Float[Array, "direction latent"]:
    shape = tuple(len(factor) for factor in (weight.row, weight.col, weight.unit))
    whole = lambda vector: jnp.broadcast_to(vector, shape)[None]
    # One at a time: all of them at full size may be gigabytes.
    return jax.lax.map(lambda vector: weight.apply(whole(vector))[0], vectors)
