"""From a model and its parameters to a `Gan`."""

import functools
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

from jgan.gan import Forward, Gan, Layer
from jgan.models import biggan, biggan_deep, dcgan, progan
from jgan.models.latents import Latents, sample_latents
from jgan.typing import Params

_MODELS: dict[str, ModuleType] = {
    "biggan": biggan,
    "biggan-deep": biggan_deep,
    "dcgan": dcgan,
    "progan": progan,
}
# Those whose statistics depend on the truncation.
_KEEP_TRUNCATION = ("biggan-deep",)


def families() -> tuple[str, ...]:
    """Returns the names of the architectures that jgan knows."""
    return tuple(_MODELS)


def config_class(family: str) -> type:
    """Returns the class of a family's config.

    Raises:
        ValueError: If there is no such family.
    """
    if family not in _MODELS:
        raise ValueError(f"There is no family {family!r}. Have {list(_MODELS)}.")
    return _MODELS[family].Config


def expected_params(family: str, config: Any) -> Params:
    """Returns the shapes of a generator's parameters, without making any."""
    generator = _MODELS[family].Generator(config)
    return jax.eval_shape(generator.init, jax.random.key(0), _one_latent(config))


def assemble(
    family: str,
    config: Any,
    params: Params,
    *,
    name: str,
    class_names: tuple[str, ...] | None = None,
) -> Gan:
    """Returns the `Gan` of a family with the given sizes and parameters.

    Args:
        family: One of `families`.
        config: The family's config.
        params: Arrays in the shapes of `expected_params`.
        name: What the user calls the generator.
        class_names: Names by label, ``"0"``, ``"1"``, … by default.

    Raises:
        ValueError: If the number of names is not the number of classes.
    """
    if class_names is None:
        class_names = tuple(str(label) for label in range(config.num_classes))
    if len(class_names) != config.num_classes:
        raise ValueError(
            f"{len(class_names)} class names for {config.num_classes} classes."
        )
    forward = _MODELS[family].Generator(config).apply
    draw = functools.partial(
        sample_latents,
        latent_dim=config.latent_dim,
        num_classes=config.num_classes,
        keep_truncation=family in _KEEP_TRUNCATION,
    )
    shapes = _tap_shapes(forward, params, _one_latent(config))
    layers = {name: Layer(*shape[1:]) for name, shape in shapes if len(shape) == 4}
    return Gan(
        name=name,
        family=family,
        config=config,
        params=jax.tree.map(jnp.asarray, params),
        forward=forward,
        sample_latents=draw,
        layers=layers,
        conditional_layers=tuple(n for n in layers if f"{n}.gain" in dict(shapes)),
        class_names=tuple(class_names),
        resolution=config.resolution,
    )


def _one_latent(config: Any) -> Latents:
    # A function to be evaluated for its shapes only: a hostile config may ask for sizes
    # that no machine holds.
    def zeros() -> Latents:
        label = jnp.zeros((1,), jnp.int32) if config.num_classes else None
        return Latents(jnp.zeros((1, config.latent_dim)), label)

    return jax.eval_shape(zeros)


def _tap_shapes(
    forward: Forward, params: Params, latents: Latents
) -> list[tuple[str, tuple[int, ...]]]:
    # Noted while tracing: what leaves a traced function has its names sorted.
    shapes = []

    def trace(params: Params, latents: Latents) -> None:
        _, taps = forward(params, latents)
        shapes.extend((name, tap.shape) for name, tap in taps.items())

    jax.eval_shape(trace, params, latents)
    return shapes
