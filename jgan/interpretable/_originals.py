"""Real images for a training without data: those of the generator as it is."""

import functools

import jax
from jaxtyping import PRNGKeyArray

from jgan.gan import Gan
from jgan.worlds import Batch


class Originals:
    """A generator as a source of images: a `jgan.worlds.World`.

    So that a generator is made interpretable from its checkpoint alone; what it cannot
    make, it will not learn.

    Attributes:
        resolution: Side of the images in pixels.
        class_names: The generator's.
    """

    def __init__(self, gan: Gan) -> None:
        self.resolution = gan.resolution
        self.class_names = gan.class_names
        self._gan = gan

    def sample(self, num_images: int, *, key: PRNGKeyArray) -> Batch:
        """Returns images drawn at random, the same for the same key.

        Args:
            num_images: How many.
            key: Consumed whole.
        """
        return _sample(self._gan, key, num_images)


@functools.partial(jax.jit, static_argnums=2)
def _sample(gan: Gan, key: PRNGKeyArray, num_images: int) -> Batch:
    latents = gan.sample_latents(num_images, key=key)
    images, _ = gan.forward(gan.params, latents, None)
    return Batch(images, latents.class_label if gan.num_classes else None)
