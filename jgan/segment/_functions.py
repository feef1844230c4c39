"""Any function that labels images, as a segmenter.

A function of JAX becomes part of the compiled programs that ask it. Any other, a
network in another framework say, runs on the host, once for each batch.
"""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any, overload

import jax
import jax.core
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from jgan.typing import Images, ScoringSegmenter, Segmenter

_Labels = Int[Array, "image label_row label_col *slot"]
_Scores = Float[Array, "image label_row label_col concept"]


@dataclasses.dataclass(frozen=True)
class FunctionSegmenter:
    """A function that tells labels. Equal, and one program, if the function is.

    Attributes:
        concepts: Names of what a pixel may show.
        function: From images to labels.
    """

    concepts: tuple[str, ...]
    function: Callable[[Images], _Labels]

    def segment(self, images: Images) -> _Labels:
        """Returns the labels of the function."""
        return self.function(images)


@dataclasses.dataclass(frozen=True)
class ScoringFunctionSegmenter(FunctionSegmenter):
    """A function that tells labels, and one that tells scores.

    Attributes:
        score_function: From images to log-probabilities.
    """

    score_function: Callable[[Images], _Scores]

    def scores(self, images: Images) -> _Scores:
        """Returns the scores of the function."""
        return self.score_function(images)


@overload
def from_function(
    segment: Callable[[Images], _Labels],
    concepts: Sequence[str],
    *,
    scores: Callable[[Images], _Scores],
) -> ScoringSegmenter: ...
@overload
def from_function(
    segment: Callable[[Images], _Labels],
    concepts: Sequence[str],
    *,
    scores: None = None,
) -> Segmenter: ...
def from_function(
    segment: Callable[[Images], _Labels],
    concepts: Sequence[str],
    *,
    scores: Callable[[Images], _Scores] | None = None,
) -> Segmenter:
    """Returns a segmenter of a function that JAX can trace.

    A program is compiled for each function, so define it once. Arrays that it closes
    over become constants of the program; for a large network, write a pytree with
    ``concepts`` and ``segment`` instead.

    Args:
        segment: From images in [-1, 1] to integer labels, -1 for none, as `Segmenter`.
        concepts: Names. A label is an index into them.
        scores: From images to log-probabilities of each concept, differentiable, for
            analyses that measure effects.

    Raises:
        TypeError: If a function has no hash.
    """
    if scores is None:
        return FunctionSegmenter(tuple(concepts), _hashable(segment))
    return ScoringFunctionSegmenter(
        tuple(concepts), _hashable(segment), _hashable(scores)
    )


def from_host_function(
    segment: Callable[[Float[np.ndarray, "image row col 3"]], Any],
    concepts: Sequence[str],
    *,
    num_slots: int | None = None,
) -> Segmenter:
    """Returns a segmenter of a function that runs on the host, of NumPy or PyTorch say.

    It is called once for each batch, with an array of its own in float32, and the same
    images must give the same labels. No gradient passes, so there are no scores.

    Args:
        segment: From images in [-1, 1] to integer labels of each pixel, -1 for none, in
            what NumPy can read.
        concepts: Names. A label is an index into them.
        num_slots: Labels of each pixel, the last axis; None for labels without it.

    Raises:
        TypeError: If the function has no hash.
    """
    on_host = _OnHost(_hashable(segment), num_slots)
    return FunctionSegmenter(tuple(concepts), on_host)


@dataclasses.dataclass(frozen=True)
class _OnHost:
    function: Callable[[Any], Any]
    num_slots: int | None

    def __call__(self, images: Images) -> _Labels:
        # Its tangent would be asked for otherwise, and a callback has none.
        images = jax.lax.stop_gradient(images).astype(jnp.float32)
        if not isinstance(images, jax.core.Tracer):
            # The same without JAX's wrapping of errors.
            return jnp.asarray(self._label(images))
        return jax.pure_callback(
            self._label,
            jax.ShapeDtypeStruct(self._shape(images), jnp.int32),
            images,
            vmap_method="expand_dims",
        )

    def _shape(self, images: Any) -> tuple[int, ...]:
        slots = () if self.num_slots is None else (self.num_slots,)
        return *images.shape[:-1], *slots

    def _label(self, images: Any) -> np.ndarray:
        # A copy: what JAX hands over is read-only, of which PyTorch warns.
        batch = np.array(images).reshape(-1, *images.shape[-3:])
        labels = np.asarray(self.function(batch))
        want = self._shape(batch)
        if labels.shape != want or not np.issubdtype(labels.dtype, np.integer):
            raise ValueError(
                f"The function returns {labels.dtype} labels of shape {labels.shape} "
                f"for images of shape {batch.shape}; it must return integers of shape "
                f"{want}, and num_slots tells of a last axis."
            )
        return labels.astype(np.int32).reshape(self._shape(images))


def _hashable(function: Callable[..., Any]) -> Callable[..., Any]:
    try:
        hash(function)
    except TypeError as error:
        raise TypeError(
            f"{type(function).__name__} has no hash, by which its compiled program is "
            "found. Give a plain function, or write a segmenter that is a pytree."
        ) from error
    return function
