"""Which weights read the latent, layer by layer: all that SeFa needs of a generator.

A `Gan` knows no architecture, so the places of these weights are written down here for
each family, by the documented names of its parameters.
"""

from collections.abc import Callable

import numpy as np
from jaxtyping import Float

from jgan.components._directions import W, Z
from jgan.gan import Gan
from jgan.typing import Params

Weights = Float[np.ndarray, "latent _unit"]


def latent_weights(gan: Gan) -> tuple[str, list[Weights]]:
    """Returns the latent that is read, ``"z"`` or ``"w"``, and each layer's weights.

    In the family's own order of layers: see `sefa`. A latent that a layer does not read
    has weights 0 there.

    Raises:
        ValueError: If the family is not known.
    """
    if gan.family not in _FAMILIES:
        raise ValueError(
            f"Where {gan.name}, of family {gan.family!r}, reads its latent is not "
            f"known, only for {', '.join(_FAMILIES)}."
        )
    space, weights_of = _FAMILIES[gan.family]
    return space, weights_of(gan)


def _styles(gan: Gan) -> list[Weights]:
    blocks = [
        gan.params["params"][f"b{4 * 2**i}"] for i in range(len(gan.config.units))
    ]
    # As rows of `w_plus`. Of StyleGAN2, the image of the last block only has one of its
    # own; of StyleGAN, no image reads `w`.
    layers = [block.get(name) for block in blocks for name in ("conv0", "conv1")]
    layers.append(blocks[-1].get("to_rgb"))
    return [np.asarray(layer["style"]["kernel"]) for layer in layers if layer]


def _biggan(gan: Gan) -> list[Weights]:
    params, config = gan.params["params"], gan.config
    size = config.latent_dim // config.num_chunks
    layers = [np.asarray(params["linear"]["kernel"])]
    if config.hierarchical:
        # The class embedding is before the chunk.
        chunk = slice(config.shared_dim, None)
        blocks = range(len(config.units_out))
        layers += [_of_normalizations(params[f"block{i}"], chunk) for i in blocks]
    spread = []
    for i, weights in enumerate(layers):
        whole = np.zeros((config.latent_dim, weights.shape[1]), weights.dtype)
        whole[i * size : (i + 1) * size] = weights
        spread.append(whole)
    return spread


def _biggan_deep(gan: Gan) -> list[Weights]:
    params, config = gan.params["params"], gan.config
    # The class embedding is behind `z`.
    z = slice(None, config.latent_dim)
    first = np.asarray(params["linear"]["kernel"])[z]
    blocks = range(len(config.units_out))
    return [first, *(_of_normalizations(params[f"block{i}"], z) for i in blocks)]


def _of_normalizations(block: Params, rows: slice) -> Weights:
    norms = [block[name] for name in sorted(block) if name.startswith("norm")]
    kernels = [norm[factor]["kernel"] for norm in norms for factor in ("gain", "bias")]
    return np.concatenate([np.asarray(kernel)[rows] for kernel in kernels], axis=1)


def _first(layer: str) -> Callable[[Gan], list[Weights]]:
    # A one-hot class is behind `z`.
    return lambda gan: [
        np.asarray(gan.params["params"][layer]["kernel"])[: gan.config.latent_dim]
    ]


_FAMILIES: dict[str, tuple[str, Callable[[Gan], list[Weights]]]] = {
    "biggan": (Z, _biggan),
    "biggan-deep": (Z, _biggan_deep),
    "dcgan": (Z, _first("linear")),
    "progan": (Z, _first("layer1")),
    "stylegan": (W, _styles),
    "stylegan2": (W, _styles),
}
