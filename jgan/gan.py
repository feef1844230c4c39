"""`Gan`: a trained generator as every analysis receives it.

An analysis is written once, against this class, and runs on any family. The class
holds functions and parameters and knows no architecture; `jgan.convert` puts one
together from a model, and `jgan.load` from disk.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol, runtime_checkable

import jax
from jaxtyping import Array, Int, PRNGKeyArray

from jgan.taps import Edits
from jgan.typing import Activation, Images, Params


class Layer(NamedTuple):
    """Size of one tapped layer."""

    rows: int
    cols: int
    units: int


@runtime_checkable
class Forward(Protocol):
    """The one function of a generator. Pure: jit it, and return only what you need."""

    def __call__(
        self, params: Params, latents: Any, edits: Edits | None = None
    ) -> tuple[Images, dict[str, Activation]]:
        """Returns images, nominally in [-1, 1], and every layer after edits.

        Raises:
            ValueError: If an edit names an unknown layer or does not fit its shape.
        """
        ...


@runtime_checkable
class SampleLatents(Protocol):
    """Draws the inputs of a generator."""

    def __call__(
        self,
        num_images: int,
        *,
        class_label: int | Int[Array, " image"] | None = None,
        truncation: float | Array | None = None,
        start: int | Int[Array, ""] = 0,
        key: PRNGKeyArray,
    ) -> Any:
        """Returns `num_images` latents, image `i` from ``fold_in(key, i)`` alone.

        Args:
            num_images: How many. The first images of a larger batch are the same.
            class_label: One class for all, one for each image, or None to draw them
                evenly. Only for families with classes.
            truncation: Trades variety for quality, in the family's own convention.
                None draws as in training.
            start: Number of the first image; the images before it are left out.
            key: Consumed whole. Give each call its own.

        Raises:
            ValueError: If a class label does not exist.
        """
        ...


@jax.tree_util.register_pytree_with_keys_class
@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Gan:
    """A generator: its parameters, and the functions that run it.

    A pytree whose only leaves are the parameters.

    Attributes:
        name: What the user calls it, for instance ``"eyes"``.
        family: Which architecture it is, for instance ``"biggan"``.
        config: Sizes of the architecture, a frozen dataclass.
        params: Arrays, as nested dicts.
        forward: ``forward(params, latents, edits) -> (images, taps)``.
        sample_latents: Draws latents for `forward`.
        layers: Name and size of every activation of units that is tapped, in forward
            order. Other taps, such as `w`, are said where the family is.
        conditional_layers: Those of `layers` whose units the class scales and shifts
            just before. The factors are taps too: ``{layer}.gain``, ``{layer}.bias``.
        class_names: Names of the classes by label, empty for an unconditional one.
        resolution: Side of the images in pixels.
    """

    name: str
    family: str
    config: Any
    params: Params
    forward: Forward
    sample_latents: SampleLatents
    layers: Mapping[str, Layer]
    conditional_layers: tuple[str, ...]
    class_names: tuple[str, ...]
    resolution: int

    @property
    def num_classes(self) -> int:
        """Number of classes, 0 for an unconditional generator."""
        return len(self.class_names)

    def tree_flatten_with_keys(self):
        """Returns the parameters as the only child, and all else as static data."""
        key = jax.tree_util.GetAttrKey("params")
        return ((key, self.params),), _Static(dataclasses.replace(self, params=None))

    @classmethod
    def tree_unflatten(cls, static: "_Static", children: tuple[Params]) -> "Gan":
        """Returns the generator again, without checking what the leaves are."""
        (params,) = children
        gan = object.__new__(cls)
        for field in dataclasses.fields(cls):
            object.__setattr__(gan, field.name, getattr(static.gan, field.name))
        object.__setattr__(gan, "params", params)
        return gan


class _Static:
    """Everything but the parameters, compared: other parameters are no new trace."""

    def __init__(self, gan: Gan) -> None:
        self.gan = gan

    def _identity(self) -> tuple[Any, ...]:
        gan = self.gan
        sizes = tuple(gan.layers.items()), gan.conditional_layers
        functions = gan.forward, gan.sample_latents
        return gan.name, gan.family, gan.config, gan.class_names, sizes, functions

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Static) and self._identity() == other._identity()

    def __hash__(self) -> int:
        return hash(self._identity())
