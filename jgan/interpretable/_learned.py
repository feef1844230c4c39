"""What a training has learned of a layer beside the generator, in memory and in a file.

The file is of arrays by name, as safetensors has them, and holds no code.
"""

import dataclasses
import json
import os
import pathlib
from typing import NamedTuple

import flax.traverse_util
import jax.numpy as jnp
import numpy as np
import safetensors
import safetensors.numpy

from jgan.files import whole_file
from jgan.interpretable._config import EnergyConfig
from jgan.interpretable._energy import Scale
from jgan.interpretable._mixture import Fit, Mixture
from jgan.interpretable._partition import Partition
from jgan.models import energy
from jgan.typing import Params

# Beside the generator's parameters in its folder.
LEARNED = "learned.safetensors"
# Of the text beside the arrays.
_ABOUT = "jgan_learned"
_ENERGY = "energy/"
# Another one where names, or layers of the energy network, become others.
_FORMAT = 2
_NOT_THAT = (
    safetensors.SafetensorError,
    AttributeError,
    KeyError,
    TypeError,
    ValueError,
)


class Learned(NamedTuple):
    """The groups of a layer's units, and how likely its activations are.

    Attributes:
        partition: Of the generator's units after training.
        energy: How the energy model was learned.
        params: Averaged parameters of its network.
        scale: Of the units of the generator as it was, whose activations the model has
            learned.
        made_of: Name or folder of the generator as it was. `learned` knows its name
            alone; for `jgan.load` of another than the zoo's, put its folder there.
    """

    partition: Partition
    energy: EnergyConfig
    params: Params
    scale: Scale
    made_of: str


def save_learned(learned: Learned, file: str | os.PathLike[str]) -> pathlib.Path:
    """Returns the file that it writes, whole or not at all; `load_learned` reads it.

    Args:
        learned: Of a training.
        file: Where; by custom `LEARNED` in the generator's folder. What is there is
            replaced.
    """
    partition, file = learned.partition, pathlib.Path(file)
    network = flax.traverse_util.flatten_dict(learned.params, sep="/")
    arrays = {
        "rest": partition.rest,
        "groups": partition.groups,
        "shares": partition.shares,
        **partition.fit.mixture._asdict(),
        "log_likelihoods": partition.fit.log_likelihoods,
        "reseeded": partition.fit.reseeded,
        "scale_mean": learned.scale.mean,
        "scale_std": learned.scale.std,
        **{_ENERGY + path: leaf for path, leaf in network.items()},
    }
    arrays = {name: np.asarray(leaf, order="C") for name, leaf in arrays.items()}
    about = {
        "format": _FORMAT,
        "layer": partition.layer,
        "made_of": learned.made_of,
        "energy": dataclasses.asdict(learned.energy),
    }
    with whole_file(file) as scratch:
        safetensors.numpy.save_file(arrays, scratch, {_ABOUT: json.dumps(about)})
    return file


def load_learned(file: str | os.PathLike[str]) -> Learned:
    """Returns what `save_learned` wrote.

    Args:
        file: Of a training.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is none of those, or damaged.
    """
    file = pathlib.Path(file)
    if not file.is_file():
        raise FileNotFoundError(
            f"There is no file {file}. `jgan interpretable train` writes one."
        )
    try:
        with safetensors.safe_open(file, "numpy") as content:
            about = json.loads(content.metadata()[_ABOUT])
            arrays = {name: content.get_tensor(name) for name in content.keys()}  # noqa: SIM118
        return _learned_of(about, arrays)
    except _NOT_THAT as error:
        raise ValueError(
            f"{file} does not hold what a training has learned of a layer, or is "
            f"damaged: {error!r}."
        ) from None


def _learned_of(about: dict, arrays: dict[str, np.ndarray]) -> Learned:
    if about["format"] != _FORMAT:
        raise ValueError(f"its format is {about['format']}, and known is {_FORMAT}")
    of_units = ("groups", "shares", "scale_mean", "scale_std")
    counts = {len(arrays[name]) for name in of_units} | {arrays["rest"].shape[-1]}
    if len(counts) != 1 or arrays["rest"].ndim != 3:
        raise ValueError(f"rest, {', '.join(of_units)} are not of as many units")
    on_device = {name: jnp.asarray(array) for name, array in arrays.items()}
    mixture = Mixture(*(on_device[name] for name in Mixture._fields))
    fit = Fit(mixture, on_device["log_likelihoods"], on_device["reseeded"])
    partition = Partition(
        about["layer"], arrays["rest"], arrays["groups"], arrays["shares"], fit
    )
    network = energy.Config(**about["energy"].pop("network"))
    start = len(_ENERGY)
    params = {n[start:]: a for n, a in on_device.items() if n.startswith(_ENERGY)}
    return Learned(
        partition,
        EnergyConfig(network=network, **about["energy"]),
        flax.traverse_util.unflatten_dict(params, sep="/"),
        Scale(on_device["scale_mean"], on_device["scale_std"]),
        about["made_of"],
    )
