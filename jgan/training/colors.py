"""How far the colors of generated images are from those of real ones.

A discriminator judges one image at a time, so a generator that keeps to the middle of
every range of colors learns of it late. The energy distance of two sets (Székely &
Rizzo, 2013) is zero only for equal distributions, and its gradient drives generated
images towards real ones and away from each other. For the generator, in addition to
what the discriminator says: a jgan reconstruction, no part of BigGAN.
"""

import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan import ops
from jgan.typing import Images
from jgan.worlds import Batch

# Squares of 4, 8 and 16 pixels: smaller than a wall of a house, and as large as skies.
_HALVINGS = (2, 3, 4)
# Keeps the gradient finite where two colors are equal: a thousandth of the range.
_EPS = 1e-6


def color_distance(fake: Batch, real: Batch) -> Float[Array, ""]:
    """Returns the energy distance of mean colors of squares, less a constant.

    The constant is that of the real images among themselves. Distances are taken in
    each place of each scale on its own, of colors and of hues (colors less their mean),
    and only between images of a class; an image alone in its class does not count.

    Args:
        fake: Generated images, of a multiple of 16 pixels, or of 4 or 8: these have no
            such large squares, and are compared by smaller ones.
        real: Real ones of the same size.
    """
    within = _same(fake, fake) * (1 - jnp.eye(len(fake.images)))
    across = _same(fake, real)
    counted = (within.sum(axis=1) > 0) & (across.sum(axis=1) > 0)
    share = lambda pairs: jnp.where(
        counted[:, None], pairs / jnp.maximum(pairs.sum(axis=1, keepdims=True), 1), 0.0
    )
    within, across = share(within), share(across)
    a, b, total = fake.images, real.images, jnp.zeros(())
    side = fake.images.shape[1]
    halvings = [halving for halving in _HALVINGS if side >= 2**halving]
    for halving in range(1, max(halvings) + 1):
        a, b = ops.downsample(a), ops.downsample(b)
        if halving in halvings:
            for x, y in ((a, b), (_hue(a), _hue(b))):
                apart = (across * _distances(x, y)).sum()
                total += apart - 0.5 * (within * _distances(x, x)).sum()
    return total / (len(fake.images) * len(halvings))


def _same(a: Batch, b: Batch) -> Float[Array, "image other"]:
    if a.class_label is None or b.class_label is None:
        return jnp.ones((len(a.images), len(b.images)))
    return (a.class_label[:, None] == b.class_label[None, :]).astype(jnp.float32)


def _hue(images: Images) -> Images:
    return images - images.mean(axis=-1, keepdims=True)


def _distances(
    a: Images, b: Float[Array, "other row col 3"]
) -> Float[Array, "image other"]:
    # One color after the other: XLA sums three numbers side by side slowly on CPU.
    squared = sum(
        jnp.square(a[:, None, :, :, color] - b[None, :, :, :, color])
        for color in range(3)
    )
    return jnp.sqrt(squared + _EPS).mean(axis=(2, 3))
