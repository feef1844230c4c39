"""What the dimensions of an EigenGAN stand for, by readers of attributes."""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Float, PRNGKeyArray

from jgan import metrics
from jgan.eigengan._effects import config_of
from jgan.gan import Gan
from jgan.typing import AttributeReader


class Readings(NamedTuple):
    """Codes and attributes of the same images.

    Attributes:
        codes: `z` of each image.
        attributes: As the reader names them, style first.
    """

    codes: Float[np.ndarray, "image latent"]
    attributes: Float[np.ndarray, "image attribute"]

    def compared(self) -> metrics.Disentanglement:
        """Returns how dimensions and attributes belong together."""
        return metrics.disentanglement(self.codes, self.attributes)


def read_attributes(
    gan: Gan,
    reader: AttributeReader,
    *,
    num_images: int = 4000,
    batch_size: int = 50,
    progress: Callable[[float], None] = lambda share: None,
    key: PRNGKeyArray,
) -> Readings:
    """Returns what a reader says of random images, beside what they were made of.

    Args:
        gan: An EigenGAN.
        reader: Of its images.
        num_images: A multiple of `batch_size`.
        batch_size: Images at a time.
        progress: Called with the share done.
        key: Consumed whole.

    Raises:
        ValueError: If the sizes do not fit, or the generator is no EigenGAN.
    """
    config_of(gan)
    if batch_size < 1 or num_images < 1 or num_images % batch_size:
        raise ValueError(
            f"num_images is {num_images}; give a multiple of batch_size {batch_size}."
        )
    codes, attributes = [], []
    for start in range(0, num_images, batch_size):
        latents = gan.sample_latents(batch_size, start=start, key=key)
        codes.append(np.asarray(latents.z))
        # The reader may be no JAX function, so that only the images are jitted.
        images, _ = jax.jit(gan.forward)(gan.params, latents)
        attributes.append(np.asarray(reader.read(images)))
        progress((start + batch_size) / num_images)
    return Readings(np.concatenate(codes), np.concatenate(attributes))
