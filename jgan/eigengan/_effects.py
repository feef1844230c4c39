"""How much of what images differ by is made by each dimension and by each layer."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PRNGKeyArray

from jgan.gan import Forward, Gan, SampleLatents
from jgan.models.eigengan import Config
from jgan.typing import AttributeReader, Images, Params


class Effects(NamedTuple):
    """Shares of a variance, each in [0, 1] but for sampling error.

    A share is what changes where one input is drawn anew and all others stay, in parts
    of what changes where all are: the total effect of Sobol' (Homma & Saltelli, 1996).
    Inputs act together, so that shares may add up to more than 1.

    Attributes:
        dimensions: Of every column of `z`.
        layers: Of all dimensions of a layer at once.
        noise: Of `eps`.
    """

    dimensions: Float[np.ndarray, "latent number"]
    layers: Float[np.ndarray, "layer number"]
    noise: Float[np.ndarray, " number"]


def effects(
    gan: Gan,
    *,
    reader: AttributeReader | None = None,
    num_images: int = 256,
    batch_size: int = 32,
    progress: Callable[[float], None] = lambda share: None,
    key: PRNGKeyArray,
) -> Effects:
    """Returns the share of each dimension and layer in what images differ by.

    jgan reconstruction: the paper tells by looking which layers change what.

    Args:
        gan: An EigenGAN.
        reader: Gives a share for each of its attributes; None gives one, of all pixels
            together. An image counts where the attribute can be read before and after.
        num_images: To draw inputs of anew, a multiple of `batch_size`; each is made
            once for every dimension, layer, and `eps`. The error of a share is about
            its size, divided by the root of `num_images`.
        batch_size: Images at a time.
        progress: Called with the share done.
        key: Consumed whole.

    Raises:
        ValueError: If the sizes do not fit, or the generator is no EigenGAN.
    """
    config = config_of(gan)
    if batch_size < 1 or num_images < 1 or num_images % batch_size:
        raise ValueError(
            f"num_images is {num_images}; give a multiple of batch_size {batch_size}."
        )
    return effects_of(
        gan.forward,
        gan.params,
        config,
        gan.sample_latents,
        read=None if reader is None else reader.read,
        num_images=num_images,
        batch_size=batch_size,
        progress=progress,
        key=key,
    )


def config_of(gan: Gan) -> Config:
    """Returns the config of an EigenGAN.

    Raises:
        ValueError: If the generator is of another family.
    """
    if not isinstance(gan.config, Config):
        raise ValueError(
            f"{gan.name} is a {gan.family}; only an EigenGAN has dimensions by layer."
        )
    return gan.config


def effects_of(
    forward: Forward,
    params: Params,
    config: Config,
    sample_latents: SampleLatents,
    *,
    read: Callable[[Images], Float[Array, "image number"]] | None = None,
    num_images: int,
    batch_size: int,
    progress: Callable[[float], None] = lambda share: None,
    key: PRNGKeyArray,
) -> Effects:
    """Returns `effects` of a generator that is no `Gan` yet, as in training.

    Args:
        forward: As of a `Gan`.
        params: As of a `Gan`.
        config: Its sizes.
        sample_latents: As of a `Gan`.
        read: Reads numbers off images; None compares all pixels together.
        num_images: As `effects` has it.
        batch_size: As `effects` has it.
        progress: As `effects` has it.
        key: Consumed whole.
    """
    keys = jax.random.split(key)
    groups = _groups(config)
    change: Any = 0.0
    counted: Any = 0.0
    for start in range(0, num_images, batch_size):
        draw = functools.partial(sample_latents, batch_size, start=start)
        pair = draw(key=keys[0]), draw(key=keys[1])
        found, count = jax.device_get(_changes(forward, read, params, *pair, groups))
        change, counted = change + np.float64(found), counted + np.float64(count)
        progress((start + batch_size) / num_images)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = change / counted
        # The last group is everything.
        shares = mean[:-1] / mean[-1:]
    ends = config.latent_dim, config.latent_dim + config.num_layers
    dimensions, layers, noise = np.split(shares, ends)
    return Effects(dimensions, layers, noise[0])


def _groups(config: Config) -> Bool[np.ndarray, "group input"]:
    """Returns which inputs, each of `z` and `eps` as one, are drawn anew together."""
    layers = range(1, config.num_layers + 1)
    of_layer = np.repeat(layers, config.dims)
    inputs = np.arange(config.latent_dim + 1)
    noise = inputs == config.latent_dim
    return np.stack(
        [
            *(inputs == dimension for dimension in range(config.latent_dim)),
            *(np.append(of_layer == layer, False) for layer in layers),
            noise,
            np.ones_like(noise),
        ]
    )


@functools.partial(jax.jit, static_argnums=(0, 1))
def _changes(
    forward: Forward,
    read: Callable[[Images], Array] | None,
    params: Params,
    latents: Any,
    others: Any,
    groups: Bool[Array, "group input"],
) -> tuple[Float[Array, "group number"], Float[Array, "group number"]]:
    """Returns sums of squared changes, and how many were read."""

    def numbers(latents: Any) -> Float[Array, "image number"]:
        images = forward(params, latents)[0]
        return images.reshape(len(images), -1) if read is None else read(images)

    before = numbers(latents)

    def change(group: Bool[Array, " input"]):
        drawn = latents._replace(
            z=jnp.where(group[None, :-1], others.z, latents.z),
            eps=jnp.where(group[-1], others.eps, latents.eps),
        )
        squared = jnp.square(numbers(drawn) - before)
        if read is None:
            squared = squared.mean(axis=1, keepdims=True)
        counted = jnp.isfinite(squared)
        total = jnp.where(counted, squared, 0.0).sum(axis=0)
        return total, counted.sum(axis=0, dtype=squared.dtype)

    return jax.lax.map(change, groups)
