"""From a model and its parameters to a `Gan`."""

import functools
from types import ModuleType
from typing import Any

import jax
import jax.numpy as jnp

from jgan.gan import Forward, Gan, Layer, SampleLatents
from jgan.models import (
    biggan,
    biggan_deep,
    dcgan,
    eigengan,
    progan,
    stylegan,
    stylegan2,
)
from jgan.models.eigen_latents import sample_eigen_latents
from jgan.models.latents import sample_latents
from jgan.models.style_latents import sample_style_latents
from jgan.typing import Params

_MODELS: dict[str, ModuleType] = {
    "biggan": biggan,
    "biggan-deep": biggan_deep,
    "dcgan": dcgan,
    "eigengan": eigengan,
    "progan": progan,
    "stylegan": stylegan,
    "stylegan2": stylegan2,
}
# The image so far is a tap, and its three colors are no units.
_IMAGE = ".rgb"
# Those whose latents have the controls of a StyleGAN.
_STYLE_BASED = ("stylegan", "stylegan2")
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
    latents = _one_latent(_sampler(family, config))
    return jax.eval_shape(generator.init, jax.random.key(0), latents)


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
    draw = _sampler(family, config)
    shapes = _tap_shapes(forward, params, _one_latent(draw))
    layers = {
        name: Layer(*shape[1:])
        for name, shape in shapes
        if len(shape) == 4 and not name.endswith(_IMAGE)
    }
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


def _sampler(family: str, config: Any) -> SampleLatents:
    if family == "eigengan":
        return functools.partial(
            sample_eigen_latents,
            latent_dim=config.latent_dim,
            noise_dim=config.noise_dim,
        )
    sizes = {"latent_dim": config.latent_dim, "num_classes": config.num_classes}
    if family in _STYLE_BASED:
        return functools.partial(sample_style_latents, **sizes)
    keep = family in _KEEP_TRUNCATION
    return functools.partial(sample_latents, **sizes, keep_truncation=keep)


def _one_latent(draw: SampleLatents) -> Any:
    # Evaluated for its shapes only: a hostile config may ask for sizes that no machine
    # holds.
    return jax.eval_shape(functools.partial(draw, 1, key=jax.random.key(0)))


def _tap_shapes(
    forward: Forward, params: Params, latents: Any
) -> list[tuple[str, tuple[int, ...]]]:
    # Noted while tracing: what leaves a traced function has its names sorted.
    shapes = []

    def trace(params: Params, latents: Any) -> None:
        _, taps = forward(params, latents)
        shapes.extend((name, tap.shape) for name, tap in taps.items())

    jax.eval_shape(trace, params, latents)
    return shapes
