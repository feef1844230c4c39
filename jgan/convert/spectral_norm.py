"""Spectral norm, baked into the weights once, as ajbrock/BigGAN-PyTorch evaluates it.

In evaluation the reference runs one step of power iteration from the stored left vector
``u`` at every forward pass and divides by the value it finds; ``u`` itself stays. The
stored ``sv`` is a log of training and differs. (Miyato et al., 2018; layers.py there.)
"""

from collections.abc import Mapping

import numpy as np

from jgan.convert._rules import ConversionError, summarize

# The reference's smallest default. It matters to vectors shorter than this alone.
_EPS = 1e-12


def bake_spectral_norm(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the arrays with every spectrally normed weight divided by its norm.

    Args:
        arrays: A state dict. ``NAME.u0`` marks ``NAME.weight`` as normed; a network
            trained without spectral norm has none and comes back as it is.

    Returns:
        The arrays without those that belong to the norm (``u0``, ``sv0``, …).

    Raises:
        ConversionError: If a vector lacks its weight, does not fit it, or gives a norm
            that is zero or not finite.
    """
    state = {k for k in arrays if k.rpartition(".")[2].startswith(("u", "sv"))}
    state = {k for k in state if k.rpartition(".")[2].lstrip("usv").isdigit()}
    baked = {k: v for k, v in arrays.items() if k not in state}
    problems = []
    for name in sorted(k for k in state if k.endswith(".u0")):
        weight_name = name.removesuffix("u0") + "weight"
        weight, vector = baked.get(weight_name), arrays[name]
        if weight is None:
            problems.append(f"{name}: there is no {weight_name}")
            continue
        if weight.ndim < 2 or vector.shape != (1, len(weight)):
            problems.append(f"{name} {vector.shape}: {weight_name} is {weight.shape}")
            continue
        norm = spectral_norm(weight, vector[0])
        if not (np.isfinite(norm) and norm != 0):
            problems.append(f"{weight_name}: its spectral norm is {norm}")
            continue
        baked[weight_name] = (weight / norm).astype(weight.dtype)
    if problems:
        raise ConversionError(summarize("Cannot apply the spectral norm:", problems))
    return baked


def spectral_norm(weight: np.ndarray, left: np.ndarray) -> float:
    """Returns the norm that one step of power iteration from `left` finds.

    Args:
        weight: Weights, outputs first; further axes count as one.
        left: The stored left vector. It need not have length 1.
    """
    # float64, so that ours is the rounding-free value the reference scatters around.
    matrix = weight.reshape(len(weight), -1).astype(np.float64)
    right = _unit_length(left.astype(np.float64) @ matrix)
    unnormed = matrix @ right
    return float(unnormed @ _unit_length(unnormed))


def _unit_length(vector: np.ndarray) -> np.ndarray:
    return vector / max(float(np.linalg.norm(vector)), _EPS)
