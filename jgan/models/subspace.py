"""The subspace of an EigenGAN's layer: orthonormal dimensions of an activation."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

# Importances start at 3, 6, 9, …, the first dimension's the largest (He, Kan & Shan,
# 2021, published code), so that no two dimensions start alike.
_IMPORTANCE_STEP = 3.0


class Subspace(nn.Module):
    """Points of one subspace of activations: ``basis @ (importance * z) + origin``.

    He, Kan & Shan (2021): U (L z) + mu. Every column of the basis is a dimension, an
    activation of norm 1, orthogonal to the others.

    Attributes:
        side: Rows and columns of the activation.
        units: Units of the activation.
        dim: Dimensions; with 0 there is one point, and no basis.
        exact: Orthonormalize the basis in every call; else orthogonality is left to a
            penalty in training.
    """

    side: int
    units: int
    dim: int
    exact: bool

    @nn.compact
    def __call__(
        self, z: Float[Array, "image dim"]
    ) -> Float[Array, "image row col unit"]:
        """Returns the points with the given coordinates."""
        shape = (self.side, self.side, self.units)
        origin = self.param("origin", nn.initializers.zeros, shape)
        if not self.dim:
            return _for_each(origin, len(z))
        init = nn.initializers.orthogonal()
        basis = self.param("basis", init, (*shape, self.dim))
        importance = self.param("importance", _first_importance, (self.dim,))
        if self.exact:
            basis = orthonormalize(basis)
        point = jnp.einsum("rcud,nd->nrcu", basis, importance[None] * z)
        return point + _for_each(origin, len(z))


def _for_each(
    origin: Float[Array, "row col unit"], num_images: int
) -> Float[Array, "image row col unit"]:
    """Returns the origin once for each image.

    As a product with 1, which is exact where no device rounds it first. Its gradient is
    a product over images: the sum that a broadcast has takes XLA on CPU three times as
    long (32 x 32 x 40 and 16 images), and reads as much on any device.
    """
    exactly = jax.lax.Precision.HIGHEST
    ones = jnp.ones(num_images, origin.dtype)
    return jnp.einsum("rcu,n->nrcu", origin, ones, precision=exactly)


def _first_importance(key: Array, shape: tuple[int]) -> Float[Array, " dim"]:
    return _IMPORTANCE_STEP * jnp.arange(shape[0], 0, -1, dtype=jnp.float32)


def orthonormalize(
    basis: Float[Array, "row col unit dim"],
) -> Float[Array, "row col unit dim"]:
    """Returns the basis that Gram and Schmidt make of one, as the official code does.

    By QR, whose signs are open and chosen so that each dimension keeps its side.

    Args:
        basis: Of linearly independent columns; others give NaN gradients.
    """
    q, r = jnp.linalg.qr(basis.reshape(-1, basis.shape[-1]))
    sign = jnp.where(jnp.diagonal(r) < 0, -1.0, 1.0).astype(q.dtype)
    return (q * sign[None]).reshape(basis.shape)


def gram_error(basis: Float[Array, "*place dim"]) -> Float[Array, "dim other"]:
    """Returns U^T U - I, the inner products of all dimensions less what they should be.

    Args:
        basis: The parameter, or what `orthonormalize` made of it; its places may be
            along one axis.
    """
    u = basis.reshape(-1, basis.shape[-1])
    gram = jnp.matmul(u.T, u, precision=jax.lax.Precision.HIGHEST)
    return gram - jnp.eye(u.shape[1], dtype=u.dtype)
