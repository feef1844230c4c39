"""How many images a page makes at a time."""

import jax

from jgan.gan import Gan

# 256 MB of float32, a share of memory that any machine has to spare.
_LIVE_FLOATS = 2**26
# The output, the input and the scratch space of one convolution are alive together.
_LIVE_COPIES = 4


def images_that_fit(gan: Gan) -> int:
    """Returns how many images to make at a time, at least 1."""
    largest = max(rows * cols * units for rows, cols, units in gan.layers.values())
    # On a CPU the page faults of larger buffers cost more than calls do: 64 images at a
    # time take 2.4 times as long as 8. An accelerator wants to be filled.
    at_most = 8 if jax.default_backend() == "cpu" else 64
    return max(1, min(at_most, _LIVE_FLOATS // (_LIVE_COPIES * largest)))
