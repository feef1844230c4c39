"""A layer's activations as a mean and one basis for each mode: a Tucker model.

An activation is its mean plus a *core*, multiplied along rows, columns and units by the
mode's basis. The core of full ranks is as large as the activation, and nothing is lost.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from jgan.stats import MODES

Basis = Float[np.ndarray | Array, "place component"]


class Ranks(NamedTuple):
    """How many components each mode keeps."""

    row: int
    col: int
    unit: int


class Decomposition(NamedTuple):
    """What `mpca` finds in the activations of a layer.

    Attributes:
        mean: Over images.
        row: Basis of rows: orthonormal columns, the most important first. The largest
            entry of each is positive.
        col: Basis of columns.
        unit: Basis of units.
        spectra: By mode, the variance of each component before any mode is cut, in
            falling order: eigenvalues of the mode's scatter. Each sums to the total
            variance of the activation.
        captured: Share of the total variance that the bases keep, after each pass that
            changed one; of full ranks 1.
    """

    mean: Float[np.ndarray | Array, "row col unit"]
    row: Basis
    col: Basis
    unit: Basis
    spectra: dict[str, Float[np.ndarray | Array, " place"]]
    captured: Float[np.ndarray | Array, " pass"]

    @property
    def ranks(self) -> Ranks:
        """Components of each mode."""
        return Ranks(*(self.basis(mode).shape[1] for mode in MODES))

    def basis(self, mode: str) -> Basis:
        """Returns the basis of ``"row"``, ``"col"`` or ``"unit"``.

        Raises:
            ValueError: If there is no such mode.
        """
        if mode not in MODES:
            raise ValueError(f"There is no mode {mode!r}: {', '.join(MODES)}.")
        return getattr(self, mode)

    def coordinates(
        self, activation: Float[Array, "image row col unit"]
    ) -> Float[Array, "image entry"]:
        """Returns the core of each image's activation as a vector, float32."""
        return project(self, activation).reshape(len(activation), -1)


def project(
    decomposition: Decomposition, activation: Float[Array, "image row col unit"]
) -> Float[Array, "image row_component col_component unit_component"]:
    """Returns the core of each activation, float32: its coordinates in the bases."""
    mean = jnp.asarray(decomposition.mean, jnp.float32)
    centered = activation.astype(jnp.float32) - mean[None]
    return along_modes(centered, [decomposition.basis(mode).T for mode in MODES])


def reconstruct(
    decomposition: Decomposition,
    core: Float[Array, "image row_component col_component unit_component"],
) -> Float[Array, "image row col unit"]:
    """Returns the activation of each core, float32. Of full ranks it is the original's.

    Args:
        decomposition: Whose bases are used.
        core: As `project` gives it, perhaps edited.
    """
    mean = jnp.asarray(decomposition.mean, jnp.float32)
    return along_modes(core, [decomposition.basis(m) for m in MODES]) + mean[None]


def along_modes(
    activation: Float[Array, "image row col unit"],
    matrices: list[Float[np.ndarray | Array, "_to _from"] | None],
) -> Float[Array, "image row_out col_out unit_out"]:
    """Returns the activations multiplied by a matrix along each mode.

    Args:
        activation: Of a layer.
        matrices: Of rows, columns and units. None leaves the mode as it is.
    """
    for axis, matrix in enumerate(matrices, start=1):
        if matrix is not None:
            moved = jnp.tensordot(
                activation,
                jnp.asarray(matrix, activation.dtype),
                ((axis,), (1,)),
                # Anything less than the highest rounds to bfloat16 on some devices.
                precision=jax.lax.Precision.HIGHEST,
            )
            activation = jnp.moveaxis(moved, -1, axis)
    return activation
