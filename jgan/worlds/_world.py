"""What every world is: a source of batches of images, with classes or without."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol, runtime_checkable

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.worlds.scenes import CLASS_NAMES, sample_scenes

_MOST = 1.1


class Batch(NamedTuple):
    """Real images.

    Attributes:
        images: In [-1, 1].
        class_label: Of each image, None in a world without classes.
    """

    images: Float[Array, "image row col 3"]
    class_label: Int[Array, " image"] | None


@runtime_checkable
class World(Protocol):
    """A source of images of one size.

    Attributes:
        resolution: Side of the images in pixels.
        class_names: Names of the classes by label, empty without classes.
    """

    resolution: int
    class_names: tuple[str, ...]

    def sample(self, num_images: int, *, key: PRNGKeyArray) -> Batch:
        """Returns images drawn at random, the same for the same key.

        Args:
            num_images: How many.
            key: Consumed whole.
        """
        ...


class ScenesWorld:
    """The scenes world as a source of batches; see `jgan.worlds.scenes`.

    Attributes:
        resolution: Side of the images in pixels.
        class_names: Names of the eight kinds of landscape.
    """

    def __init__(self, resolution: int = 64) -> None:
        self.resolution = resolution
        self.class_names: tuple[str, ...] = CLASS_NAMES

    def sample(self, num_images: int, *, key: PRNGKeyArray) -> Batch:
        """Returns scenes, image `i` drawn from ``fold_in(key, i)`` alone."""
        scenes = sample_scenes(num_images, resolution=self.resolution, key=key)
        return Batch(scenes.images, scenes.class_label)


class BatchesWorld:
    """Any iterator of batches as a source, for data that another program loads.

    What it gives next is no function of a key: a resumed run goes on with whatever the
    iterator then gives, so it ends elsewhere than one that was never stopped.

    Attributes:
        resolution: Side of the images in pixels.
        class_names: Names of the classes by label, empty without classes.
    """

    def __init__(
        self,
        batches: Iterator[Batch | Float[np.ndarray, "image row col 3"]],
        *,
        resolution: int,
        class_names: tuple[str, ...] = (),
    ) -> None:
        """Takes the iterator, of which nothing is read yet.

        Args:
            batches: Images in [-1, 1], or batches with their labels.
            resolution: Side of the images in pixels.
            class_names: Names of the classes by label.
        """
        self.resolution = resolution
        self.class_names = class_names
        self._batches = batches

    def sample(self, num_images: int, *, key: PRNGKeyArray) -> Batch:
        """Returns the next batch; the key is not used.

        Raises:
            ValueError: If the iterator has ended, or its batch is not of `num_images`
                images of the resolution in [-1, 1], with labels where there are
                classes.
        """
        batch = next(self._batches, None)
        if batch is None:
            raise ValueError(
                "The iterator of batches has ended; give one that goes on, such as "
                "itertools.cycle."
            )
        if not isinstance(batch, Batch):
            batch = Batch(jnp.asarray(batch), None)
        want = (num_images, self.resolution, self.resolution, 3)
        if batch.images.shape != want:
            raise ValueError(
                f"A batch has shape {batch.images.shape}; the run takes {want}."
            )
        if (batch.class_label is None) == bool(self.class_names):
            raise ValueError(
                f"A batch has labels {batch.class_label} in a world with "
                f"{len(self.class_names)} classes."
            )
        most = float(np.abs(np.asarray(batch.images)).max())
        # A little for resizing that overshoots; bytes would be 255.
        if not most <= _MOST:
            raise ValueError(
                f"A batch has values up to {most}; give images in [-1, 1]."
            )
        return batch
