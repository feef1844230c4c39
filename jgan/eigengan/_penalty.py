"""What real images cost the discriminator, with the penalty on its gradient.

About an image, the network is linear. There, both the gradient of what the image costs
and that of the penalty are, for a kernel, products of what a layer is given and of
what is pulled back to it from the score; and what is pulled back is the same for both,
but for a factor. So the map is applied once more, to a sum of both, and pulled back:
to the same maps as before, which the compiler finds. That makes 4 passes through the
network instead of the 6 of a gradient of a gradient. Where classes are told apart too,
their loss pulls back other maps, and there are 6 again.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from jgan.models.eigen_discriminator import Discriminator, Piece
from jgan.training.losses import Scores
from jgan.typing import Images, Params


class Penalized(NamedTuple):
    """What images cost, and what to differentiate.

    Attributes:
        cost: Of their scores.
        penalty: Squared norm of the score's gradient, mean over images.
        surrogate: Number whose gradient with respect to the parameters is that of
            `cost` and of the weighted penalty. Its value means nothing.
    """

    cost: Float[Array, ""]
    penalty: Float[Array, ""]
    surrogate: Float[Array, ""]


def penalize(
    network: Discriminator,
    params: Params,
    images: Images,
    cost: Callable[[Scores], Float[Array, ""]],
    *,
    weight: float,
) -> Penalized:
    """Returns cost and penalty of a network at some images, and what gives gradients.

    Args:
        network: The discriminator.
        params: Its own. `surrogate` alone is to be differentiated by them: cost and
            penalty are constants.
        images: Where the gradient is taken (Mescheder, Geiger & Nowozin, 2018: R1).
        cost: Of all scores.
        weight: Of the penalty.

    Raises:
        ValueError: If the images are not of the network's size.
    """

    def on_piece(params: Params, images: Images, piece: Piece | None) -> Any:
        return network.apply({"params": params}, images, piece, method="on_piece")

    def score(images: Images) -> tuple[Scores, Piece]:
        # Constants, or the gradient of a gradient would be made after all.
        scores, _, piece = on_piece(jax.lax.stop_gradient(params), images, None)
        return scores, piece

    scores, pull, piece = jax.vjp(score, images, has_aux=True)
    # No image's score depends on another, so one pull gives every gradient.
    (gradients,) = pull(jnp.ones_like(scores))
    value, rates = jax.value_and_grad(cost)(scores)
    # A squared norm changes by twice the gradient's change along itself.
    along = 2 * weight / len(images) * gradients
    moved, *_ = on_piece(
        params,
        rates[:, None, None, None] * images + along,
        piece._replace(constants=rates),
    )
    squares = jnp.square(gradients).sum(axis=(1, 2, 3))
    return Penalized(value, squares.mean(), moved.sum())
