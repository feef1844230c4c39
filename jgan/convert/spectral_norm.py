"""Spectral norm, baked into the weights once, as the reference evaluates it.

In evaluation ajbrock/BigGAN-PyTorch runs one step of power iteration from the stored
left vector ``u`` at every forward pass and divides by the value it finds; ``u`` itself
stays. The stored ``sv`` is a log of training and differs. PyTorch's own spectral norm
stores both vectors and iterates no more. (Miyato et al., 2018; layers.py there.)
"""

import math
import re
from collections.abc import Mapping

import numpy as np

from jgan.convert._rules import ConversionError, summarize

# The reference's smallest default. It matters to vectors shorter than this alone.
_EPS = 1e-12


def bake_spectral_norm(
    arrays: Mapping[str, np.ndarray], *, not_normed: str = ""
) -> dict[str, np.ndarray]:
    """Returns the arrays with every spectrally normed weight divided by its norm.

    Args:
        arrays: A state dict. ``NAME.u0`` marks ``NAME.weight`` as normed; a network
            trained without spectral norm has none and comes back as it is.
        not_normed: Regular expression of the weights that never are. If any weight is
            normed, all the others of two axes or more must be.

    Returns:
        The arrays without those that belong to the norm (``u0``, ``sv0``, …). Normed
        weights are float32 at least.

    Raises:
        ConversionError: If a vector lacks its weight or a weight its vector, they do
            not fit, or give a norm that is zero or not finite.
    """
    state = {name for name in arrays if re.fullmatch(r"(.*\.)?(u|sv)\d+", name)}
    baked = {name: array for name, array in arrays.items() if name not in state}
    normed = {name.rpartition(".")[0] for name in state}
    if normed:
        normed |= {
            name.removesuffix(".weight")
            for name, array in baked.items()
            if name.endswith(".weight")
            and array.ndim >= 2
            and not re.fullmatch(not_normed, name)
        }
    problems = []
    for name in sorted(normed):
        weight, vector = baked.get(f"{name}.weight"), arrays.get(f"{name}.u0")
        if weight is None or vector is None:
            missing = "weight" if weight is None else "u0"
            problems.append(f"{name}: there is no {name}.{missing}")
        elif weight.ndim < 2 or vector.shape != (1, len(weight)):
            problems.append(f"{name}.u0 {vector.shape}: its weight is {weight.shape}")
        else:
            norm = spectral_norm(weight, vector[0])
            _divide(baked, name, weight, norm, problems)
    if problems:
        raise ConversionError(summarize("Cannot apply the spectral norm:", problems))
    return baked


def bake_stored_norm(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the arrays with ``NAME.weight_orig`` divided by its norm, as a weight.

    Args:
        arrays: A state dict of PyTorch's spectral norm, whose ``NAME.weight_u`` and
            ``NAME.weight_v`` give the norm. What has no ``weight_orig`` stays.

    Raises:
        ConversionError: If a weight lacks a vector or a vector its weight, they do not
            fit, or give a norm that is zero or not finite.
    """
    pattern = r"(.*)\.weight_(orig|u|v)"
    parts: dict[str, dict[str, np.ndarray]] = {}
    baked = {}
    for name, array in arrays.items():
        match = re.fullmatch(pattern, name)
        if match is None:
            baked[name] = array
        else:
            parts.setdefault(match[1], {})[match[2]] = array
    problems = []
    for name, part in parts.items():
        missing = {"orig", "u", "v"} - {*part}
        if missing or f"{name}.weight" in baked:
            lacking = "".join(f" without weight_{m}" for m in sorted(missing))
            problems.append(f"{name}: weights{lacking or ' with and without a norm'}")
            continue
        weight, left, right = part["orig"], part["u"], part["v"]
        num_inputs = math.prod(weight.shape[1:])
        if weight.ndim < 2 or (left.shape, right.shape) != (
            (len(weight),),
            (num_inputs,),
        ):
            problems.append(
                f"{name}: vectors {left.shape} and {right.shape} of {weight.shape}"
            )
            continue
        matrix = weight.reshape(len(weight), num_inputs).astype(np.float64)
        norm = float(left.astype(np.float64) @ (matrix @ right.astype(np.float64)))
        _divide(baked, name, weight, norm, problems)
    if problems:
        raise ConversionError(summarize("Cannot apply the spectral norm:", problems))
    return baked


def _divide(
    baked: dict[str, np.ndarray],
    name: str,
    weight: np.ndarray,
    norm: float,
    problems: list[str],
) -> None:
    if not (np.isfinite(norm) and norm != 0):
        problems.append(f"{name}.weight: its spectral norm is {norm}")
        return
    # Half precision in the file must not round the quotient, too.
    dtype = np.float64 if weight.dtype == np.float64 else np.float32
    baked[f"{name}.weight"] = (weight.astype(dtype) / norm).astype(dtype)


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
