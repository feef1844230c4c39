"""The trained scenes network as an object, and the folder it is kept in."""

import json
import pathlib
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import traverse_util
from jaxtyping import Array, Float, Int
from safetensors.numpy import load_file, save_file

from jgan import ops
from jgan.files import whole_folder
from jgan.segment.scenes.factors import FACTOR_NAMES, unstandardize
from jgan.segment.scenes.network import STRIDE, WIDTHS, Network, Reading
from jgan.typing import Images, Params
from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS

# Half the side of training images. At this scale the mean IoU is 0.73, enlarged 0.94.
_SMALL = 32
_WEIGHTS = "network.safetensors"
_REPORT = "network.json"
_READS = {
    "widths": WIDTHS,
    "concepts": CONCEPTS,
    "classes": CLASS_NAMES,
    "factors": FACTOR_NAMES,
}


def network_of() -> Network:
    """Returns the network of the scenes world, without parameters."""
    return Network(len(CONCEPTS), len(CLASS_NAMES), len(FACTOR_NAMES))


class SceneNetwork(NamedTuple):
    """Reads scenes: what each pixel shows, the class, and the factors. A pytree.

    Every method is pure, may be jitted and, but for `segment`, differentiated. An image
    is read alone: the others of its batch do not matter.

    Attributes:
        params: Of the network.
    """

    params: Params

    @property
    def concepts(self) -> tuple[str, ...]:
        """Names of what a pixel may show."""
        return CONCEPTS

    @property
    def class_names(self) -> tuple[str, ...]:
        """Names of the classes."""
        return CLASS_NAMES

    @property
    def factor_names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return FACTOR_NAMES

    def read(self, images: Images) -> Reading:
        """Returns all that the network tells of images, factors standardized.

        Images of up to 32 x 32 pixels are read enlarged twice, at the scale that the
        network was trained at.

        Args:
            images: In [-1, 1], best of 64 x 64 pixels.

        Raises:
            ValueError: If they are no images of that kind, or their rows or columns are
                no multiple of 8.
        """
        _check(images)
        images = images.astype(jnp.float32)
        if max(images.shape[1:3]) > _SMALL:
            return _apply(self.params, images)
        reading = _apply(self.params, ops.upsample(images))
        scores = jax.nn.log_softmax(ops.downsample(reading.scores))
        return reading._replace(scores=scores)

    def segment(self, images: Images) -> Int[Array, "image row col"]:
        """Returns the concept of each pixel, an index into `concepts`, int32."""
        return jnp.argmax(self.scores(images), axis=-1).astype(jnp.int32)

    def scores(self, images: Images) -> Float[Array, "image row col concept"]:
        """Returns the log-probability of each concept at each pixel."""
        return self.read(images).scores

    def classify(self, images: Images) -> Float[Array, "image class"]:
        """Returns the log-probability of each class."""
        return self.read(images).class_scores

    def factors(self, images: Images) -> Float[Array, "image factor"]:
        """Returns the factors in natural units, in the order of `factor_names`.

        What they mean is told in `Truth`. Those of an object that is absent mean
        nothing; ``sun`` and ``house`` tell whether it is there, about 0 or 1.
        """
        return unstandardize(self.read(images).factors)

    def features(self, images: Images) -> Float[Array, "image feature"]:
        """Returns the mean of the bottleneck over pixels, for distances of images."""
        return self.read(images).features


def _apply(params: Params, images: Images) -> Reading:
    return network_of().apply(params, images)  # pyright: ignore[reportReturnType]


def _check(images: Array) -> None:
    whole = images.ndim == 4 and images.shape[-1] == 3 and images.size
    if not whole or images.shape[1] % STRIDE or images.shape[2] % STRIDE:
        raise ValueError(
            f"Images have shape {images.shape}; give (image, row, col, 3) with at "
            f"least one image, and rows and columns that are multiples of {STRIDE}."
        )
    if not jnp.issubdtype(images.dtype, jnp.floating):
        raise ValueError(
            f"Images are {images.dtype}; give floating point numbers in [-1, 1]."
        )


def save(
    network: SceneNetwork,
    folder: pathlib.Path,
    *,
    training: dict[str, Any],
    figures: dict[str, Any],
) -> None:
    """Writes a network whole: its weights, and a JSON file of what made them.

    Args:
        network: Trained.
        folder: Replaced if there.
        training: Settings and log, as JSON knows them.
        figures: How well it reads, as JSON knows them.
    """
    report = _READS | {"figures": figures, "training": training}
    arrays = traverse_util.flatten_dict(network.params["params"], sep=".")
    with whole_folder(folder) as new:
        save_file({k: np.asarray(v) for k, v in arrays.items()}, new / _WEIGHTS)
        (new / _REPORT).write_text(json.dumps(report, indent=1) + "\n")


def load(folder: pathlib.Path) -> SceneNetwork:
    """Returns the network that `save` wrote.

    Raises:
        FileNotFoundError: If a file is missing.
        ValueError: If it reads other things, or its arrays are not those of the
            network, so if another version of jgan trained it.
    """
    report = json.loads((folder / _REPORT).read_text())
    for name, mine in _READS.items():
        if report.get(name) != list(mine):
            raise ValueError(
                f"The network in {folder} has {name} {report.get(name)}, this version "
                f"of jgan {list(mine)}. Train one with `segment.scenes.fit`."
            )
    arrays = load_file(folder / _WEIGHTS)
    tree = jax.eval_shape(
        network_of().init, jax.random.key(0), jnp.zeros((1, STRIDE, STRIDE, 3))
    )
    needed = traverse_util.flatten_dict(tree["params"], sep=".")
    shapes: dict[str, tuple[int, ...]] = jax.tree.map(lambda a: a.shape, needed)
    found = {name: array.shape for name, array in arrays.items()}
    if found != shapes:
        names = sorted(found.keys() | shapes.keys())
        wrong = [name for name in names if found.get(name) != shapes.get(name)]
        raise ValueError(
            f"Of the weights in {folder}, {', '.join(wrong)} are missing, unknown or "
            "of another shape. Train a network with `segment.scenes.fit`."
        )
    ours = {name: jnp.asarray(array) for name, array in arrays.items()}
    return SceneNetwork({"params": traverse_util.unflatten_dict(ours, sep=".")})


def scenes_network() -> SceneNetwork:
    """Returns the network that comes with jgan, trained on the scenes world."""
    return load(pathlib.Path(__file__).parent / "weights")
