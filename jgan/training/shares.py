"""A step that each device takes on its own images.

Where the compiler is left to divide a program, it also divides what a convolution's
kernel gradient does in turn, a few images at a time, and gathers all images on every
device to do so. Here each device runs the whole step on its share, and says itself what
it has to learn from the others.
"""

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar

import jax
from jax.sharding import NamedSharding, PartitionSpec, Sharding

from jgan.typing import Images

Tree = TypeVar("Tree")


@dataclasses.dataclass(frozen=True)
class Shares:
    """How images are shared by devices.

    Attributes:
        sharding: How images lie. None, or one without named axes, leaves everything to
            the compiler: there is one share.
    """

    sharding: Sharding | None

    @property
    def _named(self) -> NamedSharding | None:
        sharding = self.sharding
        if isinstance(sharding, NamedSharding) and sharding.spec:
            return sharding
        return None

    @property
    def _axes(self) -> Any:
        """Names of the axes that images are divided by, or None."""
        return self._named.spec[0] if self._named else None

    def divided(self, step: Callable[..., Tree]) -> Callable[..., Tree]:
        """Returns the step, each of whose shares is on the device with its images.

        Args:
            step: Function of a state and of arrays whose first axis is images. What it
                returns must be the same on every device.
        """
        named, whole = self._named, PartitionSpec()
        if named is None:
            return step
        return lambda state, *images: jax.shard_map(
            step,
            mesh=named.mesh,
            in_specs=(whole, *(named.spec for _ in images)),
            out_specs=whole,
            # Derivatives that jgan gives convolutions do not say what varies by device.
            check_vma=False,
        )(state, *images)

    def mean(self, values: Tree) -> Tree:
        """Returns the mean over shares, inside of a step."""
        return values if self._axes is None else jax.lax.pmean(values, self._axes)

    def gather(self, images: Images) -> Images:
        """Returns the images of all shares, inside of a step."""
        if self._axes is None:
            return images
        return jax.lax.all_gather(images, self._axes, tiled=True)

    def own(self, gathered: Images, count: int) -> Images:
        """Returns those of this share, inside of a step.

        Args:
            gathered: What was made of all shares.
            count: Images of a share.
        """
        if self._axes is None:
            return gathered
        first = count * jax.lax.axis_index(self._axes)
        return jax.lax.dynamic_slice_in_dim(gathered, first, count)
