"""Reading and editing activations by name, without hooks.

A generator calls ``tap(name, x)`` once per layer. What it read comes back as a plain
dict beside the images, and what should change goes in as a plain dict of edits. Both
are pytrees: `jax.vmap` over an edit sweeps units in one program, `jax.grad` goes
through a mask, and changing the strength of an edit does not retrace.

One affine family serves every analysis, ``(1 - mask) * activation + mask * (scale *
activation + value)``: to ablate, to insert, to scale and to blend are instances of it.
`Replace` is apart, because only it lets XLA drop the layers before. Under `jax.jit`
nothing is paid for what is not used: return only the tap you want and XLA drops the
layers after it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, ArrayLike, Bool, Float, Int

from jgan.typing import Activation

Edit = Callable[[Activation], Activation]
Edits = Mapping[str, Edit | Sequence[Edit]]


class Affine(NamedTuple):
    """An edit that mixes the activation with an affine function of itself.

    Every field is a scalar or has the rank of the activation, with size 1 along each
    axis it does not tell apart: a mask of units is ``(1, 1, 1, unit)``. To sweep, make
    the edit inside what `jax.vmap` maps, from a mapped mask or unit.

    Attributes:
        mask: Weight in [0, 1]. Exact at both ends, for finite numbers: 0 keeps the
            activation.
        scale: Factor on the activation where `mask` is 1.
        value: Added to it there.
    """

    mask: ArrayLike
    scale: ArrayLike
    value: ArrayLike

    def __call__(self, activation: Activation) -> Activation:
        """Returns the edited activation, in its own dtype."""
        mask, scale, value = (
            jnp.asarray(field).astype(activation.dtype) for field in self
        )
        return (1 - mask) * activation + mask * (scale * activation + value)


class Replace(NamedTuple):
    """An edit that puts `value` in place of the activation, which is then not computed.

    Attributes:
        value: The activation from here on, of any shape that broadcasts to it.
    """

    value: ArrayLike

    def __call__(self, activation: Activation) -> Activation:
        """Returns `value` in the shape and dtype of the activation."""
        value = jnp.asarray(self.value).astype(activation.dtype)
        return jnp.broadcast_to(value, activation.shape)


def ablate(mask: ArrayLike) -> Affine:
    """Returns an edit that sets the activation to zero where `mask` is 1."""
    return Affine(mask, 0.0, 0.0)


def insert(mask: ArrayLike, value: ArrayLike) -> Affine:
    """Returns an edit that sets the activation to a constant where `mask` is 1.

    Args:
        mask: Where, usually a mask of units times a mask of pixels.
        value: The level to set, for instance a high quantile of each unit.
    """
    return Affine(mask, 0.0, value)


def scale(mask: ArrayLike, factor: ArrayLike) -> Affine:
    """Returns an edit that multiplies the activation by `factor` where `mask` is 1."""
    return Affine(mask, factor, 0.0)


def blend(mask: ArrayLike, activation: Activation) -> Affine:
    """Returns an edit that moves towards another activation by the weight `mask`.

    Args:
        mask: Weight in [0, 1] of the other activation.
        activation: The same layer's tap, of other latents.
    """
    return Affine(mask, 0.0, activation)


def unit_mask(
    units: int | Sequence[int] | Int[Array, "*"] | Int[np.ndarray, "*"],
    *,
    num_units: int,
) -> Float[Array, "1 1 1 unit"]:
    """Returns a mask that is 1 at some units of a layer of images.

    Args:
        units: One index or several. A traced one may be swept by `jax.vmap`.
        num_units: Units of the layer, ``gan.layers[name].units``.

    Raises:
        ValueError: If an index is not a unit of the layer. A traced index is not
            checked and out of range selects no unit.
    """
    indices = units if isinstance(units, jax.Array) else np.asarray(units)
    if not jnp.issubdtype(indices.dtype, jnp.integer) and indices.size:
        raise ValueError(f"Units are whole numbers, not {indices.dtype}.")
    if not isinstance(indices, jax.core.Tracer):
        outside = [int(i) for i in np.ravel(indices) if not 0 <= i < num_units]
        if outside:
            raise ValueError(
                f"Units {outside} of a layer with units 0..{num_units - 1}."
            )
    chosen = jax.nn.one_hot(jnp.ravel(jnp.asarray(indices, jnp.int32)), num_units)
    return jnp.max(chosen, axis=0, initial=0.0)[None, None, None, :]


def pixel_mask(
    pixels: Bool[ArrayLike, "row col"] | Float[ArrayLike, "row col"],
) -> Float[Array, "1 row col 1"]:
    """Returns a mask of the pixels of a layer, the same for all images and units."""
    return jnp.asarray(pixels, jnp.float32)[None, :, :, None]


def image_mask(
    images: Bool[ArrayLike, " image"] | Float[ArrayLike, " image"],
) -> Float[Array, "image 1 1 1"]:
    """Returns a mask of the images of a batch, the same for all pixels and units."""
    return jnp.asarray(images, jnp.float32)[:, None, None, None]


def _problem(edit: object, shape: tuple[int, ...]) -> str | None:
    if not callable(edit) or isinstance(edit, type):
        return f"is a {type(edit).__name__}; make one of it, such as taps.Replace(…)"
    # Other callables may hold what they like, for instance a matrix.
    for array in edit if isinstance(edit, Affine | Replace) else ():
        got = np.shape(array)
        fits = not got or (
            len(got) == len(shape)
            and all(g in (1, s) for g, s in zip(got, shape, strict=True))
        )
        if not fits:
            return (
                f"holds an array of shape {got}, which does not broadcast to the "
                f"activation's {shape}: give it as many axes, each of that size or 1"
            )
    return None


class Tapper:
    """Collects the taps of one forward pass and applies the edits on the way.

    The only mutable object of the library. It lives for one call of a generator and
    never leaves it.
    """

    def __init__(self, edits: Edits | None) -> None:
        if edits is not None and not isinstance(edits, Mapping):
            raise ValueError(
                f"edits is a {type(edits).__name__}; give a dict from layer to edit."
            )
        self._edits = dict(edits or {})
        self._problems: list[str] = []
        self.taps: dict[str, Activation] = {}

    def __call__(self, name: str, activation: Activation) -> Activation:
        """Records `activation` under `name`, after the edits of that name, if any.

        Raises:
            ValueError: If two layers share a name.
        """
        if name in self.taps:
            raise ValueError(f"Two layers are called {name!r}.")
        for edit in _as_sequence(self._edits.pop(name, ())):
            problem = _problem(edit, activation.shape)
            if problem is None:
                edited = edit(activation)
                if (got := np.shape(edited)) == activation.shape:
                    activation = jnp.asarray(edited).astype(activation.dtype)
                    continue
                problem = f"returns shape {got} for an activation of {activation.shape}"
            # Told in the end, when all layers are known.
            self._problems.append(f"The edit of layer {name!r} {problem}.")
        self.taps[name] = activation
        return activation

    def finish(self) -> dict[str, Activation]:
        """Returns the taps.

        Raises:
            ValueError: If an edit names a layer that does not exist, is of a wrong type
                or does not fit its layer. The layers are listed.
        """
        if self._edits:
            unknown = ", ".join(map(repr, self._edits))
            self._problems.append(f"There is no layer {unknown} to edit.")
        if self._problems:
            layers = ", ".join(self.taps)
            raise ValueError(" ".join(self._problems) + f" The layers are: {layers}.")
        return self.taps


def _as_sequence(edits: object) -> Sequence[Any]:
    # A NamedTuple edit is a sequence too, of its fields; what can be called is one.
    several = isinstance(edits, list | tuple) and not callable(edits)
    return edits if several else (edits,)  # pyright: ignore[reportReturnType]
