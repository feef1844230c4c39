"""What every world is: a source of batches of images, with classes or without."""

from typing import NamedTuple, Protocol, runtime_checkable

from jaxtyping import Array, Float, Int, PRNGKeyArray

from jgan.worlds.scenes import CLASS_NAMES, sample_scenes


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
