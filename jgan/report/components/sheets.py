"""Images along the components of each mode, and along entries of the core."""

from collections.abc import Sequence
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray, UInt8

from jgan import components, images as pictures
from jgan.components import Decomposition, Directions, Methods
from jgan.gan import Gan
from jgan.stats import MODES

# To either side, in lengths that latents usually have: at the ends, edits are as large
# as the latent itself, and in the middle most images are still of their kind.
REACH = 0.8
STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0)
# What single entries of the core are called, next to the modes.
ENTRIES = "entry"
_SHOWN, _IMAGES = 4, 2


class Sheet(NamedTuple):
    """Edits along the components of one mode, or along entries of the core.

    Attributes:
        entries: Components of rows, columns and units; empty of a mode.
        variances: Of each component shown, as a share of the total.
        images: In bytes.
    """

    entries: tuple[tuple[int, int, int], ...]
    variances: Float[np.ndarray, " component"]
    images: UInt8[np.ndarray, "component image strength row col 3"]


def make_sheets(
    gan: Gan, layer: str, target: str, methods: Methods, *, key: PRNGKeyArray
) -> dict[str, Sheet]:
    """Returns the sheets of the first components of all modes, and of the core.

    Args:
        gan: The generator.
        layer: That was decomposed.
        target: The latent that is moved.
        methods: With the decomposition and the regression.
        key: Of the images that are edited, the same of all sheets.
    """
    decomposition = methods.decomposition
    latents = gan.sample_latents(_IMAGES, key=key)
    spread = components.latent_spread(gan, target, key)
    total = np.sum(decomposition.spectra["unit"])

    def sheet(entries: Sequence[tuple[int, int, int]], found: Directions) -> Sheet:
        moved = components.to_latent(found, layer, methods.regression)
        # What no latent makes has no length, and changes nothing.
        moved = components.unit_length(moved)
        usual = spread * np.sqrt(moved.vectors[target].shape[1])
        strengths = [REACH * usual * strength for strength in STRENGTHS]
        every = range(len(moved.values))
        swept = components.traverse(
            gan, latents, moved, indices=every, strengths=strengths
        )
        shown = np.asarray(swept).swapaxes(1, 2)
        as_bytes = pictures.to_uint8(shown.reshape(-1, *shown.shape[3:]))
        variances = np.asarray(found.values) / (total if total > 0 else 1.0)
        return Sheet(tuple(entries), variances, as_bytes.reshape(shown.shape))

    sheets = {}
    for mode in MODES:
        found = components.mode_directions(layer, decomposition, mode)
        sheets[mode] = sheet((), jax.tree.map(lambda x: x[:_SHOWN], found))
    entries = _largest(decomposition, _SHOWN)
    found = components.mixing_directions(layer, decomposition, entries)
    sheets[ENTRIES] = sheet(entries, found)
    return sheets


def _largest(
    decomposition: Decomposition, count: int
) -> tuple[tuple[int, int, int], ...]:
    """Returns the entries of the core that vary most, if modes are independent."""
    # Past the first `count` components of a mode, that many entries vary more.
    sizes = [min(rank, count) for rank in decomposition.ranks]
    spectra = [
        np.asarray(decomposition.spectra[mode])[:size]
        for mode, size in zip(MODES, sizes, strict=True)
    ]
    variances = np.einsum("r,c,u->rcu", *spectra)
    order = np.argsort(-variances, axis=None, kind="stable")[:count]
    found = np.stack(np.unravel_index(order, variances.shape), axis=1)
    return tuple((row, col, unit) for row, col, unit in found.tolist())
