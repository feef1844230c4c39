"""One plain scene in which nothing hides anything else, and how it is drawn.

It has two clouds of three, two trees of five, and everything else. No edge meets the
center of a pixel, so a label never hangs on rounding.
"""

import functools

import jax
import jax.numpy as jnp
import numpy as np

from jgan.worlds.scenes import CLASS_NAMES, CONCEPTS, Factors, render

_PLAIN = {
    "class_label": CLASS_NAMES.index("village"),
    "horizon": 0.503,
    "brightness": 0.9,
    "sky_color": (0.31, 0.62, 0.9),
    "ground_color": (0.4, 0.63, 0.29),
    "sun": True,
    "sun_x": 0.203,
    "sun_y": 0.181,
    "sun_size": 0.081,
    "cloud_count": 2,
    "cloud_x": (0.55, 0.83, 0.37),
    "cloud_y": (0.12, 0.2, 0.1),
    "cloud_size": (0.11, 0.1, 0.09),
    "mountain": True,
    "mountain_height": 0.11,
    "mountain_x": (0.31, 0.72),
    "water": 0.1,
    "house": True,
    "house_x": 0.502,
    "house_base": 0.731,
    "house_size": 0.301,
    "house_color": (0.9, 0.7, 0.56),
    "roof_color": (0.7, 0.25, 0.2),
    "tree_count": 2,
    "tree_x": (0.152, 0.851, 0.33, 0.6, 0.75),
    "tree_base": (0.83, 0.78, 0.9, 0.92, 0.95),
    "tree_size": (0.25, 0.25, 0.21, 0.22, 0.23),
}
_DTYPES = {int: jnp.int32, bool: jnp.bool_}


def plain(**changes) -> Factors:
    """The plain scene, some factors changed."""
    values = _PLAIN | changes
    assert values.keys() == _PLAIN.keys()
    return Factors(
        **{
            n: jnp.asarray(v, _DTYPES.get(type(v), jnp.float32))
            for n, v in values.items()
        }
    )


def moved(name: str, by: float, index: int = 0) -> Factors:
    """The plain scene with one factor, or the first of its row, moved."""
    value = np.asarray(_PLAIN[name], np.float64)
    at = np.arange(value.size).reshape(value.shape) == index
    return plain(**{name: jnp.asarray(value + by * at, jnp.float32)})


def label(*names: str) -> list[int]:
    """The labels of some concepts."""
    return [CONCEPTS.index(name) for name in names]


@functools.partial(jax.jit, static_argnames="resolution")
def _render(factors, *, resolution):
    return render(factors, resolution=resolution)


def draw(factors: Factors, resolution: int = 64) -> tuple[np.ndarray, np.ndarray]:
    """The colors in [0, 1] and the labels of a scene."""
    image, labels = _render(factors, resolution=resolution)
    return (np.asarray(image) + 1) / 2, np.asarray(labels)


def shown(labels: np.ndarray, *names: str) -> np.ndarray:
    """Where some concepts are to be seen."""
    return np.isin(labels, label(*names))


def grown(mask: np.ndarray, by: int = 1) -> np.ndarray:
    """The mask and the pixels within some steps of it, also across corners."""
    for _ in range(by):
        rows, cols = mask.shape
        wide = np.pad(mask, 1)
        mask = np.any(
            [wide[i : i + rows, j : j + cols] for i in range(3) for j in range(3)], 0
        )
    return mask
