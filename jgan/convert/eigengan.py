"""Checkpoints of EigenGAN: the official TensorFlow one, and the PyTorch port's.

The two put their kernels of stride 2 in different places, and the port stores bases
with units before pixels. A checkpoint of the official code holds the generator three
times; the moving average is taken.
"""

import pathlib
import re
from collections.abc import Iterator, Mapping

import numpy as np

from jgan.convert._rules import (
    ConversionError,
    Rule,
    Transform,
    apply_rules,
    transpose,
)
from jgan.convert.assemble import expected_params
from jgan.models.eigengan import Config
from jgan.typing import Params

FAMILY = "eigengan"

# Of a variable, what its name begins and ends with, in order of preference: the moving
# average, its copy for pictures, and what is trained.
_TENSORFLOW = (
    r"G/(?P<name>.+)/G_ema(:0)?",
    r"G_test/(?P<name>.+?)(:0)?",
    r"G/(?P<name>.+?)(:0)?",
)
# Of what the optimizer and other averages keep for each variable.
_BESIDE = r".*/(Adam(_1)?|G_ema)(:0)?"
_MOST_LAYERS = 64
# How the authors' training script writes down that it orthonormalizes each call.
_NO_PENALTY = re.compile(r"^g_loss_weight_orth_loss:\s*0(\.0*)?\s*$", re.MULTILINE)


def matches(arrays: Mapping[str, np.ndarray]) -> bool:
    """Returns whether a state dict looks like an EigenGAN generator."""
    return "blocks.0.projection.U" in arrays or bool(_of_tensorflow(arrays))


def convert(
    arrays: Mapping[str, np.ndarray],
    *,
    num_classes: int | None = None,
    exact: bool = False,
) -> tuple[Config, Params]:
    """Returns the sizes and parameters of a generator from its state dict.

    Args:
        arrays: The port's state dict, or the variables of an official checkpoint.
        num_classes: Refused if there are any.
        exact: Whether the official code orthonormalized its bases in each call.

    Raises:
        ConversionError: If the arrays are not those of such a generator. All that is
            wrong is listed.
    """
    if num_classes:
        raise ConversionError(f"An EigenGAN has no classes, and not {num_classes}.")
    variables = _of_tensorflow(arrays)
    if variables:
        bases, linear = "U_{}", "fully_connected/weights"
        kernel, inputs = "transposed_convolution2d{}/weights", 3
        names = lambda layer: kernel.format(f"_{4 * layer}" if layer else "")
        arrays = variables
    else:
        bases, linear = "blocks.{}.projection.U", "fc.weight"
        names, inputs = "blocks.{}.subspace_conv1.0.weight".format, 0
    found = [name for i in range(_MOST_LAYERS) if (name := bases.format(i)) in arrays]
    last = "convolution/weights" if variables else "to_rgb.0.1.weight"
    try:
        units = [arrays[names(layer)].shape[inputs] for layer in range(len(found))]
        units.append(arrays[last].shape[2 if variables else 1])
        config = Config(
            units=tuple(units),
            dims=tuple(arrays[name].shape[-1 if variables else 0] for name in found),
            noise_dim=arrays[linear].shape[0 if variables else 1],
            padding="tensorflow" if variables else "pytorch",
            exact=exact,
        )
    except KeyError as error:
        raise ConversionError(f"The checkpoint lacks {error}.") from None
    except (IndexError, ValueError) as error:
        raise ConversionError(
            f"The arrays are not those of an EigenGAN: {error}"
        ) from None
    rules = [*(_official(config) if variables else _port(config))]
    return config, apply_rules(arrays, rules, expected_params(FAMILY, config))


def read_exact(checkpoint: pathlib.Path) -> bool:
    """Returns whether the settings of an official run say that bases are made exact.

    They are in ``settings.yml``, beside the folder of checkpoints; without them, no.
    The published models were trained with the orthogonality loss, and so are not.
    """
    path = checkpoint.parent.parent / "settings.yml"
    if checkpoint.suffix != ".index" or not path.is_file():
        return False
    return bool(_NO_PENALTY.search(path.read_text(errors="replace")))


def _of_tensorflow(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Returns the generator's variables without their scope, or nothing."""
    for pattern in _TENSORFLOW:
        average = pattern.endswith("/G_ema(:0)?")
        found = {
            match["name"]: array
            for name, array in arrays.items()
            if (match := re.fullmatch(pattern, name))
            and (average or not re.fullmatch(_BESIDE, name))
        }
        if "U_0" in found:
            return found
    return {}


def _official(config: Config) -> Iterator[Rule]:
    yield Rule("fully_connected/weights", "params/linear/kernel")
    yield Rule("fully_connected/biases", "params/linear/bias")
    for layer in range(1, config.num_layers + 1):
        place = f"params/subspace{layer}"
        yield Rule(f"U_{layer - 1}", f"{place}/basis")
        yield Rule(f"L_{layer - 1}", f"{place}/importance")
        yield Rule(f"mu_{layer - 1}", f"{place}/origin")
        for i, target in enumerate(("same", "skip", "double", "conv")):
            number = 4 * (layer - 1) + i
            source = "transposed_convolution2d" + (f"_{number}" if number else "")
            yield Rule(
                f"{source}/weights", f"params/{target}{layer}/kernel", _turned_hwoi
            )
            yield Rule(f"{source}/biases", f"params/{target}{layer}/bias")
    yield Rule("convolution/weights", "params/to_rgb/kernel")
    yield Rule("convolution/biases", "params/to_rgb/bias")


_PORT = {
    "same": "subspace_conv1.0",
    "skip": "subspace_conv2.0",
    "double": "feature_conv1.1",
    "conv": "feature_conv2.1",
}


def _port(config: Config) -> Iterator[Rule]:
    first = _places_last(4, config.units[0])
    yield Rule(
        r"fc\.weight", "params/linear/kernel", lambda a: _flat(first(transpose(a)))
    )
    yield Rule(r"fc\.bias", "params/linear/bias", lambda a: first(a).reshape(-1))
    for layer in range(1, config.num_layers + 1):
        source = rf"blocks\.{layer - 1}"
        place = f"params/subspace{layer}"
        last = _places_last(config.side(layer), config.units[layer - 1])
        basis = lambda array, last=last: np.moveaxis(last(array), 0, -1)
        yield Rule(rf"{source}\.projection\.U", f"{place}/basis", basis)
        yield Rule(rf"{source}\.projection\.L", f"{place}/importance")
        yield Rule(rf"{source}\.projection\.mu", f"{place}/origin", last)
        for target, name in _PORT.items():
            name = rf"{source}\.{re.escape(name)}"
            path = f"params/{target}{layer}"
            yield Rule(rf"{name}\.weight", f"{path}/kernel", _turned_iohw)
            yield Rule(rf"{name}\.bias", f"{path}/bias")
    yield Rule(
        r"to_rgb\.0\.1\.weight",
        "params/to_rgb/kernel",
        lambda a: a.transpose(2, 3, 1, 0),
    )
    yield Rule(r"to_rgb\.0\.1\.bias", "params/to_rgb/bias")


def _turned_hwoi(kernel: np.ndarray) -> np.ndarray:
    # A transposed convolution scatters; jgan gathers, which reads its kernel backwards.
    return kernel[::-1, ::-1].transpose(0, 1, 3, 2)


def _turned_iohw(kernel: np.ndarray) -> np.ndarray:
    return kernel[:, :, ::-1, ::-1].transpose(2, 3, 0, 1)


def _places_last(side: int, units: int) -> Transform:
    """Returns what turns a last axis of (unit, row, col) to axes (row, col, unit)."""

    def transform(array: np.ndarray) -> np.ndarray:
        apart = array.reshape(*array.shape[:-1], units, side, side)
        return np.moveaxis(apart, -3, -1)

    return transform


def _flat(array: np.ndarray) -> np.ndarray:
    return array.reshape(len(array), -1)
