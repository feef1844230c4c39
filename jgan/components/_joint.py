"""How coordinates of a layer and a latent vary together, in one pass over images."""

import pathlib
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import Mesh
from jaxtyping import Array, Float, PRNGKeyArray

from jgan import stats
from jgan.components._directions import Z
from jgan.gan import Gan


@runtime_checkable
class Coordinates(Protocol):
    """What tells an activation's coordinates, as a pytree of arrays."""

    def coordinates(
        self, activation: Float[Array, "image row col unit"]
    ) -> Float[Array, "image coordinate"]:
        """Returns the coordinates of each image's activation, float32."""
        ...


def joint_covariance(
    gan: Gan,
    layer: str,
    basis: Coordinates,
    *,
    target: str,
    num_images: int,
    batch_size: int,
    mesh: Mesh | None,
    resume: pathlib.Path | None = None,
    progress: Callable[[float], None] | None = None,
    key: PRNGKeyArray,
) -> tuple[Float[np.ndarray, " both"], Float[np.ndarray, "both other"]]:
    """Returns mean and covariance of coordinates and, after them, the latent; float64.

    Raises:
        ValueError: If the layer or the target does not exist, or the target is no
            vector.
    """
    stats.check_layers(gan, (layer,))
    size = _size_of_both(gan, layer, basis, target)
    zero = stats.zero_scatter(1, 1, size, modes=("unit",))
    collected = stats.collect(
        gan,
        {layer: {"joint": CoordinatesAndLatent(basis, {target: zero})}},
        num_images=num_images,
        batch_size=batch_size,
        mesh=mesh,
        resume=resume,
        progress=progress,
        key=key,
    )
    found = collected[layer]["joint"].inner[target]
    return found.mean[0, 0], found.scatter("unit")


class CoordinatesAndLatent(NamedTuple):
    """Sees each image's coordinates and latent as one vector, and hands it on.

    Attributes:
        basis: Whose coordinates.
        inner: What is filled, by the name of the latent.
    """

    basis: Coordinates
    inner: dict[str, stats.ModeScatter]

    def update(self, seen: stats.Seen) -> "CoordinatesAndLatent":
        """Returns the statistic with one more batch."""
        coordinates = self.basis.coordinates(seen.activation)
        inner = {}
        for name, covariance in self.inner.items():
            both = _both(coordinates, target_of(seen.latents, seen.taps, name))
            together = seen._replace(activation=both[:, None, None, :])
            inner[name] = covariance.update(together)
        return self._replace(inner=inner)

    def merge(self, other: "CoordinatesAndLatent") -> "CoordinatesAndLatent":
        """Returns the statistic of two disjoint sets of images."""
        inner = {n: mine.merge(other.inner[n]) for n, mine in self.inner.items()}
        return self._replace(inner=inner)


def target_of(
    latents: Any, taps: Mapping[str, Array] | None, name: str
) -> Float[Array, "image latent"]:
    """Returns the latent of that name, float32.

    Raises:
        ValueError: If the generator has no such tap, or it is no vector.
    """
    if name != Z and (taps is None or name not in taps):
        raise ValueError(
            f"There is no latent {name!r}: give 'z', or a tap such as 'w'."
        )
    target = latents.z if name == Z or taps is None else taps[name]
    if target.ndim != 2:
        raise ValueError(
            f"{name!r} has shape {target.shape}; a latent is one vector for each image."
        )
    return target.astype(jnp.float32)


def _both(coordinates: Array, latent: Array) -> Float[Array, "image both"]:
    return jnp.concatenate([coordinates, latent], axis=1)


def _size_of_both(gan: Gan, layer: str, basis: Coordinates, target: str) -> int:
    def of_one() -> Array:
        latents = gan.sample_latents(1, key=jax.random.key(0))
        taps = gan.forward(gan.params, latents, None)[1]
        latent = target_of(latents, taps, target)
        return _both(basis.coordinates(taps[layer]), latent)

    return jax.eval_shape(of_one).shape[1]
